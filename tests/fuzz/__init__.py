"""Photos broken by chance: `make fuzz`, and a short slice of it in `make test`."""
