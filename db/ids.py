"""Identifiers and the clock: time-ordered ids, UTC times.

UUIDv7 by hand, as Python has it from 3.14 on only, and a dozen lines are no reason for a package.
"""

import os
import re
import secrets
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta

BEGINNING_OF_ID = re.compile(r"[0-9a-f][0-9a-f-]{5,35}")  # as it is typed to find one
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A version 7 UUID (RFC 9562) as a string: later ids sort after earlier ones.

    48 bits of milliseconds, 12 bits of the millisecond's fraction (method 3 of the RFC, a quarter of a
    microsecond), 62 random bits. Within one process every id is greater than the one before, so that rows
    written in one breath keep their order.
    """
    return _uuid7(_next_tick(), secrets.randbits(62))


def moment_of(identifier: str) -> datetime | None:
    """When `identifier` was made, to the millisecond; None when it is no version 7 UUID."""
    try:
        made = uuid.UUID(identifier)
    except ValueError:
        return None
    return _EPOCH + timedelta(milliseconds=made.int >> 80) if made.version == 7 else None


def first_id_of(moment: datetime) -> str:
    """What every id made at `moment` or later is at least, and every earlier one less, to the millisecond."""
    return str(uuid.UUID(int=max(0, (moment - _EPOCH) // timedelta(milliseconds=1)) << 80))


def _next_tick() -> int:
    """Time in 4096ths of a millisecond, strictly growing."""
    global _last  # noqa: PLW0603 - the clock's last reading belongs to the process
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    with _lock:
        _last = max(_last + 1, milliseconds << 12 | (rest << 12) // 1_000_000)
        return _last


def _uuid7(tick: int, tail: int) -> str:
    milliseconds, fraction = tick >> 12, tick & 0xFFF
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | tail))


def _after_fork() -> None:
    """A lock that another thread held at the fork would stay locked in the child for ever."""
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def utc_now() -> datetime:
    """Now, in UTC, aware of its zone."""
    return datetime.now(UTC)
