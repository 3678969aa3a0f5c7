"""HTTP clients whose every request ends: neither a slow drip nor an endless answer holds a worker.

The libraries' own timeouts are for one read: a server that sends a byte now and then never meets them. Here
a whole exchange has a limit, twice what one read may take; at it the connection is cut, which reads as an
answer that broke off and means the same. OpenAI's package stands on httpx2, Replicate's requests on httpx.
"""

import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

import httpx
import httpx2

MOST_BYTES = 64 * 1024 * 1024  # of one answer
READS = 2  # how many times the read timeout a whole exchange may take

_USUAL_READ = 60.0  # seconds, where no timeout is given
_CONNECTED = ("connect_tcp.complete", "start_tls.complete")


class BoundedClient(httpx.Client):
    """An httpx client with an end to every exchange."""

    def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        """As httpx's, but the answer is always read here, within its limits."""
        with _cut_in_time(request.extensions):
            response = super().send(request, stream=True, **options)
            _read(response, httpx.RemoteProtocolError)
            return response


class BoundedClient2(httpx2.Client):
    """An httpx2 client with an end to every exchange."""

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """As httpx2's, but the answer is always read here, within its limits."""
        with _cut_in_time(request.extensions):
            response = super().send(request, stream=True, **options)
            _read(response, httpx2.RemoteProtocolError)
            return response


def longest_exchange(timeout: httpx.Timeout | httpx2.Timeout) -> float:
    """Seconds after which a request with this timeout has been answered or cut off."""
    return (timeout.connect or 0.0) + READS * (timeout.read or _USUAL_READ)


def _read(response: httpx.Response | httpx2.Response, broken_off: type[Exception]) -> None:
    """Read the whole answer, but not past MOST_BYTES, and give its connection back."""
    try:
        response.stream = _Bounded(response.stream, broken_off)
        response.read()
    finally:
        response.close()


class _Bounded(httpx.SyncByteStream, httpx2.SyncByteStream):
    """A body that is not read past MOST_BYTES."""

    def __init__(self, stream: Any, error: type[Exception]) -> None:
        self._stream: Iterable[bytes] = stream
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for chunk in self._stream:
            received += len(chunk)
            if received > MOST_BYTES:
                raise self._error("the answer is too long")
            yield chunk

    def close(self) -> None:
        close = getattr(self._stream, "close", None)
        if close is not None:
            close()


@contextmanager
def _cut_in_time(extensions: Any) -> Iterator[None]:
    """Cut the connection of the request with these `extensions` when the block takes too long."""
    connected: list[socket.socket] = []

    def trace(event: str, details: Mapping[str, Any]) -> None:
        if event.endswith(_CONNECTED):
            connected.append(details["return_value"].get_extra_info("socket"))

    def cut() -> None:
        for each in connected:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    timeouts = extensions.get("timeout", {})
    extensions["trace"] = trace
    timer = Timer(READS * (timeouts.get("read") or _USUAL_READ), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
