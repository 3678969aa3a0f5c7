"""A plain HTTP client for Prefect's API: importing Prefect's own costs a second and 80 MB."""

from base64 import b64encode
from collections.abc import Generator
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from db.settings import record_settings
from flows.installation_secret import installation_secret, kept_secret
from flows.prefect_proof import PROOF_PATH, is_proof, new_challenge
from flows.running import running
from flows.settings import flow_settings
from tasks.proxies import proxy_for

UNDER_WAY = ("PENDING", "RUNNING", "CANCELLING")  # the states of a run that has a process, or gets one
TIMEOUT = httpx.Timeout(15, connect=2)
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})

Requests = Generator[httpx.Request, httpx.Response, None]


class NotOurPrefect(httpx.TransportError):
    """Something answers where our Prefect server should be, and is not it. The secret was not sent."""


def prefect_client(url: str, auth: httpx.Auth | None = None) -> httpx.Client:
    """A client whose base is `url`, with the key or password that the settings hold for that server.

    The installation's own secret is only sent to a server that has proved to know it. `auth` shows something
    else instead.
    """
    return httpx.Client(
        base_url=url,
        timeout=TIMEOUT,
        auth=auth or _auth(url),
        trust_env=proxy_for(url) is not None,  # no proxy stands before this machine itself
    )


def is_ours(url: str) -> bool:
    """Whether `url` is the server that this installation has started, and is started with its secret."""
    settings, home = flow_settings(), record_settings().home
    if not settings.prefect_api_url:
        return True
    password = settings.prefect_auth_string.get_secret_value()
    if password or settings.prefect_api_key.get_secret_value():
        return password == kept_secret(home)  # `storykin up` tells what it starts so, as people do
    here = running(home)
    return here is not None and here.prefect_api_url == url


def password_refused(url: str) -> str:
    """What to tell of a server that wants another password."""
    return (
        f"Prefect at {url.rstrip('/')} wants a password, and the one that it was shown is not right. Set "
        "PREFECT_API_AUTH_STRING (or PREFECT_API_KEY) to the one of that server."
    )


def password_for(url: str) -> str:
    """What the server at `url` is shown, "" where nothing is set. One of ours has to prove itself first."""
    if is_ours(url):
        return installation_secret(record_settings().home)
    return flow_settings().prefect_auth_string.get_secret_value()


def _auth(url: str) -> "PrefectAuth":
    ours = is_ours(url)
    key = "" if ours else flow_settings().prefect_api_key.get_secret_value()
    return PrefectAuth(url, password=password_for(url), key=key, prove=ours)


class PrefectAuth(httpx.Auth):
    """Who we are, on every request; on each that changes something with the token that Prefect wants.

    As in Prefect's own client the password goes before the key, and where there are no tokens none is sent.
    """

    requires_response_body = True

    def __init__(self, url: str, *, password: str = "", key: str = "", prove: bool = False) -> None:
        self._url = url.rstrip("/")
        self._password = password
        self._key = key
        self._proven = not prove
        self._client = str(uuid4())
        self._token: str | None = None
        self._wants_tokens = True

    def auth_flow(self, request: httpx.Request) -> Requests:
        """Prove, sign, send; a token that has expired is asked for once more."""
        if not self._proven:
            yield from self._prove(request)
        self._sign(request)
        if request.method not in _CHANGING or not self._wants_tokens:
            yield request
            return
        if self._token is None:
            yield from self._fetch_token(request)
        self._add_token(request)
        answer = yield request
        if answer.status_code == httpx.codes.FORBIDDEN and "CSRF" in answer.text:
            yield from self._fetch_token(request)
            self._add_token(request)
            yield request

    def _prove(self, request: httpx.Request) -> Requests:
        place, challenge = urlsplit(self._url), new_challenge()
        port = place.port or 80
        answer = yield self._also(request, f"http://{place.netloc}{PROOF_PATH}?challenge={challenge}")
        try:
            proof = answer.json()["proof"]
        except (ValueError, KeyError, TypeError):
            proof = None
        if not is_proof(proof, self._password, port, challenge):
            raise NotOurPrefect("the server did not prove to be ours", request=request)
        self._proven = True

    def _fetch_token(self, request: httpx.Request) -> Requests:
        asking = self._also(request, f"{self._url}/csrf-token?client={self._client}")
        self._sign(asking)
        answer = yield asking
        if answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.UNPROCESSABLE_ENTITY):
            self._wants_tokens = False  # it protects nothing, or is too old to
        elif answer.is_success:
            self._token = str(answer.json()["token"])

    @staticmethod
    def _also(request: httpx.Request, url: str) -> httpx.Request:
        """A question of our own, with no more patience than the one it goes before."""
        return httpx.Request("GET", url, extensions=request.extensions)

    def _sign(self, request: httpx.Request) -> None:
        if self._password:
            request.headers["Authorization"] = f"Basic {b64encode(self._password.encode()).decode()}"
        elif self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"

    def _add_token(self, request: httpx.Request) -> None:
        if self._token is not None:
            request.headers["Prefect-Csrf-Token"] = self._token
            request.headers["Prefect-Csrf-Client"] = self._client
