"""Which network addresses are the public internet, and which only pretend to be."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

# Python calls these global; they lead to the IPv4 address wrapped in them, or to the host's own cloud.
_TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_UNICAST = ip_network("2000::/3")  # the only part of IPv6 that was ever given out
_CLOUD_INTERNAL = {ip_address("168.63.129.16"), ip_address("100.100.100.200")}


def is_public(address: str) -> bool:
    """Whether `address` (as text) is on the public internet: not local, private, shared or multicast."""
    try:
        plain = _unwrapped(ip_address(address))
    except ValueError:
        return False
    if isinstance(plain, IPv6Address) and plain not in _UNICAST:
        return False
    return (
        plain.is_global
        and not plain.is_multicast
        and not plain.is_reserved
        and not plain.is_unspecified
        and plain not in _CLOUD_INTERNAL
    )


def is_cloud_internal(address: str) -> bool:
    """Whether only a machine's own cloud or network card listens at `address`, or nobody in particular."""
    try:
        plain = _unwrapped(ip_address(address.partition("%")[0]))
    except ValueError:
        return True
    return plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain in _CLOUD_INTERNAL


def is_here(url: str) -> bool:
    """Whether `url` leads to this very machine, as a rehearsal's does: all its addresses are loopback."""
    try:
        host = urlsplit(url).hostname or ""
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM) if host else []
    except (OSError, ValueError):
        return False
    return bool(found) and all(ip_address(str(each[4][0])).is_loopback for each in found)


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in _TRANSLATED):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
