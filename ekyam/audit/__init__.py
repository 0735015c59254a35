"""Who did what, when, from where, and what was before and after; kept for good."""
