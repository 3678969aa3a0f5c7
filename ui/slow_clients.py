"""Time limits for incoming requests: one that does not complete loses its connection."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 15.0  # from the connection, or the first byte of the next request, to the whole head
PAUSE_SECONDS = 30.0  # between two pieces of a body
BODY_SECONDS = 300.0  # for the whole of it: 25 MB over a slow mobile network
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class TimedProtocol(H11Protocol):
    """uvicorn's own HTTP protocol, which waits for nobody for ever.

    uvicorn limits how long a connection may be idle between two requests, and not how long a request may
    take to arrive: half a request held a connection and its memory until the client let go.
    """

    head_seconds = HEAD_SECONDS
    pause_seconds = PAUSE_SECONDS
    body_seconds = BODY_SECONDS

    _head_timer: asyncio.TimerHandle | None = None
    _pause_timer: asyncio.TimerHandle | None = None
    _body_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer of the first request's head."""
        super().connection_made(transport)
        self._update_timers()

    def data_received(self, data: bytes) -> None:
        """Restart the pause timer: a piece of a head or body has come."""
        super().data_received(data)
        self._update_timers(moved=True)

    def on_response_complete(self) -> None:
        """The next request may have come already; else uvicorn waits for it, so long and no longer."""
        super().on_response_complete()
        self._update_timers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel all timers."""
        super().connection_lost(exc)
        for timer in (self._head_timer, self._pause_timer, self._body_timer):
            if timer is not None:
                timer.cancel()

    def _update_timers(self, *, moved: bool = False) -> None:
        """Run exactly the timers of the request's current part: head, body, or none once it is whole."""
        state = self.conn.their_state
        idle = self.timeout_keep_alive_task is not None  # between two requests
        self._head_timer = self._timer(self._head_timer, self.head_seconds, on=state is h11.IDLE and not idle)
        in_body = state is h11.SEND_BODY
        self._body_timer = self._timer(self._body_timer, self.body_seconds, on=in_body)
        if moved and self._pause_timer is not None:
            self._pause_timer.cancel()
            self._pause_timer = None
        self._pause_timer = self._timer(self._pause_timer, self.pause_seconds, on=in_body)

    def _timer(self, timer: asyncio.TimerHandle | None, seconds: float, *, on: bool) -> Any:
        if on:
            return timer or self.loop.call_later(seconds, self._time_out)
        if timer is not None:
            timer.cancel()
        return None

    def _time_out(self) -> None:
        if self.transport.is_closing():
            return
        if self.flow.read_paused:  # it is us who don't read: the application is at work on what came
            self._pause_timer = self.loop.call_later(self.pause_seconds, self._time_out)
            return
        if self.conn.their_state is h11.IDLE:
            self.transport.write(_TOO_SLOW)
        self.transport.close()
