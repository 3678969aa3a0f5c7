"""The studio's outermost middleware: origin checks, closed paths, security headers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.addresses import at

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MOUNT = "/studio"

# What the studio's pages really ask of Gradio's API. All else is closed: `upload` takes any file of anyone,
# `file=` reads files and fetches foreign URLs, `component_server` and `call` run functions by name.
_GRADIO_API = re.compile(
    rf"^{MOUNT}/gradio_api/(?:queue/join|queue/data|startup-events|info|app_id|cancel|reset)/?$"
)
_GRADIO_API_ROOT = f"{MOUNT}/gradio_api"
# Gradio's own pages beside ours that nobody needs here.
_CLOSED = re.compile(rf"^{MOUNT}/(?:login|logout|monitoring|svelte|pwa_icon|openapi\.json|docs|redoc)(?:/|$)")
_TAKEN_BY_GRADIO = frozenset({"page", "deep_link"})
_HASHED = re.compile(rf"^(?:{MOUNT}/assets/|{MOUNT}/static/fonts/|/static/)")


@dataclass(frozen=True)
class SecurityPolicy:
    """Which origins may send requests, and where pages may load from."""

    public_origin: str
    storage_origins: tuple[str, ...] = ()  # a bucket's origin, where signed links lead elsewhere

    @property
    def content_security(self) -> str:
        """The Content-Security-Policy. Gradio needs inline script and eval; nothing leaves this origin."""
        storage = " ".join(self.storage_origins)
        return "; ".join(
            (
                "default-src 'self'",
                "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
                "style-src 'self' 'unsafe-inline'",
                f"img-src 'self' data: blob: {storage}".rstrip(),
                "font-src 'self' data:",
                f"connect-src 'self' {storage}".rstrip(),
                "worker-src 'self' blob:",
                "object-src 'none'",
                "base-uri 'self'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            )
        )

    def is_own(self, origin: str, host: str) -> bool:
        """True when `origin` is the public one, or the very host that was asked (HostMiddleware knows it)."""
        if origin == self.public_origin:
            return True
        try:
            return bool(host) and urlsplit(origin).netloc == host
        except ValueError:  # `http://[`
            return False


class SecurityMiddleware:
    """ASGI middleware: refuses what no page of ours would ask, and adds the security headers."""

    def __init__(self, app: ASGIApp, policy: SecurityPolicy) -> None:
        self.app = app
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request (403, 404, 308 to the canonical address), or pass it on; add the headers."""
        if scope["type"] != "http":
            # The studio speaks no WebSocket; lifespan messages pass.
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        answer = self._refusal(scope)
        handler: ASGIApp = answer if answer is not None else self.app
        await handler(scope, receive, self._with_headers(scope["path"], send))

    def _refusal(self, scope: Scope) -> Response | None:
        path, method, headers = scope["path"], scope["method"], Headers(scope=scope)
        if method not in SAFE_METHODS and not self._is_same_origin(headers):
            # Read by our own page only: no other site may read an answer.
            told = {"X-Storykin-Origin": self.policy.public_origin + at("")}
            return PlainTextResponse("This request came from another site.", status_code=403, headers=told)
        if path.startswith(_GRADIO_API_ROOT) and not _GRADIO_API.match(path):
            return PlainTextResponse("Not here.", status_code=403)
        if _CLOSED.match(path):
            return PlainTextResponse("Not here.", status_code=404)
        if method in SAFE_METHODS and (path == MOUNT or path.startswith(f"{MOUNT}/")):
            return _canonical_redirect(scope)
        return None

    def _is_same_origin(self, headers: Headers) -> bool:
        """A browser tells where a request comes from; another client carries no one's session."""
        origin = headers.get("origin")
        if origin is not None and origin != "null":
            return self.policy.is_own(origin, headers.get("host", ""))
        # A page that tells nobody where it is (no-referrer) sends its forms with "null"; where that is a
        # stranger's frame, the browser says so here. One that says nothing is not believed.
        site = headers.get("sec-fetch-site", "none" if origin is None else "")
        return site in ("none", "same-origin")

    def _with_headers(self, path: str, send: Send) -> Send:
        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(path, message["status"], MutableHeaders(scope=message))
            await send(message)

        return wrapped

    def _add_headers(self, path: str, status: int, headers: MutableHeaders) -> None:
        headers.setdefault("Content-Security-Policy", self.policy.content_security)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers.setdefault("Referrer-Policy", "same-origin")
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if status == 200 and _HASHED.match(path):
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif path.startswith(MOUNT):
            headers.setdefault("Cache-Control", "no-store")


def _canonical_redirect(scope: Scope) -> Response | None:
    """A redirect to the same page at its proper address, or None when it is there already.

    Gradio would redirect `/studio/new/` to `/new`, off its own mount, and answers 500 to a query with its
    own names `page` or `deep_link` in it.
    """
    path, query = scope["path"], scope.get("query_string", b"").decode("latin-1")
    kept = [pair for pair in query.split("&") if pair.split("=")[0] not in _TAKEN_BY_GRADIO]
    # Collapsed first: `//elsewhere/` must not become a redirect to another host.
    clean = f"{MOUNT}/{path.removeprefix(MOUNT).strip('/')}"
    if path == clean and "&".join(kept) == query:
        return None
    return RedirectResponse(clean + (f"?{'&'.join(kept)}" if any(kept) else ""), status_code=308)


def allowed_hosts(public_origin: str, bound: Iterable[str] = ()) -> list[str]:
    """The Host headers the studio answers to: this machine's names, its bind address, its public name."""
    names = {"127.0.0.1", "::1", "localhost", urlsplit(public_origin).hostname or "localhost"}
    names.update(host for host in bound if host not in ("0.0.0.0", "::", ""))  # noqa: S104 - a comparison
    return sorted(names)
