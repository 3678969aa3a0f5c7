"""A SOCKS5 and an HTTP (CONNECT) proxy on this machine, which remember where they were asked to go.

Every connection is led to one port here, whatever name was asked for: the names are not this machine's.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class ForwardProxy:
    scheme: str
    port: int
    asked: list[str] = field(default_factory=list)  # "host:port"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


def _exactly(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = client.recv(count - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


def _socks(client: socket.socket) -> str:
    _exactly(client, _exactly(client, 2)[1])
    client.sendall(b"\x05\x00")
    kind = _exactly(client, 4)[3]
    host = (
        _exactly(client, client.recv(1)[0]).decode() if kind == 3 else socket.inet_ntoa(_exactly(client, 4))
    )
    port = int.from_bytes(_exactly(client, 2), "big")
    client.sendall(b"\x05\x00\x00\x01" + bytes(6))
    return f"{host}:{port}"


def _connect(client: socket.socket) -> str:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += _exactly(client, 1)
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    return head.split()[1].decode()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _serve(
    client: socket.socket, proxy: ForwardProxy, greet: Callable[[socket.socket], str], port: int
) -> None:
    with client, suppress(OSError):
        proxy.asked.append(greet(client))
        with socket.create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()


@contextmanager
def forward_proxy(scheme: str, to_port: int) -> Iterator[ForwardProxy]:
    """A proxy of `scheme` ("socks5" or "http") that leads everything to `to_port`."""
    greet = _socks if scheme == "socks5" else _connect
    with socket.create_server(("127.0.0.1", 0)) as door:
        proxy = ForwardProxy(scheme, door.getsockname()[1])

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = door.accept()
                    threading.Thread(target=_serve, args=(client, proxy, greet, to_port), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield proxy
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
