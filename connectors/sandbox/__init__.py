"""Runs the sandboxes: faithful simulators of the vendors' APIs, in a process of their own."""
