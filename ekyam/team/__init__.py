"""Who belongs to a company: its members, who may change what of them, and who was invited."""
