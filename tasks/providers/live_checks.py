"""What only the real providers can tell, for nothing: their clocks, a model's schema, the webhooks."""

import json
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

import httpx
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from db.ids import new_id, utc_now
from tasks.errors import StorykinError
from tasks.providers.model_registry import ImageModel
from tasks.providers.replicate.inputs import check_schema
from tasks.providers.replicate.wire import ReplicateWire

_PATIENCE = httpx.Timeout(5.0, connect=3.0)
_NOBODY = "00000000-0000-0000-0000-000000000000"  # a call that there is not: a delivery about it is harmless


class ModelUnknown(StorykinError):
    """The provider does not have the model, or says nothing of its input."""

    code = "model_not_found"


def clock_skew(url: str, trusting: ssl.SSLContext | bool = True) -> float | None:
    """Seconds that the server at `url` is ahead of this machine, by its Date header; None without one.

    Asked without any credentials; whatever else it answers does not matter. Good to about a second.
    """
    began = time.time()
    try:
        with httpx.Client(timeout=_PATIENCE, follow_redirects=False, verify=trusting) as http:
            date = http.head(url).headers.get("date")
        theirs = parsedate_to_datetime(date) if date else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    if theirs is None:
        return None
    ours = (began + time.time()) / 2
    half_a_second = 0.5  # the header says whole seconds, the rest cut off
    return theirs.replace(tzinfo=theirs.tzinfo or UTC).timestamp() + half_a_second - ours


def seconds_ahead(theirs: datetime) -> float:
    """How far `theirs` (aware) is ahead of this machine, just now."""
    return (theirs - datetime.now(UTC)).total_seconds()


def model_misfits(wire: ReplicateWire, model: ImageModel) -> list[str]:
    """What in the model's schema, as published now, our adapter would break; empty when they fit.

    Raises NotReady when Replicate can't be asked, ModelUnknown when it has no such model.
    """
    version: Any = wire.model(model.slug).get("latest_version")
    schema = version.get("openapi_schema") if isinstance(version, dict) else None
    if not isinstance(schema, dict):
        raise ModelUnknown(
            "Replicate has no such model, or says nothing of its input. Check STORYKIN_IMAGE_MODEL."
        )
    return check_schema(model, schema)


class HookVerdict(StrEnum):
    """What the studio makes of deliveries."""

    BELIEVES = "believes"  # ours, signed with the secret, and no other
    BELIEVES_ANYTHING = "believes anything"
    DISBELIEVES = "disbelieves"  # it has another secret, or a clock that is off
    NOT_THERE = "not there"


@dataclass(frozen=True)
class Hook:
    """The studio's address for webhooks, as this installation would give it to Replicate."""

    origin: str
    secret: str

    @property
    def url(self) -> str:
        """The address for a call that there is not."""
        return f"{self.origin.rstrip('/')}/hooks/replicate/{_NOBODY}"


def try_hook(hook: Hook) -> HookVerdict:
    """Deliver two webhooks about a call that there is not, one signed rightly and one wrongly."""
    body = json.dumps({"id": "storykin-doctor", "status": "starting"}).encode()
    try:
        with httpx.Client(timeout=_PATIENCE, follow_redirects=False) as http:
            right = http.post(hook.url, content=body, headers=signed_headers(hook.secret, body))
            wrong = http.post(hook.url, content=body + b" ", headers=signed_headers(hook.secret, body))
    except (httpx.HTTPError, httpx.InvalidURL):
        return HookVerdict.NOT_THERE
    if right.status_code == httpx.codes.UNAUTHORIZED:
        return HookVerdict.DISBELIEVES
    if not right.is_success:
        return HookVerdict.NOT_THERE
    return HookVerdict.BELIEVES_ANYTHING if wrong.is_success else HookVerdict.BELIEVES


def signed_headers(secret: str, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks, as Replicate would sign `body` now."""
    name, now = f"msg_{new_id()}", utc_now()
    try:
        signature = Webhook(secret).sign(name, now, body.decode())
    except (ValueError, EmptyWebhookSecretError):  # it is no base64, so nothing signed with it is believed
        signature = "v1,"
    return {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
