"""The rehearsal speaks with this machine only."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """True for an http(s) address whose host is this machine by name or number."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or parts.username or parts.password:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
