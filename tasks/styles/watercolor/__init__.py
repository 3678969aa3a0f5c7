"""The watercolor style."""
