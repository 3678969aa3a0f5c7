"""Which operation and style a request is about: what faults are matched against."""

import re
from dataclasses import dataclass

from tasks.styles.packs import style_packs

_SLUG = r"/v1/models/[^/]+/[^/]+"
_OPERATIONS: tuple[tuple[str, str, str], ...] = (
    ("responses", "POST", r"/v1/responses"),
    ("moderations", "POST", r"/v1/moderations"),
    ("edits", "POST", r"/v1/images/edits"),
    ("models", "GET", r"/v1/models(?:/[^/]+)?"),
    ("create", "POST", rf"{_SLUG}/predictions|/v1/predictions"),
    ("cancel", "POST", r"/v1/predictions/[^/]+/cancel"),
    ("list", "GET", r"/v1/predictions"),
    ("get", "GET", r"/v1/predictions/[^/]+"),
    ("model", "GET", _SLUG),
    ("account", "GET", r"/v1/account"),
    ("secret", "GET", r"/v1/webhooks/default/secret"),
    ("output", "GET", r"/delivery/.+"),
)
OPERATIONS = tuple(name for name, _, _ in _OPERATIONS)
OTHER = "other"
_OPENAI = {"responses", "moderations", "edits", "models"}
_OPENAI_PATHS = ("/v1/responses", "/v1/images/")


@dataclass(frozen=True)
class RequestInfo:
    """What faults are matched against."""

    method: str
    path: str
    operation: str
    style: str | None = None

    @property
    def vendor(self) -> str:
        """Whose wire format answers it: openai, replicate, or delivery (the host of finished pictures)."""
        if self.operation in _OPENAI or (self.operation == OTHER and self.path.startswith(_OPENAI_PATHS)):
            return "openai"
        return "delivery" if self.operation == "output" else "replicate"


def describe_request(method: str, path: str, body: bytes) -> RequestInfo:
    """The operation of a request (`other` when no route fits) and the style that its body names."""
    for name, wanted, pattern in _OPERATIONS:
        if method == wanted and re.fullmatch(pattern, path):
            return RequestInfo(method, path, name, style_in(body.decode("utf-8", "replace")))
    return RequestInfo(method, path, OTHER)


def style_in(text: str) -> str | None:
    """The style whose prompt token stands in `text`, or None."""
    return next((name for name, pack in style_packs().items() if pack.token in text), None)
