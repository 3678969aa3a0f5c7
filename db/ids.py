"""Identifiers and the clock: time-ordered ids, UTC times."""

import secrets
import time
import uuid
from datetime import UTC, datetime


def new_id() -> str:
    """A version 7 UUID (RFC 9562): 48 bits of milliseconds, then 74 random bits, as a string."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=value))


def utc_now() -> datetime:
    """Now, in UTC, aware of its zone."""
    return datetime.now(UTC)
