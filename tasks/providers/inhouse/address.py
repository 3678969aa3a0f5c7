"""Where a self-hosted server may be asked: by https anywhere, by plain http within the house alone."""

import socket
from urllib.parse import urlsplit

from tasks.errors import CallFailed
from tasks.providers.http.public_addresses import is_public

EXPOSED = (
    "The in-house image server has a public address and is asked by plain http: photos would cross the "
    "internet for everybody to read, so nothing was sent. Use https, or an address of your own network, in "
    "STORYKIN_INHOUSE_URL."
)


def is_exposed(url: str) -> bool:
    """Whether a photo sent to `url` would travel in the clear beyond this machine and its private network.

    A name that can't be looked up is not: nothing is sent there either.
    """
    place = urlsplit(url)
    if place.scheme == "https":
        return False
    try:
        found = socket.getaddrinfo(place.hostname or "", place.port or 80, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return False
    return any(is_public(str(each[4][0])) for each in found)


def refuse_exposed(url: str) -> None:
    """CallFailed (`exposed_address`) before a photo would leave in the clear."""
    if is_exposed(url):
        raise CallFailed(EXPOSED, code="exposed_address")
