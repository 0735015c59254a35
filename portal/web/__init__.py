"""Where people look and act: pages, rendered by the server."""
