"""Programs ask here: /api/v1, the same operations and queries that the pages use."""
