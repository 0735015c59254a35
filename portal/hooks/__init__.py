"""Machines knock here: POST /hooks/<connection id>."""
