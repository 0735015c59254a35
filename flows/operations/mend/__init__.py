"""What is done to many dead letters of one cause: begun once, worked at in pages, stopped."""
