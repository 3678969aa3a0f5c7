"""Which names the studio answers to: another site's name that leads here (DNS rebinding) is turned away."""

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.bearer import bearer_of
from ui.i18n import _

# They tell nobody anything, and a supervisor asks for them by whatever address it knows.
PROBES = frozenset({"/healthz", "/readyz"})
# So is this by Prometheus, which shows a token: by another site's name that, and nothing else, lets it in.
MEASURED = "/metrics"


class HostMiddleware:
    """ASGI middleware: a Host that is none of `allowed` is refused with 400, and told what to set."""

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self.app = app
        self._allowed = frozenset(each.strip("[]").lower() for each in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":  # a lifespan has no headers
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if (
            scope["path"] in PROBES
            or (scope["path"] == MEASURED and bearer_of(MEASURED, headers))
            or host_name(headers.get("host", "")) in self._allowed
        ):
            await self.app(scope, receive, send)
            return
        sentence = _(
            "The studio does not know the address that it was opened by. Open it by the address it was set "
            "up with, or set STORYKIN_PUBLIC_ORIGIN to this one and start it again."
        )
        await PlainTextResponse(sentence, status_code=400)(scope, receive, send)


def host_name(host: str) -> str:
    """The name in a Host header, without port and an IPv6 literal's brackets; "" for nonsense."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own and leads nowhere else."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
