"""Proxies in front of the studio: believed where the setting names them, and nowhere else."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

_PAIR = re.compile(r'\s*([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^;,\s]*)\s*')
Network = IPv4Network | IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """Comma-separated addresses and networks. Raises ValueError with a sentence's end for anything else."""
    try:
        return tuple(ip_network(each.strip(), strict=False) for each in text.split(",") if each.strip())
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
        peer = (scope.get("client") or ("",))[0] if scope["type"] == "http" else ""
        if not self._is_trusted(peer):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        told = _forwarded(headers) or _x_forwarded(headers)
        scope = dict(scope)
        client = next((each for each in reversed(told["for"]) if not self._is_trusted(each)), "")
        if _is_address(client):
            scope["client"] = (client, 0)
        if told["proto"] and told["proto"][-1] in ("http", "https"):
            scope["scheme"] = told["proto"][-1]
        if told["host"]:
            scope["headers"] = list(scope["headers"])
            MutableHeaders(scope=scope)["host"] = told["host"][-1]
        await self.app(scope, receive, send)

    def _is_trusted(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._trusted)


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
    told["for"] = [_without_port(each) for each in told["for"]]
    return told


def _x_forwarded(headers: Headers) -> dict[str, list[str]]:
    def parts(name: str) -> list[str]:
        return [each.strip() for each in ",".join(headers.getlist(name)).split(",") if each.strip()]

    return {
        "for": [_without_port(each) for each in parts("x-forwarded-for")],
        "proto": parts("x-forwarded-proto"),
        "host": parts("x-forwarded-host"),
    }


def _without_port(node: str) -> str:
    """`192.0.2.1:8080` and `[2001:db8::1]:8080` without port and brackets."""
    if node.startswith("["):
        return node[1:].partition("]")[0]
    return node.partition(":")[0] if node.count(":") == 1 else node
