"""Shopify: the shop."""
