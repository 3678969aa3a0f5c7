"""The door: every request to the providers comes through here, and here it may be delayed, cut or lost."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.rehearsal import answer as answers
from ui.rehearsal.answer import Answer
from ui.rehearsal.facts import Facts, facts_of
from ui.rehearsal.faults import Fault, Faults
from ui.rehearsal.usage_log import UsageLog
from ui.slow_clients import TimedProtocol

LARGEST_BODY = 32 * 1024 * 1024
_CONNECTION = "storykin.rehearsal.connection"
_PROVIDERS = ("/v1/", "/delivery/")


class CuttableProtocol(TimedProtocol):
    """The studio's HTTP protocol, which also tells the application its connection, so that it can be cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the connection for every request on it."""
        super().connection_made(transport)
        inner: Any = self.app

        async def with_connection(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[_CONNECTION] = transport
            await inner(scope, receive, send)

        self.app = with_connection


class FaultInjectionMiddleware:
    """ASGI middleware. Handlers find `facts` and `when_sent` in the request's state."""

    def __init__(self, app: ASGIApp, *, faults: Faults, bank: UsageLog) -> None:
        self._app, self._faults, self._bank = app, faults, bank

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, through whatever is set against it."""
        if scope["type"] != "http" or not scope["path"].startswith(_PROVIDERS):
            await self._app(scope, receive, send)
            return
        try:
            body = await _whole_body(receive)
        except _SenderLeft:
            return
        facts = facts_of(scope["method"], scope["path"], body)
        if len(body) > LARGEST_BODY:
            await _send(send, Answer.of(answers.server_trouble(facts, 413)))
            return
        fault = await _first_but_delays(self._faults.at_door(facts, "before"))
        if fault is None:
            await self._let_in(scope, facts, body, ResponseChannel(scope, receive, send))
            return
        self._bank.turn_away(facts.operation, 0 if fault.kind == "drop" else fault.status)
        if fault.kind == "drop":
            await ResponseChannel(scope, receive, send).cut()
        else:
            await _send(send, Answer.of(_SPOILED[fault.kind](facts, fault)))

    async def _let_in(self, scope: Scope, facts: Facts, body: bytes, way: "ResponseChannel") -> None:
        when_sent: list[Callable[[], None]] = []
        scope.setdefault("state", {}).update(facts=facts, when_sent=when_sent)
        answer = await _answer_of(self._app, scope, body)
        fault = None
        if answer.status < 400:
            fault = await _first_but_delays(self._faults.at_door(facts, "after"))
        if fault is not None:
            await _spoil(facts, fault, answer, way)
            return
        if not way.is_cut:  # booked first: whoever has the answer finds it in the books
            for sent in when_sent:
                sent()
        await _send(way.send, answer)


@dataclass(frozen=True)
class ResponseChannel:
    """The way back to whoever asked."""

    scope: Scope
    receive: Receive
    send: Send

    @property
    def is_cut(self) -> bool:
        """Whether they are gone."""
        connection = self._connection
        return connection is not None and connection.is_closing()

    async def cut(self, *, after_writing: bool = False) -> None:
        """Cut the connection, now or once everything written has left, and wait until it is cut."""
        connection = self._connection
        if connection is None:
            raise RuntimeError("connections can be cut only behind CuttableProtocol")
        if after_writing:
            connection.close()
        else:
            connection.abort()
        while (await self.receive())["type"] != "http.disconnect":
            pass

    @property
    def _connection(self) -> asyncio.Transport | None:
        return cast("asyncio.Transport | None", self.scope.get("extensions", {}).get(_CONNECTION))


async def _first_but_delays(faults: list[Fault]) -> Fault | None:
    for fault in faults:
        if fault.kind != "delay":
            return fault
        await asyncio.sleep(fault.seconds)
    return None


async def _spoil(facts: Facts, fault: Fault, answer: Answer, way: ResponseChannel) -> None:
    """The request was accepted; its answer doesn't arrive as it should."""
    match fault.kind:
        case "drop":
            await way.cut()
        case "cut":
            await _send(way.send, answer, upto=len(answer.body) // 2)
            await way.cut(after_writing=True)
        case "truncated":
            headers = [pair for pair in answer.headers if pair[0] != b"content-length"]
            await _send(way.send, Answer(answer.status, headers, answer.body[: len(answer.body) // 2]))
        case _:
            await _send(way.send, Answer.of(_SPOILED[fault.kind](facts, fault)))


_PAGE = "<html><body><h1>Bad gateway</h1></body></html>"
_SPOILED: dict[str, Callable[[Facts, Fault], Response]] = {
    "throttled": lambda facts, fault: answers.throttled(facts, fault.seconds),
    "quota": lambda facts, fault: answers.no_quota(),
    "no_credit": lambda facts, fault: answers.no_credit(),
    "html": lambda facts, fault: HTMLResponse(_PAGE, fault.status),
    "empty_body": lambda facts, fault: Response(b"", fault.status, media_type="application/json"),
    "truncated": lambda facts, fault: Response(b'{"id": "', 200, media_type="application/json"),
    "cut": lambda facts, fault: Response(b'{"id": "', 200, media_type="application/json"),
    "status": lambda facts, fault: answers.server_trouble(facts, fault.status),
}


class _SenderLeft(Exception):
    """The request broke off: half a request is none."""


async def _whole_body(receive: Receive) -> bytes:
    """The body, read to its end or to where it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _SenderLeft
        body += message.get("body", b"")
        if not message.get("more_body") or len(body) > LARGEST_BODY:
            return bytes(body)


async def _answer_of(app: ASGIApp, scope: Scope, body: bytes) -> Answer:
    answer = Answer(500)
    unread = [body]

    async def receive() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        await asyncio.Event().wait()  # the request is taken on: its sender may go, the work goes on
        raise AssertionError("never reached")

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer


async def _send(send: Send, answer: Answer, *, upto: int | None = None) -> None:
    headers = answer.headers
    if not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = answer.body if upto is None else answer.body[:upto]
    await send({"type": "http.response.body", "body": body, "more_body": upto is not None})
