"""The demonstration: a tenant, three simulated systems, and the people who work in them."""
