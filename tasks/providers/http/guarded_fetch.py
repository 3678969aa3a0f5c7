"""Fetch a provider's output from a temporary URL, and nothing else from anywhere else.

The address comes from outside, so it could be made to point at our own network. One name look-up, every
address checked, and the connection goes to the very address that was checked; the certificate must still
be the name's. No redirects, no credentials, no compression, and one deadline over everything.

Where this machine reaches the world through a proxy, the proxy looks the name up: then the list of hosts and
the certificate, which the proxy can't forge, are what keeps us out of its network.

By hand, as no HTTP library connects to an address that its caller has checked: each looks the name up again.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

import httpcore

from db.told import told
from tasks.errors import CallFailed, NotReady, OutputLost
from tasks.providers.http.pinned_network import PinnedNetwork
from tasks.providers.http.public_addresses import is_public
from tasks.providers.http.retry_after import retry_after_seconds
from tasks.proxies import proxy_for

_LONGEST_URL = 4096
GONE = {401, 403, 404, 410}
_BUSY = {408, 425, 429}


class OutputRefused(CallFailed):
    """What the provider made can't be taken, now or later: it is too large."""

    code = "output_too_large"


class OutputWithheld(NotReady):
    """The picture is not given (`output_gone`), what is given is none (`output_not_an_image`), or where it is
    breaks a rule (`source_refused`): to be asked for again, wherever the provider then says it is, until
    the provider has deleted it.
    """

    code = "output_gone"


def expired(status: int) -> OutputWithheld:
    """What is raised when the delivery host answers with one of GONE."""
    return OutputWithheld(
        told("The finished picture is not given at its temporary address (%(status)s).", status=status)
    )


def lost(charged_microusd: int) -> OutputLost:
    """What a withheld picture comes to, once the provider has deleted it."""
    return OutputLost(
        "The finished picture could not be fetched while the provider kept it.",
        charged_microusd=charged_microusd,
    )


def resolve(host: str, port: int) -> list[str]:
    """Every address of `host`, as text; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@lru_cache(maxsize=1)
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass(frozen=True)
class FetchRules:
    """From where, how much and how long. Without hosts nothing may be fetched from anywhere."""

    hosts: Sequence[str] = ()  # each with its subdomains
    ports: Sequence[int] = (443,)
    max_bytes: int = 30 * 1024 * 1024
    deadline_seconds: float = 60.0
    resolve: Callable[[str, int], list[str]] = resolve
    address_allowed: Callable[[str], bool] = is_public
    tls: Callable[[], ssl.SSLContext] = _system_trust
    proxy: Callable[[str], tuple[str, str] | None] = proxy_for


def fetch(url: str, rules: FetchRules) -> bytes:
    """The bytes at `url`.

    Raises OutputWithheld (the URL breaks a rule, or gives nothing), OutputRefused (too much), NotReady.
    """
    place = _allowed_place(url, rules)
    deadline = time.monotonic() + rules.deadline_seconds
    try:
        with _connections(url, place, rules, deadline) as pool:
            return _read(pool, place, rules.max_bytes)
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        OSError,
    ) as error:
        raise NotReady(
            told("The finished picture could not be fetched yet (%(why)s).", why=type(error).__name__),
            code="output_unreachable",
        ) from None


def _connections(url: str, place: SplitResult, rules: FetchRules, deadline: float) -> httpcore.ConnectionPool:
    """Connections to the address that was checked, or to the proxy that this machine has for `url`."""
    through = rules.proxy(url)
    if through is None:
        addresses = _checked_addresses(place.hostname or "", place.port or 443, rules)
        return httpcore.ConnectionPool(
            ssl_context=rules.tls(), network_backend=PinnedNetwork(addresses, deadline)
        )
    proxy = urlsplit(through[1])
    host, port = proxy.hostname or "", proxy.port or (1080 if proxy.scheme.startswith("socks") else 80)
    # The proxy is the operator's own; only the waits are bounded.
    network = PinnedNetwork(rules.resolve(host, port), deadline)
    auth = (unquote(proxy.username), unquote(proxy.password or "")) if proxy.username else None
    if proxy.scheme.startswith("socks"):
        return httpcore.SOCKSProxy(
            f"socks5://{host}:{port}", proxy_auth=auth, ssl_context=rules.tls(), network_backend=network
        )
    return httpcore.HTTPProxy(
        f"{proxy.scheme}://{host}:{port}", proxy_auth=auth, ssl_context=rules.tls(), network_backend=network
    )


def _allowed_place(url: str, rules: FetchRules) -> SplitResult:
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or set(url) & set(' \\"<>^`{|}'):
        raise _withheld("is not a plain web address")
    try:
        place = urlsplit(url)
        port = place.port or 443
    except ValueError:
        raise _withheld("is not a web address") from None
    host = place.hostname or ""
    if place.scheme != "https":
        raise _withheld("is not https")
    if "@" in place.netloc:
        raise _withheld("carries a user name")
    if _is_address(host) or not any(host == ours or host.endswith(f".{ours}") for ours in rules.hosts):
        raise _withheld("is on a host that is not the provider's")
    if port not in rules.ports:
        raise _withheld("is on an unusual port")
    return place


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _checked_addresses(host: str, port: int, rules: FetchRules) -> list[str]:
    try:
        addresses = rules.resolve(host, port)
    except OSError:
        addresses = []
    if not addresses:
        raise NotReady("The provider's delivery host has no address right now.", code="output_unreachable")
    if not all(rules.address_allowed(address) for address in addresses):
        raise _withheld("leads into a private network")
    return addresses


def _read(pool: httpcore.ConnectionPool, place: SplitResult, max_bytes: int) -> bytes:
    target = (place.path or "/") + (f"?{place.query}" if place.query else "")
    url = httpcore.URL(
        scheme=b"https", host=(place.hostname or "").encode(), port=place.port, target=target.encode()
    )
    headers = [("Host", place.netloc), ("Accept", "image/*"), ("Accept-Encoding", "identity")]
    with pool.stream("GET", url, headers=headers) as answer:
        _check_status(answer)
        received = bytearray()
        for chunk in answer.iter_stream():
            received += chunk
            if len(received) > max_bytes:
                raise OutputRefused("The finished picture is too large.", code="output_too_large")
    return bytes(received)


def _check_status(answer: httpcore.Response) -> None:
    status = answer.status
    if status in GONE:
        raise expired(status)
    if status in _BUSY or status >= 500:
        raise NotReady(
            told("The provider's delivery host is busy (%(status)s).", status=status),
            code="output_unreachable",
            retry_after=retry_after_seconds(_named(answer.headers)),
        )
    if status != 200:
        raise _withheld(f"answered with {status}")


def _named(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.lower().decode("ascii", "replace"): value.decode("latin-1") for name, value in headers}


def _withheld(why: str) -> OutputWithheld:
    return OutputWithheld(
        told(
            "The finished picture was not fetched: its address %(why)s. Check the provider's base "
            "URL and this machine's network.",
            why=why,
        ),
        code="source_refused",
    )
