"""Whose Gradio's event sessions are.

An open page names its events by a `session_hash` that its browser has made up, and whoever knows it could
read what they answer, or stop them. Here it belongs to the account that has used it first.
"""

import threading
from collections import OrderedDict
from typing import Any

from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.access import NotAllowed
from ui.acting import acting_actor
from ui.json_bodies import document_of
from ui.routes.problem import problem
from ui.security import MOUNT

MOST = 20_000  # hashes that are remembered; a page has one, so those let go of are closed for long
_NAME = "session_hash"


class EventSessions:
    """ASGI middleware: 403 for an event session that another account has begun. Inside `JsonBodies`."""

    def __init__(self, app: ASGIApp, most: int = MOST) -> None:
        self.app = app
        self._most = most
        self._owners: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on where every session it names is its sender's."""
        named = _named(scope) if scope["type"] == "http" and scope["path"].startswith(f"{MOUNT}/") else ()
        owner = acting_actor()
        if all(self._claim(each, owner) for each in named):
            await self.app(scope, receive, send)
        else:
            refusal = NotAllowed()
            await problem(403, refusal.code, refusal.sentence)(scope, receive, send)

    def _claim(self, session_hash: str, owner: str) -> bool:
        """Whether it is `owner`'s: used by nobody before, or by them."""
        with self._lock:
            known = self._owners.setdefault(session_hash, owner)
            self._owners.move_to_end(session_hash)
            if len(self._owners) > self._most:
                self._owners.popitem(last=False)
            return known == owner


def _named(scope: Scope) -> list[str]:
    """Each hash that a request names. All of them: who reads a repeated name takes the first or the last."""
    document: Any = document_of(scope)
    in_body = document.get(_NAME) if isinstance(document, dict) else None
    in_query = QueryParams(scope.get("query_string", b"")).getlist(_NAME)
    return [*in_query, *([in_body] if isinstance(in_body, str) else [])]
