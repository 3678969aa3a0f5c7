"""Is a variant the same person, in the same colors, as dressed as the photo? One question a file."""
