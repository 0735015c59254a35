"""Ekyam's staff see what a company sees: to look only, for a reason, for half an hour."""
