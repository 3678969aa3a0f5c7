"""Gradio's page as it leaves us: our head in it, and the language it is really in.

Gradio hands its `head=` to the browser as JSON and lays it when its own scripts have run: too late for colors
and direction, which would be seen to change. So it is written into the HTML itself. Our style sheets stand at
the end, after all that Gradio brings: where two rules weigh the same, the later one counts.
"""

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.acting import acting_attributes
from ui.addresses import at

HTML_TAG = b'<html\n\tlang="en"'
HEAD = b"<head>"
BODY_END = b"</body>"
MANIFEST = b'href="/manifest.json"'


class PageShell:
    """ASGI app around Gradio's, for one language."""

    def __init__(self, app: ASGIApp, language: str, direction: str, head: str, tail: str) -> None:
        self._app = app
        self._html = f'<html lang="{language}" dir="{direction}"'
        self._head = HEAD + b"\n" + head.encode()
        self._manifest = f'href="{at("/manifest.json")}"'.encode()
        self._tail = tail.encode() + BODY_END

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as Gradio does; an HTML page with our head in it."""
        if scope["type"] == "http":  # Gradio makes its addresses of the one that it is asked at
            scope = dict(scope)
            scope["path"], scope["root_path"] = at(scope["path"]), at(scope["root_path"])
        await self._app(scope, receive, _Rewriter(send, self._rewritten).send)

    def _rewritten(self, page: bytes) -> bytes:
        tag = self._html + acting_attributes()
        page = page.replace(HTML_TAG, tag.encode(), 1).replace(HEAD, self._head, 1)
        page = page.replace(MANIFEST, self._manifest, 1)
        before, _end, after = page.rpartition(BODY_END)
        return before + self._tail + after


class _Rewriter:
    """Holds an HTML answer back until it is whole; everything else passes as it comes."""

    def __init__(self, send: Send, rewrite: Callable[[bytes], bytes]) -> None:
        self._send = send
        self._rewrite = rewrite
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        """Take the next message of the answer."""
        if message["type"] == "http.response.start":
            if MutableHeaders(scope=message).get("content-type", "").startswith("text/html"):
                self._start = message
                return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_page(self._start)
            return
        await self._send(message)

    async def _send_page(self, start: Message) -> None:
        page = self._rewrite(self._body)
        MutableHeaders(scope=start)["content-length"] = str(len(page))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": page})
