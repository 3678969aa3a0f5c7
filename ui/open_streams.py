"""Answers that go on for long, ended when the session or token that they are given to has."""

import asyncio
import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from db.errors import UserFacingError
from db.log import Log

EVERY_SECONDS = 2.0  # one question to the record for all streams together
STREAMS = frozenset({"/api/live", "/studio/gradio_api/queue/data"})

log = Log("studio")


@dataclass
class OpenStreams:
    """The streams of this process, by the id of the session or token that opened them; `standing` tells
    which of these let somebody in still.
    """

    standing: Callable[[Collection[str]], set[str]]
    every_seconds: float = EVERY_SECONDS
    _ended: dict[str, set[asyncio.Event]] = field(default_factory=dict)
    _watcher: asyncio.Task[None] | None = None

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, given_to: str) -> None:
        """Let `app` answer for as long as `given_to` stands; then the answer ends, as if it were whole."""
        ended = asyncio.Event()
        self._ended.setdefault(given_to, set()).add(ended)
        self._begin()
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        answering = asyncio.ensure_future(app(scope, receive, noted))
        waiting = asyncio.ensure_future(ended.wait())
        try:
            await asyncio.wait({answering, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                answering.result()
                return
            answering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await answering
            if begun:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            answering.cancel()
            waiting.cancel()
            self._ended[given_to].discard(ended)
            if not self._ended[given_to]:
                del self._ended[given_to]

    def _begin(self) -> None:
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        while self._ended:
            await asyncio.sleep(self.every_seconds)
            watched = set(self._ended)
            try:
                standing = await run_in_threadpool(self.standing, watched)
            except UserFacingError as error:
                log.warning("the record can't be asked who may listen", code=error.code)
                continue
            for over in watched - standing:
                for each in self._ended.get(over, set()):
                    each.set()
