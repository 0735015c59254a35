"""One folder per remote system; the registry finds them, nobody imports one by name."""
