"""ASGI middleware that delays, cuts, rejects or corrupts requests to the rehearsed providers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.request_body import BodyTooLong, read_body
from ui.rehearsal import responses
from ui.rehearsal.faults import Fault, Faults
from ui.rehearsal.json_body import LARGEST_BODY
from ui.rehearsal.request_info import RequestInfo, describe_request
from ui.rehearsal.responses import BufferedResponse
from ui.rehearsal.usage_log import UsageLog
from ui.slow_clients import TimedProtocol

_CONNECTION = "storykin.rehearsal.connection"
_PROVIDERS = ("/v1/", "/delivery/")


class CuttableProtocol(TimedProtocol):
    """The studio's HTTP protocol, which also tells the application its connection, so that it can be cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put the transport into the ASGI scope of every request on this connection."""
        super().connection_made(transport)
        inner: Any = self.app

        async def with_connection(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[_CONNECTION] = transport
            await inner(scope, receive, send)

        self.app = with_connection


class FaultInjectionMiddleware:
    """Applies request faults before a request is accepted, and to its response after it was.

    Handlers find `info` (RequestInfo) and `on_sent`, a list of callbacks, in the request's state; the
    callbacks run once the response is about to be sent whole.
    """

    def __init__(self, app: ASGIApp, *, faults: Faults, usage_log: UsageLog) -> None:
        self._app, self._faults, self._usage_log = app, faults, usage_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request, or end it as a fault says. Paths of no provider pass untouched."""
        if scope["type"] != "http" or not scope["path"].startswith(_PROVIDERS):
            await self._app(scope, receive, send)
            return
        try:
            body = await read_body(Request(scope, receive), LARGEST_BODY)
        except ClientDisconnect:
            return  # its request was never whole
        except BodyTooLong:
            info = describe_request(scope["method"], scope["path"], b"")
            await _send(send, BufferedResponse.of(responses.server_error(info, 413)))
            return
        info = describe_request(scope["method"], scope["path"], body)
        fault = await _run_delays(self._faults.request_faults(info, "before"))
        if fault is None:
            await self._forward(scope, info, body, ResponseChannel(scope, receive, send))
            return
        self._usage_log.reject(info.operation, 0 if fault.kind == "drop" else fault.status)
        if fault.kind == "drop":
            await ResponseChannel(scope, receive, send).cut()
        else:
            await _send(send, BufferedResponse.of(_FAULTY_RESPONSES[fault.kind](info, fault)))

    async def _forward(
        self, scope: Scope, info: RequestInfo, body: bytes, channel: "ResponseChannel"
    ) -> None:
        on_sent: list[Callable[[], None]] = []
        scope.setdefault("state", {}).update(info=info, on_sent=on_sent)
        answer = await _call_app(self._app, scope, body)
        fault = None
        if answer.status < 400:
            fault = await _run_delays(self._faults.request_faults(info, "after"))
        if fault is not None:
            await _send_faulty(info, fault, answer, channel)
            return
        if not channel.is_cut:  # recorded first: a client with the response finds it in the log
            for sent in on_sent:
                sent()
        await _send(channel.send, answer)


@dataclass(frozen=True)
class ResponseChannel:
    """The connection to the client of one request."""

    scope: Scope
    receive: Receive
    send: Send

    @property
    def is_cut(self) -> bool:
        """Whether the client has closed the connection."""
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


async def _run_delays(faults: list[Fault]) -> Fault | None:
    for fault in faults:
        if fault.kind != "delay":
            return fault
        await asyncio.sleep(fault.seconds)
    return None


async def _send_faulty(
    info: RequestInfo, fault: Fault, answer: BufferedResponse, channel: ResponseChannel
) -> None:
    """Send the response of an accepted request as `fault` says: cut, truncated, replaced or not at all."""
    match fault.kind:
        case "drop":
            await channel.cut()
        case "cut":
            await _send(channel.send, answer, upto=len(answer.body) // 2)
            await channel.cut(after_writing=True)
        case "truncated":
            headers = [pair for pair in answer.headers if pair[0] != b"content-length"]
            await _send(
                channel.send, BufferedResponse(answer.status, headers, answer.body[: len(answer.body) // 2])
            )
        case _:
            await _send(channel.send, BufferedResponse.of(_FAULTY_RESPONSES[fault.kind](info, fault)))


_PAGE = "<html><body><h1>Bad gateway</h1></body></html>"
_FAULTY_RESPONSES: dict[str, Callable[[RequestInfo, Fault], Response]] = {
    "throttled": lambda info, fault: responses.throttled(info, fault.seconds),
    "quota": lambda info, fault: responses.no_quota(),
    "no_credit": lambda info, fault: responses.no_credit(),
    "html": lambda info, fault: HTMLResponse(_PAGE, fault.status),
    "empty_body": lambda info, fault: Response(b"", fault.status, media_type="application/json"),
    "truncated": lambda info, fault: Response(b'{"id": "', 200, media_type="application/json"),
    "cut": lambda info, fault: Response(b'{"id": "', 200, media_type="application/json"),
    "status": lambda info, fault: responses.server_error(info, fault.status),
}


async def _call_app(app: ASGIApp, scope: Scope, body: bytes) -> BufferedResponse:
    answer = BufferedResponse(500)
    pending = [body]

    async def receive() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        await asyncio.Event().wait()  # the request is taken on: its sender may go, the work goes on
        raise AssertionError("never reached")

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer


async def _send(send: Send, answer: BufferedResponse, *, upto: int | None = None) -> None:
    headers = answer.headers
    if not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = answer.body if upto is None else answer.body[:upto]
    await send({"type": "http.response.body", "body": body, "more_body": upto is not None})
