"""Reads the `usage` of an answer leniently: what is missing or no number is nothing."""

from collections.abc import Mapping
from typing import Any

_MOST_TOKENS = 1_000_000_000  # more is no count of tokens


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def count(value: Any) -> int:
    """`value` if it is a plausible number of tokens, else 0."""
    return value if type(value) is int and 0 < value <= _MOST_TOKENS else 0
