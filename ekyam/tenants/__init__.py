"""Who owns what: tenants, the people in them, and the locks between them."""
