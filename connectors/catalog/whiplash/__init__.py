"""Whiplash (Ryder E-commerce), a third-party warehouse: its Rydership API, version 2."""
