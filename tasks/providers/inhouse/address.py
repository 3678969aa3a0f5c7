"""Where a self-hosted server may be asked: by https anywhere, by plain http within the house alone."""

import socket
import ssl
from ipaddress import IPv6Address, ip_address, ip_network

import httpx2

from tasks.errors import CallFailed, NotSent
from tasks.providers.http.public_addresses import is_public
from tasks.providers.http.unreachable import unreachable
from tasks.providers.inhouse.errors import SERVER

EXPOSED = (
    "The in-house image server is asked by plain http at an address that is not of a private network: photos "
    "would travel for others to read, so nothing was sent. Use https, or an address of your own network, in "
    "STORYKIN_INHOUSE_URL."
)
# Loopback, RFC 1918 and RFC 4193 (ULA). Not link-local, nor shared (RFC 6598): strangers may be there, too,
# and clouds have their metadata services there.
_PRIVATE = tuple(
    map(
        ip_network,
        ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"),
    )
)


def is_private(address: str) -> bool:
    """Whether `address` (as text) is this machine's own or of a private network."""
    try:
        plain = ip_address(address)
    except ValueError:
        return False
    if isinstance(plain, IPv6Address) and plain.ipv4_mapped:
        plain = plain.ipv4_mapped
    return any(plain in network for network in _PRIVATE)


def addresses_of(url: httpx2.URL) -> list[str]:
    """Every address of the host of `url`, as text. NotSent (`unreachable`) when there is none."""
    try:
        found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise NotSent(unreachable(SERVER, error), code="unreachable") from None
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def is_outside(url: str) -> bool:
    """Whether `url` leads to the public internet. NotSent (`unreachable`) when its name has no address."""
    return any(map(is_public, addresses_of(httpx2.URL(url))))


class PrivateTransport(httpx2.BaseTransport):
    """Sends plain http to private addresses alone, and to the very address that was checked: a name could
    lead elsewhere when it is looked up again. Https is safe wherever it leads, by its certificate.

    NotSent (`unreachable`) for a name without an address, CallFailed (`exposed_address`) for one with an
    address that is not private; httpx2's own errors otherwise. No proxy is used.
    """

    def __init__(self) -> None:
        self._inner = httpx2.HTTPTransport(
            verify=ssl.create_default_context(),
            trust_env=False,
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """As httpx2's."""
        if request.url.scheme == "https":
            return self._inner.handle_request(request)
        addresses = addresses_of(request.url)
        if not all(map(is_private, addresses)):
            raise CallFailed(EXPOSED, code="exposed_address")
        failure: Exception | None = None
        for address in addresses:
            try:
                return self._inner.handle_request(_at(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failure = error
        assert failure is not None  # a name that is found has an address
        raise failure

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _at(request: httpx2.Request, address: str) -> httpx2.Request:
    """The same request, `Host` and all, to be sent to `address`."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions=request.extensions,
    )
