"""Is this delivery Replicate's? The signature of Standard Webhooks, over the raw body.

The signature is made by the `standardwebhooks` package and compared here, not by its `verify`: that gives up
at the first signature it can't read, whatever stands after it, takes a time like "1e9" for the one that was
signed, and judges age by this machine's clock alone.
"""

import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from db.ids import utc_now
from tasks.providers.webhook import NotGenuine

TOLERANCE = timedelta(minutes=5)  # what Standard Webhooks advises


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
    sent = {name.lower(): value for name, value in headers.items()}
    try:
        signed_at = _moment(sent["webhook-timestamp"])
        ours = Webhook(secret).sign(sent["webhook-id"], signed_at, body.decode("utf-8"))
        theirs = sent["webhook-signature"].split()
    except (KeyError, ValueError, OverflowError, OSError, EmptyWebhookSecretError):
        raise NotGenuine("This delivery is not signed as it should be.") from None
    # Signatures of other versions may stand beside ours: what is not equal counts for nothing.
    if not any(hmac.compare_digest(ours.encode(), each.encode()) for each in theirs):
        raise NotGenuine("This delivery is not signed as it should be.")
    if not _is_near(signed_at, utc_now()) and not _is_near(signed_at, provider_time()):
        raise NotGenuine("This delivery is of another time.")


def _moment(timestamp: str) -> datetime:
    """Whole seconds since 1970, written in one way only: it is signed as it stands. Raises ValueError."""
    if timestamp != str(int(timestamp)):
        raise ValueError(timestamp)
    return datetime.fromtimestamp(int(timestamp), UTC)


def _is_near(signed_at: datetime, now: datetime | None) -> bool:
    return now is not None and abs(now - signed_at) <= TOLERANCE
