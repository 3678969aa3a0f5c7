"""Starting the studio."""

import asyncio
import socket

import pytest

from tasks.errors import UsageError
from ui.serve import listening_socket


def test_port_zero_takes_a_free_port() -> None:
    with listening_socket("127.0.0.1", 0) as door:
        assert door.getsockname()[1] > 0


def test_a_port_that_is_taken_is_said_to_be() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} is taken") as refused:
            listening_socket("127.0.0.1", port)
    assert refused.value.code == "port_taken"


async def test_answers_leave_at_once() -> None:
    """Nagle's algorithm would hold each of them back for the 40 ms of a delayed acknowledgement."""
    accepted = asyncio.get_running_loop().create_future()

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted.set_result(transport)

    with listening_socket("127.0.0.1", 0) as listener:
        server = await asyncio.get_running_loop().create_server(Protocol, sock=listener)
        _reader, writer = await asyncio.open_connection(*listener.getsockname())
        connection = (await accepted).get_extra_info("socket")
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        writer.close()
        server.close()
