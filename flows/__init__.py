"""What moves, when, how, and what happened."""
