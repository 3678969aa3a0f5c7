"""Is this delivery Replicate's? The signature of Standard Webhooks, over the raw body.

The check itself is the `replicate` package's. Its defaults are not ours: it has no tolerance unless told.
"""

from collections.abc import Mapping

from replicate.webhook import Webhooks, WebhookSigningSecret

from tasks.errors import StorykinError

TOLERANCE_SECONDS = 300


class NotGenuine(StorykinError):
    """The delivery is not signed by the provider, or it is too old."""

    code = "not_genuine"


def check_signature(body: bytes, headers: Mapping[str, str], secret: str) -> None:
    """Raise NotGenuine unless `body` was signed with `secret` (whsec_…) within the last five minutes."""
    try:
        Webhooks.validate(
            headers=dict(headers),
            body=body.decode("utf-8"),
            secret=WebhookSigningSecret(key=secret),
            tolerance=TOLERANCE_SECONDS,
        )
    except (ValueError, OverflowError):  # the package's own errors, broken base64, a timestamp that is none
        raise NotGenuine("This delivery is not signed as it should be.") from None
