"""An ASGI application behind a real web server on a free port of this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI


def free_socket() -> socket.socket:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    return listening


def url_of(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def serving(app: FastAPI, listening: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
    started = threading.Event()
    thread = threading.Thread(target=_run, args=(server, listening, started), daemon=True)
    thread.start()
    assert started.wait(120), "the web server did not start"
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(120)
        assert not thread.is_alive(), "the web server did not stop"


def _run(server: uvicorn.Server, listening: socket.socket, started: threading.Event) -> None:
    listening.listen()  # connections queue from here on, so nobody has to poll
    started.set()
    server.run(sockets=[listening])
