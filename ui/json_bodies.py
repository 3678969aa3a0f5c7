"""Bodies for Gradio's routes: read here first, so that nothing but a sound JSON document gets there."""

from typing import Any

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.request_body import BodyTooLong, read_body
from tasks import strict_json
from ui.routes.problem import problem
from ui.security import MOUNT

LONGEST_BODY = 1024 * 1024  # bytes; an event carries a form, and no photo
_DOCUMENT = "storykin.json"  # in the scope


def document_of(scope: Scope) -> Any:
    """The JSON document that a request has brought; None for one without."""
    return scope.get(_DOCUMENT)


class JsonBodies:
    """ASGI middleware: 400 for what is no JSON, 413 for what is too long, 415 for what is packed."""

    def __init__(self, app: ASGIApp, longest: int = LONGEST_BODY) -> None:
        self.app = app
        self.longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is wrong with the body, or pass the request on with the body that was read."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith(f"{MOUNT}/"):
            await self.app(scope, receive, send)
            return
        if Headers(scope=scope).get("content-encoding", "identity") != "identity":
            await problem(415, "packed", "Send this body as it is, not compressed.")(scope, receive, send)
            return
        try:
            body = await read_body(Request(scope, receive), self.longest)
        except ClientDisconnect:
            return
        except BodyTooLong:
            await problem(413, "too_large", "This request is too large.")(scope, receive, send)
            return
        try:
            document = strict_json.loads(body) if body else None
        except strict_json.NotJson:
            await problem(400, "bad_json", "This request is no JSON document.")(scope, receive, send)
            return
        await self.app({**scope, _DOCUMENT: document}, _replay(body, receive), send)


def _replay(body: bytes, receive: Receive) -> Receive:
    """First the body, then whatever else comes: that the browser has gone."""
    replayed = False

    async def again() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
