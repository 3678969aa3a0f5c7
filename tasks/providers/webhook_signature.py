"""Is this delivery Replicate's? The signature of Standard Webhooks, over the raw body.

The check itself is the `replicate` package's. Its defaults are not ours: it has no tolerance unless told,
and it gives up at the first signature that it can't read, whatever stands after it.
"""

import re
from collections.abc import Mapping

from replicate.webhook import Webhooks, WebhookSigningSecret

from tasks.errors import StorykinError

TOLERANCE_SECONDS = 300
_V1 = re.compile(r"v1,[A-Za-z0-9+/]{43}=")  # 32 bytes in base64


class NotGenuine(StorykinError):
    """The delivery is not signed by the provider, or it is too old."""

    code = "not_genuine"


def check_signature(body: bytes, headers: Mapping[str, str], secret: str) -> None:
    """Raise NotGenuine unless `body` was signed with `secret` (whsec_…) within the last five minutes."""
    signed = {name.lower(): value for name, value in headers.items()}
    signed["webhook-signature"] = _of_our_kind(signed.get("webhook-signature", ""))
    try:
        Webhooks.validate(
            headers=signed,
            body=body.decode("utf-8"),
            secret=WebhookSigningSecret(key=secret),
            tolerance=TOLERANCE_SECONDS,
        )
    except (ValueError, OverflowError):  # the package's own errors, broken base64, a timestamp that is none
        raise NotGenuine("This delivery is not signed as it should be.") from None


def _of_our_kind(signatures: str) -> str:
    """Of a list of signatures those of version 1; newer kinds may stand beside them."""
    return " ".join(each for each in signatures.split() if _V1.fullmatch(each))
