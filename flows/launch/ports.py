"""Ports: the one that was asked for, or else the usual one or the next that is free."""

import socket
from collections.abc import Container

from tasks.errors import StorykinError

PORTS_TRIED = 50  # ports beyond the usual one that are tried


class PortTaken(StorykinError):
    """Something else listens on the port that was asked for."""

    code = "port_taken"


def choose_port(
    host: str, wanted: int | None, usual: int, *, setting: str, besides: Container[int] = ()
) -> int:
    """`wanted` if it is given, else `usual` or the next free one that is not in `besides`.

    Raises PortTaken if `wanted` is not free, naming the `setting` that asked for it.
    """
    if wanted is not None:
        if not is_free(host, wanted):
            raise PortTaken(
                f"Port {wanted} is taken by another program. Stop that one, or set {setting} to a free port."
            )
        return wanted
    for port in range(usual, usual + PORTS_TRIED):
        if port not in besides and is_free(host, port):
            return port
    raise PortTaken(
        f"No port from {usual} to {usual + PORTS_TRIED - 1} is free. Set {setting} to one that is."
    )


def reserve(host: str, port: int, *, setting: str) -> socket.socket:
    """Keep `port` for this account for as long as the answer is open. Raises PortTaken.

    It is bound and does not listen: only a process of the same account may listen beside it. So nobody else
    gets the port, and what is sent to it, while a server of ours is down. (Were it set to be reused like a
    server's socket, Linux would let any account have it.)
    """
    reserved = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        reserved.bind((host, port))
    except OSError:
        reserved.close()
        raise PortTaken(
            f"Port {port} is taken by another program. Stop that one, or set {setting} to a free port."
        ) from None
    return reserved


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
