"""Whole numbers as they stand in addresses and headers: digits, and not too many of them."""

_MOST_DIGITS = 15  # Unix seconds have ten; Python raises ValueError above 4300


def whole_number(text: str) -> int | None:
    """The number that `text` is; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
