"""Where the studio is for a browser: its own paths, behind the prefix that a proxy gives them.

Inside, every path is the studio's own ("/studio/new", "/static/…"): routes, guards and redirects know no
prefix. What a browser gets to read is made by `at()`, in templates `{{ root }}/…` and `{{ mount }}/…`;
scripts take `Storykin.root`, which is where their own file came from.
"""

from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tasks.settings import provider_settings

BOUND_TO_ROOT = "__Host-"  # browsers take such a cookie with Path=/ alone


def at(path: str) -> str:
    """`path` of ours, which begins with "/", as a browser asks for it."""
    return provider_settings().path_prefix + path


class PathPrefixMiddleware:
    """ASGI middleware: takes the prefix off what is asked, and puts it before redirects and cookies.

    A request without it is taken as it is: health checks and whoever sits at this machine know none.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, at the studio's own path."""
        if scope["type"] != "http" or not self._prefix:
            await self.app(scope, receive, send)
            return

        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._prefix_headers(MutableHeaders(scope=message))
            await send(message)

        await self.app(self._without_prefix(scope), receive, wrapped)

    def _without_prefix(self, scope: Scope) -> Scope:
        path = scope["path"]
        if path != self._prefix and not path.startswith(f"{self._prefix}/"):
            return scope
        raw = scope.get("raw_path") or path.encode()
        scope = dict(scope)
        scope["path"] = path[len(self._prefix) :] or "/"
        scope["raw_path"] = raw[len(self._prefix) :] or b"/"
        return scope

    def _prefix_headers(self, headers: MutableHeaders) -> None:
        place = headers.get("location", "")
        if place.startswith("/") and not place.startswith("//"):
            headers["location"] = self._prefix + place
        cookies = headers.getlist("set-cookie")
        if cookies:
            del headers["set-cookie"]
        for cookie in cookies:
            headers.append("set-cookie", self._of_prefix(cookie))

    def _of_prefix(self, cookie: str) -> str:
        """`cookie` for the studio's part of the host alone, as its `Path` says."""
        try:
            ((name, morsel),) = SimpleCookie(cookie).items()
        except (CookieError, ValueError):
            return cookie
        if name.startswith(BOUND_TO_ROOT):
            return cookie
        morsel["path"] = self._prefix + (morsel["path"] or "/")
        return morsel.OutputString()
