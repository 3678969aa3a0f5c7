"""How long a provider asks us to wait."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from tasks.providers.http.server_clock import server_time

LONGEST = 600.0  # seconds; a provider that asks for more is asked again before that
_SINCE_1970 = 1_000_000_000
_RESETS_IN = re.compile(r"resets? in ~?\s*(\d+(?:\.\d+)?)\s*s", re.IGNORECASE)


def retry_after_seconds(
    headers: Mapping[str, str], detail: str = "", seconds_in_body: Any = None
) -> float | None:
    """Seconds to wait, from `Retry-After` (seconds or a date), `seconds_in_body`, the words of
    the body's `detail` ("resets in ~30s"), or the rate limit's reset; None when nothing is said. What names a
    moment is reckoned from the time that the answer itself tells.
    """
    there = server_time(headers) or datetime.now(UTC)
    for seconds in (
        _number(headers.get("retry-after-ms"), 0.001),
        _number(headers.get("retry-after")),
        _date(headers.get("retry-after"), there),
        _number(seconds_in_body),
        _in_words(detail),
        _reset(headers.get("ratelimit-reset"), there),
    ):
        if seconds is not None:
            return min(max(seconds, 0.0), LONGEST)
    return None


def _number(value: Any, unit: float = 1.0) -> float | None:
    try:
        seconds = float("" if value is None else value)
    except (ValueError, TypeError, OverflowError):
        return None
    return seconds * unit if 0 <= seconds < float("inf") else None


def _reset(text: str | None, there: datetime) -> float | None:
    """Seconds from now; some count them from 1970."""
    seconds = _number(text)
    return seconds - there.timestamp() if seconds is not None and seconds > _SINCE_1970 else seconds


def _date(text: str | None, there: datetime) -> float | None:
    try:
        until = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return (aware - there).total_seconds()


def _in_words(detail: str) -> float | None:
    found = _RESETS_IN.search(detail)
    return float(found[1]) if found else None
