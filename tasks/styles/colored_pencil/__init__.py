"""The colored-pencil style."""
