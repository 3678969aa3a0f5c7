"""Proxies in front of the studio: believed where the setting names them, and nowhere else."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.hosts import is_loopback

_PAIR = re.compile(r'\s*([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^;,\s]*)\s*')
_READ_HERE = frozenset(
    (b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-gradio-server")
)
# What a proxy adds to a request, or leaves of it: browsers send none of these.
_TELLING = frozenset(("forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip"))
_TELLING_PREFIXES = ("x-forwarded", "x-original-", "cf-")
_PASSED_ON = "storykin.passed_on"  # in the scope: somebody has passed the request on
Network = IPv4Network | IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """Comma-separated addresses and networks. Raises ValueError with a sentence's end for anything else."""
    try:
        return tuple(
            ip_network(_unmapped(each.strip()), strict=False) for each in text.split(",") if each.strip()
        )
    except ValueError:
        raise ValueError("has to be addresses or networks like 10.0.0.2,192.168.0.0/24,::1") from None


class ForwardedMiddleware:
    """ASGI middleware: client, scheme and host as a trusted proxy tells them.

    `Forwarded` (RFC 7239) counts before `X-Forwarded-For`, `-Proto` and `-Host`. Of a chain of proxies the
    last address that is none of ours is the client: what stands before it anyone could have written.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        self.app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, seen as it reached the proxy."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        peer, port = scope.get("client") or ("", 0)
        peer = _unmapped(peer)
        headers = Headers(scope=scope)
        scope = dict(scope)
        if peer:
            scope["client"] = (peer, port)
        scope[_PASSED_ON] = _is_passed_on(scope)
        # Read here or nowhere: Gradio would build its addresses of them, whoever wrote them.
        scope["headers"] = [each for each in scope["headers"] if each[0] not in _READ_HERE]
        if not self._is_trusted(peer):
            await self.app(scope, receive, send)
            return
        told = _forwarded(headers) or _x_forwarded(headers)
        told["for"] = [_unmapped(_without_port(each)) for each in told["for"]]
        client = next((each for each in reversed(told["for"]) if not self._is_trusted(each)), "")
        if _is_address(client):
            scope["client"] = (client, 0)
        if told["proto"] and told["proto"][-1] in ("http", "https"):
            scope["scheme"] = told["proto"][-1]
        if told["host"]:
            MutableHeaders(scope=scope)["host"] = told["host"][-1]
        await self.app(scope, receive, send)

    def _is_trusted(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._trusted)


def came_by_proxy(request: HTTPConnection) -> bool:
    """Whether somebody has passed the request on, trusted or not, as far as that can be told."""
    told = request.scope.get(_PASSED_ON)
    return _is_passed_on(request.scope) if told is None else bool(told)


def _is_passed_on(scope: Scope) -> bool:
    """A proxy names itself, speaks HTTP/1.0 (nginx, unless told otherwise), or leaves in place by
    which address a browser has found it.
    """
    headers = Headers(scope=scope)
    if scope.get("http_version") == "1.0":
        return True
    if any(name in _TELLING or name.startswith(_TELLING_PREFIXES) for name in headers):
        return True
    return any(_is_elsewhere(each) for name in ("origin", "referer") for each in headers.getlist(name))


def _is_elsewhere(address: str) -> bool:
    """Whether a page's address is none of this machine. "null" is a page that does not say."""
    if address in ("", "null"):
        return False
    try:
        return not is_loopback(urlsplit(address).hostname or "")
    except ValueError:
        return True


def _unmapped(address: str) -> str:
    """`::ffff:192.0.2.1`, as a socket for both families has it, as the IPv4 address that it is."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped or found) if isinstance(found, IPv6Address) else address


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _forwarded(headers: Headers) -> dict[str, list[str]] | None:
    text = ",".join(headers.getlist("forwarded"))
    if not text:
        return None
    told: dict[str, list[str]] = {"for": [], "proto": [], "host": []}
    for name, value in _PAIR.findall(text):
        if name.lower() in told:
            told[name.lower()].append(value.strip('"'))
    return told


def _x_forwarded(headers: Headers) -> dict[str, list[str]]:
    def parts(name: str) -> list[str]:
        return [each.strip() for each in ",".join(headers.getlist(name)).split(",") if each.strip()]

    return {
        "for": parts("x-forwarded-for"),
        "proto": parts("x-forwarded-proto"),
        "host": parts("x-forwarded-host"),
    }


def _without_port(node: str) -> str:
    """`192.0.2.1:8080` and `[2001:db8::1]:8080` without port and brackets."""
    if node.startswith("["):
        return node[1:].partition("]")[0]
    return node.partition(":")[0] if node.count(":") == 1 else node
