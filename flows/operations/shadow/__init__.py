"""Shadow runs: what a draft would have done to the past, found without writing anything."""
