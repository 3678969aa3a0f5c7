"""Half a request does not keep its connection: raw sockets against the studio's own protocol."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from ui.rehearsal.fault_middleware import CuttableProtocol
from ui.serve import listening_socket
from ui.slow_clients import TimedProtocol

LIMIT = 0.3  # of the server that is asked here; the tests wait as long as it takes


class HastyProtocol(TimedProtocol):
    head_seconds = LIMIT
    pause_seconds = LIMIT
    body_seconds = 4 * LIMIT


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    if scope["path"] == "/stream":

        async def slowly() -> AsyncIterator[bytes]:
            for _ in range(4):
                await asyncio.sleep(LIMIT / 2)
                yield b"."

        await StreamingResponse(slowly())(scope, receive, send)
        return
    if scope["path"] != "/unread":
        await request.body()
    await PlainTextResponse("heard")(scope, receive, send)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with listening_socket("127.0.0.1", 0) as door:
        config = uvicorn.Config(
            echo, http=HastyProtocol, lifespan="off", log_level="error", timeout_keep_alive=60
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield door.getsockname()[1]
        server.should_exit = True
        thread.join(120)


def ends(connection: socket.socket) -> bytes:
    """What comes until the server closes. A server that waits for ever makes this fail, after a minute."""
    connection.settimeout(60)
    heard = b""
    try:
        while piece := connection.recv(65536):
            heard += piece
    except ConnectionResetError:
        pass
    return heard


@pytest.mark.parametrize("half", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nA: xxxx"])
def test_half_a_head_is_not_waited_for(port: int, half: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(half)
        assert ends(connection).startswith(b"HTTP/1.1 408 ")


def drip(connection: socket.socket, piece: bytes) -> None:
    """Send `piece` again and again, a little faster than the limit for a pause, until it is cut off."""
    connection.settimeout(LIMIT / 4)
    for _ in range(400):
        try:
            connection.sendall(piece)
            if not connection.recv(65536):
                return
        except TimeoutError:
            continue
        except OSError:
            return
    pytest.fail("it was listened to for ever")


def test_a_head_that_drips_is_cut_off(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        drip(connection, b"A: b\r\n")


@pytest.mark.parametrize("path", [b"/", b"/unread"])
def test_half_a_body_is_not_waited_for(port: int, path: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        ends(connection)


def test_a_body_that_drips_is_cut_off(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        drip(connection, b"x")


def test_half_of_a_second_request_is_not_waited_for(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.settimeout(60)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET / HT")
        assert b"408" in ends(connection)


def test_who_asks_properly_is_answered_however_long_that_takes(port: int) -> None:
    """On a machine that has paused us between two pieces we have been slow: then we ask again."""
    assert any(streamed(port) for _ in range(20))
    assert any(heard_twice(port) for _ in range(20))


def streamed(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return ends(connection).count(b"\r\n.\r\n") == 4


def heard_twice(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port)) as connection, suppress(ConnectionError):
        connection.settimeout(60)
        for _ in range(2):
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n")
            connection.sendall(b"body")
            heard = b""
            while b"heard" not in heard:
                piece = connection.recv(65536)
                if not piece:
                    return False
                heard += piece
        return True
    return False


def test_the_studio_and_the_rehearsal_are_served_so() -> None:
    assert issubclass(CuttableProtocol, TimedProtocol)
    assert TimedProtocol.head_seconds <= 30 < TimedProtocol.body_seconds
