"""The proof: kill, freeze and cut everything, everywhere, and count what was paid for."""
