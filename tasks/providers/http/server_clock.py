"""A provider's own time, by the Date header of its answers: no other clock says how old what it has is."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """When the answer with these headers was made, by the clock of who made it; None where nothing tells.

    A copy that something on the way has kept has the time of its original.
    """
    try:
        date = parsedate_to_datetime(headers.get("date") or "")
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


class ServerClock:
    """The clock of the server at `url`, asked once in `believed_seconds` and reckoned on from there."""

    def __init__(self, url: str, *, believed_seconds: float = 60.0) -> None:
        self._url, self._believed = url, believed_seconds
        self._told: datetime | None = None
        self._asked: float | None = None

    def now(self) -> datetime | None:
        """Its time; None while it can't be asked."""
        if self._asked is None or time.monotonic() - self._asked > self._believed:
            self._asked, self._told = time.monotonic(), self._ask()
        if self._told is None:
            return None
        return self._told + timedelta(seconds=time.monotonic() - self._asked)

    def _ask(self) -> datetime | None:
        """Without any credentials; whatever else it answers does not matter."""
        try:
            with httpx.Client(timeout=httpx.Timeout(5.0, connect=3.0), follow_redirects=False) as http:
                return server_time(http.head(self._url).headers)
        except (httpx.HTTPError, httpx.InvalidURL):
            return None
