"""How often requests may leave for one account."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RateLimit:
    """`per_minute` requests on average, `burst` of them at once."""

    per_minute: int
    burst: int
