"""The flat style."""
