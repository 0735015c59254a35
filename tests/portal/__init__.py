"""The pages, as people of two companies see them."""
