"""One module a kind of garment: its shapes on a posed body."""
