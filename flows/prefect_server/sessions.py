"""Who has signed in to the dashboard: one password a browser, good while this server runs and it is used."""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

from flows.prefect_proof import ticket_end

IDLE_SECONDS = 12 * 3600
MAX_SESSIONS = 200  # browsers; the one that was idle longest is signed out
PREFIX = "storykin-session:"


class Sessions:
    """Sessions of browsers: each has a random password, of which only the digest is kept."""

    def __init__(self, secret: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._secret = secret
        self._clock = clock
        self._used: dict[str, int] = {}  # tickets, until they would have ended anyway
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def open(self, ticket: str) -> str | None:
        """A new session's password; None if `ticket` is not good, or was used before."""
        now = time.time()
        self._used = {used: until for used, until in self._used.items() if until > now}
        until = ticket_end(ticket, self._secret)
        if until is None or ticket in self._used:
            return None
        self._used[ticket] = until
        password = PREFIX + secrets.token_urlsafe(32)
        self._seen[_digest(password)] = self._clock()
        while len(self._seen) > MAX_SESSIONS:
            self._seen.popitem(last=False)
        return password

    def knows(self, password: str) -> bool:
        """Whether it is a session's password; asking keeps the session alive."""
        digest, now = _digest(password), self._clock()
        seen = self._seen.pop(digest, None)
        if seen is None or now - seen > IDLE_SECONDS:
            return False
        self._seen[digest] = now
        return True


def _digest(password: str) -> bytes:
    return hashlib.sha256(password.encode()).digest()
