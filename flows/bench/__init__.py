"""Measures: what the README says was measured is measured here, and can be repeated."""
