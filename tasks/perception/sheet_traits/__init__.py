"""The person in words, read from the character sheet's maps."""

from tasks.perception.sheet_traits.read import read_traits

__all__ = ["read_traits"]
