"""The anime style."""
