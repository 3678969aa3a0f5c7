"""What a person sees who opened an address that is none, or that fails: a page, not a line of JSON."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from db.log import Log
from ui.acting import acting, noted_person
from ui.routes.problem import UNEXPECTED, problem
from ui.views.error_page import error_page_html

log = Log("studio")

TOLD = frozenset({403, 404, 405, 410, 500})


class ErrorPages:
    """ASGI middleware: a browser that opens a page and gets an error gets it as a page of ours.

    Only what a person navigated to (GET, wants HTML) and only where the answer is no page already; scripts,
    pictures and programs are told as before. What nobody has caught is logged, and answered with 500.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; replace the body of an error."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        to_person = scope["method"] == "GET" and wants_page(Headers(scope=scope))
        replaced = begun = False

        async def wrapped(message: Message) -> None:
            nonlocal replaced, begun
            begun = True
            if not to_person:
                await send(message)
                return
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_page = headers.get("content-type", "").startswith("text/html")
                replaced = message["status"] in TOLD and not is_page
                if replaced:
                    with acting(noted_person(scope)):
                        page = error_page_html(message["status"]).encode()
                    headers["content-type"] = "text/html; charset=utf-8"
                    headers["content-length"] = str(len(page))
                    headers["cache-control"] = "no-store"
                    await send(message)
                    await send({"type": "http.response.body", "body": page})
                    return
            elif replaced:
                return
            await send(message)

        try:
            await self.app(scope, receive, wrapped)
        except Exception as error:
            # Starlette's own answer stands outside of all middleware: no page, no headers of ours.
            if begun:
                raise
            if isinstance(error, ClientDisconnect):
                return
            log.error("a request failed", error=error, method=scope["method"])
            await problem(500, "internal", UNEXPECTED)(scope, receive, wrapped)


def wants_page(headers: Headers) -> bool:
    """Whether a person opened this address in a browser, and no script, picture or program asked for it."""
    if headers.get("sec-fetch-dest", "document") != "document":
        return False
    return "text/html" in headers.get("accept", "")
