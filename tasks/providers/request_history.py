"""What can be seen of a call at its provider, in words that name no vendor: evidence for settling it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable


class ProviderOutcome(StrEnum):
    """What became of a request that a provider has seen."""

    ALIVE = "alive"  # being worked on, or done: what it makes is there to be collected
    FAILED = "failed"  # made nothing and cost nothing
    REFUSED = "refused"  # by the provider's safety system
    LOST = "lost"  # done, and its output is gone already


@dataclass(frozen=True)
class ProviderRecord:
    """One request that a provider has on its books."""

    provider_id: str
    outcome: ProviderOutcome
    is_final: bool = False
    call_id: str | None = None  # the call it was made for, as far as its input tells
    created_at: datetime | None = None
    code: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Search:
    """What a look through a provider's books found. `complete` says that nothing can have been missed:
    every page was read, and everything on them told which call it was for.
    """

    provider_records: tuple[ProviderRecord, ...]
    complete: bool
    as_of: datetime | None = None  # when the books were read, by the provider's own clock


@runtime_checkable
class RequestHistory(Protocol):
    """A provider whose books can be read."""

    name: str

    def find_requests(self, call_id: str, age: timedelta) -> Search:
        """Every request made for `call_id` that is no older than `age`. Raises NotReady when the books can't
        be read.
        """
        ...

    def find_request(self, provider_id: str) -> ProviderRecord | None:
        """The request with this id, or None. Raises NotReady when the books can't be read."""
        ...
