"""Drawing seeds: each follows from what it is for, so that the same picture is drawn the same again."""

import hashlib

_MOST_PICTURES = 200  # of one character in one style, for which the ordinal is found again


def seed_of(*parts: str) -> int:
    """A drawing seed below 2**31 that follows from `parts` alone."""
    return int(hashlib.sha256("|".join(parts).encode()).hexdigest()[:8], 16) & 0x7FFFFFFF


def design_seed(photo_sha256: str, style: str, seed: int) -> int:
    """The seed of the design behind a picture: the same for every style of a character.

    A picture's own seed follows from photo, style and ordinal. The first pictures of all styles show one and
    the same design, the second ones another, and so on. A seed that comes from elsewhere stands for itself.
    """
    for ordinal in range(1, _MOST_PICTURES + 1):
        if seed_of(photo_sha256, style, str(ordinal)) == seed:
            return seed_of(photo_sha256, "design", str(ordinal))
    return seed % 2**31
