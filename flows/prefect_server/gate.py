"""What every request to our Prefect server must pass.

Prefect itself answers any Host, from any origin. Here only this machine's own names are answered, a page of
another origin gets nothing, and whoever can't show the installation's secret, or a session that was opened
with a ticket made from it, sees the dashboard's empty shell and nothing else.
"""

import hmac
import re
from base64 import b64decode, b64encode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.prefect_proof import PROOF_PATH, SIGN_IN_PATH, proof_of
from flows.prefect_server.pages import SCRIPT_PATH, SESSION_PATH, script, sign_in_page, with_script
from flows.prefect_server.sessions import Sessions
from flows.request_body import BodyTooLong, read_body

MAX_TICKET_BYTES = 400
# The shell of the dashboard is public: files of a published package. So is whether the server is up.
_HEALTH = frozenset({"/api/health", "/api/ready"})
_CLOSED = re.compile(r"/+(?:api|docs|redoc|openapi\.json|metrics)(?:/|$)", re.IGNORECASE)


class Gate:
    """ASGI middleware around Prefect's application."""

    def __init__(self, app: ASGIApp, *, port: int, secret: str, auth_string: str, studio_url: str) -> None:
        self._app = app
        self._port = port
        self._secret = secret
        self._auth_string = auth_string  # what Prefect itself compares with
        self._studio_url = studio_url
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._sessions = Sessions(secret)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse, or pass on to Prefect."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope))
        if scope["type"] == "websocket":  # Prefect asks for the secret in its first message
            if refusal is None:
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        answer = refusal or await self._answer(Request(scope, receive))
        if answer is None and _is_page(scope):
            await self._app(_without_encoding(scope), receive, _add_script(_with_security_headers(send)))
            return
        await (answer or self._app)(scope, receive, _with_security_headers(send))

    def _refusal(self, headers: Headers) -> Response | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self._hosts:  # a name that someone else's DNS has pointed here
            return PlainTextResponse("This server does not go by that name.", status_code=421)
        if origin is not None and origin != f"http://{host}":
            return PlainTextResponse("This request came from another site.", status_code=403)
        return None

    async def _answer(self, request: Request) -> Response | None:
        """The gate's own answer; None lets Prefect answer, which then finds its password on the request."""
        path, asked = request.scope["path"], request.query_params
        if path == PROOF_PATH:
            return JSONResponse({"proof": proof_of(self._secret, self._port, asked.get("challenge", ""))})
        if path == SIGN_IN_PATH:
            return sign_in_page(self._studio_url, asked.get("next", "/"))
        if path == SCRIPT_PATH:
            return script()
        if path == SESSION_PATH:
            return await self._open_session(request)
        public = path in _HEALTH or (request.method in ("GET", "HEAD") and not _CLOSED.match(path))
        if self._is_authenticated(request.scope) or public:
            return None
        return JSONResponse({"exception_message": "Unauthorized"}, status_code=401)

    async def _open_session(self, request: Request) -> Response:
        """Exchange a ticket for a session's password; 403 unless a page of this origin posts it."""
        if request.method != "POST" or "origin" not in request.headers:
            return PlainTextResponse("Not here.", status_code=403)
        try:
            ticket = await read_body(request, MAX_TICKET_BYTES)
        except (BodyTooLong, ClientDisconnect):
            ticket = b""
        password = self._sessions.open(ticket.decode("ascii", errors="replace"))
        if password is None:
            return PlainTextResponse("This ticket was used or is over.", status_code=403)
        return PlainTextResponse(password, headers={"Cache-Control": "no-store"})

    def _is_authenticated(self, scope: Scope) -> bool:
        """Whether the request shows the secret, or a session; it then goes on with Prefect's password."""
        shown = _shown_password(Headers(scope=scope))
        ours = any(
            hmac.compare_digest(shown.encode(), each.encode()) for each in (self._secret, self._auth_string)
        )
        if not ours and not self._sessions.knows(shown):
            return False
        password = b64encode(self._auth_string.encode()).decode()
        MutableHeaders(scope=scope)["Authorization"] = f"Basic {password}"
        return True


def _shown_password(headers: Headers) -> str:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(value, validate=True).decode()
    except ValueError:
        return ""


def _is_page(scope: Scope) -> bool:
    accepted = Headers(scope=scope).get("accept", "")
    return scope["method"] == "GET" and not _CLOSED.match(scope["path"]) and "text/html" in accepted


def _without_encoding(scope: Scope) -> Scope:
    kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": kept}


def _with_security_headers(send: Send) -> Send:
    """`send` with headers that keep other origins from framing, opening or reading the response."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", "frame-ancestors 'none'")
            headers["X-Frame-Options"] = "DENY"
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "same-origin"
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
        await send(message)

    return wrapped


def _add_script(send: Send) -> Send:
    """`send` that buffers an HTML page and puts our script into its head."""
    start: Message | None = None
    body = bytearray()

    async def wrapped(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        body.extend(message.get("body", b""))
        if message.get("more_body") or start is None:
            return
        headers = MutableHeaders(scope=start)
        page = bytes(body)
        if headers.get("content-type", "").startswith("text/html") and start["status"] == 200:
            page = with_script(page)
            headers["content-length"] = str(len(page))
            for name in ("etag", "last-modified"):  # those of the page without it
                del headers[name]
            headers["Cache-Control"] = "no-store"
        await send(start)
        await send({"type": "http.response.body", "body": page})

    return wrapped
