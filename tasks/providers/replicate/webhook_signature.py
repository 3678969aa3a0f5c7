"""Is this delivery Replicate's? The signature of Standard Webhooks, over the raw body.

The check itself is the `replicate` package's. Its defaults are not ours: it has no tolerance unless told,
and it gives up at the first signature that it can't read, whatever stands after it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from replicate.webhook import Webhooks, WebhookSigningSecret

from db.ids import utc_now
from tasks.errors import StorykinError

TOLERANCE = timedelta(minutes=5)
_V1 = re.compile(r"v1,[A-Za-z0-9+/]{43}=")  # 32 bytes in base64


class NotGenuine(StorykinError):
    """The delivery is not signed by the provider, or it is too old."""

    code = "not_genuine"


def nobody_to_ask() -> datetime | None:
    """Where only this machine's clock can say how old a delivery is."""
    return None


def check_signature(
    body: bytes,
    headers: Mapping[str, str],
    secret: str,
    *,
    provider_time: Callable[[], datetime | None] = nobody_to_ask,
) -> None:
    """Raise NotGenuine unless `body` was signed with `secret` (whsec_…) within the last five minutes.

    A signature that is right and seems to be of another time may be judged by a clock that is wrong, ours:
    then `provider_time()` is asked, the clock that it was signed by.
    """
    signed = {name.lower(): value for name, value in headers.items()}
    signed["webhook-signature"] = _of_our_kind(signed.get("webhook-signature", ""))
    try:
        Webhooks.validate(
            headers=signed,
            body=body.decode("utf-8"),
            secret=WebhookSigningSecret(key=secret),
        )
        signed_at = datetime.fromtimestamp(int(signed["webhook-timestamp"]), UTC)
    except (ValueError, OverflowError, OSError):  # the package's errors, broken base64, no timestamp
        raise NotGenuine("This delivery is not signed as it should be.") from None
    if not _is_near(signed_at, utc_now()) and not _is_near(signed_at, provider_time()):
        raise NotGenuine("This delivery is of another time.")


def _is_near(signed_at: datetime, now: datetime | None) -> bool:
    return now is not None and abs(now - signed_at) <= TOLERANCE


def _of_our_kind(signatures: str) -> str:
    """Of a list of signatures those of version 1; newer kinds may stand beside them."""
    return " ".join(each for each in signatures.split() if _V1.fullmatch(each))
