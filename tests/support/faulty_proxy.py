"""A TCP proxy that counts the HTTP requests it sees, and cuts connections where it is told to.

It stands between a client and a server, so it knows what really went over the wire: a POST that a client
sent twice is two here, whatever either side believes. It is for plain HTTP/1.1 on this machine.
"""

import asyncio
import re
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

_LENGTH = re.compile(rb"^content-length:\s*(\d+)", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding:.*chunked", re.IGNORECASE | re.MULTILINE)
_HEAD_END = b"\r\n\r\n"


class Cut(StrEnum):
    """Where a connection is cut."""

    BEFORE = "before"  # the request has been read and is not passed on
    AFTER = "after"  # the server has answered, and not a byte of it is passed on
    MIDDLE = "middle"  # half of the answer is passed on
    HOLD = "hold"  # not cut at all: passed on only when it is let go, whether or not its sender still lives


@dataclass
class Order:
    """Cut requests whose "METHOD /path" matches, so many times; None: for good."""

    pattern: re.Pattern[str]
    cut: Cut
    times: int | None = 1


@dataclass
class FaultyProxy:
    """Use it by `with faulty_proxy(target_port) as proxy`; give `proxy.url` to the client."""

    target_port: int
    port: int = 0
    seen: Counter[str] = field(default_factory=Counter)  # "POST /v1/responses" -> requests read from clients
    passed: Counter[str] = field(default_factory=Counter)  # the same, passed on to the server
    cuts: deque[str] = field(default_factory=deque)  # what was cut, in order
    held: int = 0  # requests that are held back, or let go and not answered by the server yet
    _orders: list[Order] = field(default_factory=list)
    _let_go: threading.Event = field(default_factory=threading.Event)
    _talks: set[asyncio.Task[None] | None] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self, pattern: str, cut: Cut, *, times: int | None = 1) -> None:
        """Cut the next requests whose "METHOD /path" the regular expression is found in."""
        self._orders.append(Order(re.compile(pattern), cut, times))

    def heal(self) -> None:
        """Cut nothing any more."""
        self._orders.clear()

    def let_go(self) -> None:
        """Pass on whatever is held."""
        self._let_go.set()

    def posts(self, path: str = "") -> int:
        """How many POSTs clients have sent to paths that hold `path`."""
        return sum(count for line, count in self.seen.items() if line.startswith("POST ") and path in line)

    def _ordered(self, line: str) -> Cut | None:
        for order in self._orders:
            if order.times != 0 and order.pattern.search(line):
                if order.times is not None:
                    order.times -= 1
                self.cuts.append(f"{order.cut} {line}")
                return order.cut
        return None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client connection, request after request."""
        talk = asyncio.current_task()
        self._talks.add(talk)  # asyncio holds a task weakly: one whose client has left would vanish
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._talks.discard(talk)
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await _message(reader)
        if request is None:
            return False
        line = _line_of(request)
        self.seen[line] += 1
        cut = self._ordered(line)
        if cut is Cut.BEFORE:
            return False
        answer = await self._held(line, request) if cut is Cut.HOLD else await self._ask(line, request)
        if cut is Cut.AFTER or answer is None:
            return False
        writer.write(answer[: len(answer) // 2] if cut is Cut.MIDDLE else answer)
        await writer.drain()
        if cut is Cut.MIDDLE:
            writer.close()  # what is written still leaves
            await writer.wait_closed()
        return cut in (None, Cut.HOLD)

    async def _held(self, line: str, request: bytes) -> bytes | None:
        self.held += 1
        try:
            await asyncio.to_thread(self._let_go.wait)
            return await self._ask(line, request)
        finally:
            self.held -= 1

    async def _ask(self, line: str, request: bytes) -> bytes | None:
        """The server's whole answer, over a connection of its own."""
        self.passed[line] += 1
        reader, writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        try:
            writer.write(request)
            await writer.drain()
            return await _message(reader, bodiless=request.startswith(b"HEAD "))
        finally:
            writer.close()


def _line_of(request: bytes) -> str:
    method, path, _ = request.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    return f"{method} {path.partition('?')[0]}"


async def _message(reader: asyncio.StreamReader, *, bodiless: bool = False) -> bytes | None:
    """One whole HTTP message, or None at the end of the connection."""
    try:
        head = await reader.readuntil(_HEAD_END)
    except asyncio.IncompleteReadError as error:
        return error.partial or None
    if bodiless:  # an answer to HEAD tells the length of what it does not bring
        return head
    length = _LENGTH.search(head)
    if length:
        return head + await reader.readexactly(int(length[1]))
    if _CHUNKED.search(head):
        return head + await _chunks(reader)
    return head


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = await reader.readuntil(b"\r\n")
        rest = await reader.readexactly(int(size.split(b";")[0], 16) + 2)
        body += size + rest
        if rest == b"\r\n":
            return body


@contextmanager
def faulty_proxy(target_port: int) -> Iterator[FaultyProxy]:
    """A proxy in a thread of its own, in front of a server on this machine."""
    proxy = FaultyProxy(target_port)
    ready, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()

    async def run() -> None:
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=64 * 1024)
        proxy.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()
        talking = asyncio.all_tasks() - {asyncio.current_task()}
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        await asyncio.sleep(0)  # the transports close in the loop's next round

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(120), "the proxy did not start"
    try:
        yield proxy
    finally:
        proxy.let_go()
        loop.call_soon_threadsafe(stop.set)
        thread.join(120)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
