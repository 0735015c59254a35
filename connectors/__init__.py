"""What remote systems are, and how to talk to them."""
