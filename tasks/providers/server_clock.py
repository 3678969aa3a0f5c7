"""A provider's own time, by the Date header of its answers: no other clock says how old what it has is."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def told_time(headers: Mapping[str, str]) -> datetime | None:
    """When the answer with these headers was made, by the clock of who made it; None where nothing tells.

    A copy that something on the way has kept has the time of its original.
    """
    try:
        told = parsedate_to_datetime(headers.get("date") or "")
    except (ValueError, OverflowError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
