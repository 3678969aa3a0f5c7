"""What came of an attempt to hand a notice over."""

from dataclasses import dataclass
from typing import Protocol

from db.told import Told
from tasks.notices.words import NoticeWords


@dataclass(frozen=True)
class Message:
    """A notice as it leaves the house: the same in every attempt, but for the words of a newer release."""

    id: str  # of the notice: what a receiver tells repetitions by
    kind: str
    at: str  # ISO 8601, UTC: when it was written
    order_number: str  # "" where it is about no character
    data: dict[str, object]
    words: NoticeWords
    link: str  # into the studio


@dataclass(frozen=True)
class NotHandedOver:
    """Why it did not arrive, as far as is known: it may have, and be sent again under the same id."""

    error: Told
    for_good: bool = False  # the receiver wants it no more
    wait_seconds: float = 0.0  # that it asks for, at the least


class Channel(Protocol):
    """One way out."""

    name: str
    at_once: int  # messages that go in one piece
    waits_seconds: float  # for company, before the first attempt

    def takes(self, kind: str) -> bool:
        """Whether notices of this kind go this way."""
        ...

    def send(self, messages: list[Message], timestamp: int) -> NotHandedOver | None:
        """Hand them over in one piece, at `timestamp` (seconds since 1970); None where they have arrived."""
        ...
