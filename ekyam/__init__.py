"""The project and its ground floor: settings, tenants, secrets, the door to the outside."""
