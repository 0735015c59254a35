"""The door of a person's own account: the second factor, and what protects them."""
