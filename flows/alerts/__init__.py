"""Which alerts there are, when one begins, is told of again, goes further and is over. Pure."""
