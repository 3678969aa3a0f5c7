"""Which account of this machine is at the other end of a connection: the studio knows no names yet.

The kernel tells it of connections within this machine, on Linux. Elsewhere, and behind a proxy, nobody can
tell, and nobody is taken for the owner.
"""

import ipaddress
import os
import sys
from pathlib import Path

from starlette.requests import Request

from ui.proxies import came_by_proxy

_ESTABLISHED = "01"  # only then is the account that of a living process: an ended connection shows root's
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def is_owner(request: Request) -> bool:
    """Whether a program of the account that this studio runs as has sent `request` by itself."""
    if came_by_proxy(request):
        return False
    client, server = request.scope.get("client"), request.scope.get("server")
    if client is None or server is None or server[1] is None:
        return False
    return account_of(tuple(client), tuple(server)) == os.geteuid()


def account_of(peer: tuple[str, int], local: tuple[str, int]) -> int | None:
    """The user id of the process that has connected from `peer` to `local`; None if that can't be told."""
    try:
        wanted = {(_place(family, *peer), _place(family, *local)) for family in (4, 6)}
    except ValueError:
        return None
    for table in _TABLES:
        try:
            lines = table.read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _ESTABLISHED and (fields[1], fields[2]) in wanted:
                return int(fields[7])
    return None


def _place(family: int, host: str, port: int) -> str:
    """An address as the kernel's tables have it: 32-bit words in this machine's byte order."""
    address = ipaddress.ip_address(host)
    if family == 4 and isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if family == 6 and isinstance(address, ipaddress.IPv4Address):
        address = ipaddress.IPv6Address(f"::ffff:{address}")
    packed = address.packed
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words) + f":{port:04X}"
