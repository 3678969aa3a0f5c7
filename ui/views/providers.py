"""How a provider stands, as the costs page and the run panel show it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """The worst that is to be said of a provider."""

    WELL = "well"
    SHAKY = "shaky"  # some failures in a row, not yet enough
    SLOW = "slow"  # it has asked for a slower pace
    PAUSED = "paused"  # it has asked us to wait
    HALF_OPEN = "half_open"  # the next request shows whether it is back
    OPEN = "open"  # the breaker: nothing leaves


@dataclass(frozen=True)
class ProviderStatus:
    """One provider: what it is used for now ("" for nothing), whether it charges, and how it stands."""

    name: str
    used_for: tuple[str, ...]
    charges: bool
    standing: Standing = Standing.WELL
    until: datetime | None = None
    failures: int = 0
    per_minute: int | None = None
