"""Mappings: data, compiled once, applied to records. Pure: no Django inside."""
