"""Who sends a request: one question, `authenticate`, asked by `ui.access` and by every event of Gradio's."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from db.engine import Record
from db.repositories import accounts
from tasks.accounts import sessions, tokens
from tasks.accounts.person import LOCAL, Person
from ui.bearer import bearer_of
from ui.hosts import host_name, is_loopback
from ui.proxies import came_by_proxy

PLAIN_COOKIE = "storykin_session"  # over http, which is for this machine only
HOST_COOKIE = "__Host-storykin_session"  # over https: no other host, and no page over http, can set it
_REMEMBERED_SECONDS = 1.0  # that nobody has an account


@dataclass
class Authenticator:
    """Finds out who sends a request. `must_sign_in`: the studio can be reached from elsewhere."""

    record: Record
    must_sign_in: bool = False
    clock: Callable[[], float] = time.monotonic
    _nobody_until: float = field(default=0.0, init=False)

    def authenticate(self, request: HTTPConnection, *, by_hand: bool = False) -> Person | None:
        """Who sends the request; None for a stranger. RecordError where the record does not answer.

        `by_hand`: a person asks, so that the session is in use. Where nobody has an account, whoever is at
        this machine is `LOCAL`. Whoever shows a token is who it says, and nobody else: for it `ui.hosts`
        lets /metrics be asked for by a name that could be another site's.
        """
        if bearer := bearer_of(request.url.path, request.headers):
            return tokens.find(self.record, bearer)
        if self.is_open(request):
            return LOCAL
        token = request.cookies.get(cookie_name(request), "")
        return sessions.find(self.record, token, used=by_hand) if token else None

    def is_open(self, request: HTTPConnection) -> bool:
        """Whether no one has to sign in: nobody has an account, and the request comes from this machine."""
        return not self.must_sign_in and not came_by_proxy(request) and not self.has_accounts()

    def has_accounts(self) -> bool:
        """Whether anybody has an account. That nobody has is remembered for a second."""
        if self.clock() < self._nobody_until:
            return False
        with self.record.reading() as session:
            there = accounts.any_there(session)
        self._nobody_until = 0.0 if there else self.clock() + _REMEMBERED_SECONDS
        return there


def is_secure(request: HTTPConnection) -> bool:
    """Whether the browser speaks https, as the proxy in front of us says."""
    return request.url.scheme == "https"


def cookie_name(request: HTTPConnection) -> str:
    """Which cookie holds the session."""
    return HOST_COOKIE if is_secure(request) else PLAIN_COOKIE


def is_of_this_machine(request: HTTPConnection) -> bool:
    """Whether a program of this machine asks, by one of this machine's own names."""
    client = request.client.host if request.client else ""
    return not came_by_proxy(request) and is_loopback(client) and is_loopback(host_name(request.url.netloc))


def is_reachable_from_elsewhere(host: str, public_origin: str, trusted_proxies: str) -> bool:
    """Whether anybody beside this machine can reach a studio that is set up like this."""
    public = urlsplit(public_origin).hostname or "localhost"
    return bool(trusted_proxies.strip()) or not is_loopback(host) or not is_loopback(public)
