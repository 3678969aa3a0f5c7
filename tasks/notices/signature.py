"""The signature of a webhook, by the Standard Webhooks specification (version 1, symmetric)."""

import base64
import binascii
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
FEWEST, MOST = 24, 64  # bytes of a key, as the specification says


class NotASecret(ValueError):
    """It is not the secret of a webhook; the message never holds it."""


def new_secret() -> str:
    """A fresh secret, to be given to both sides."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """The key in a secret. NotASecret for what is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not FEWEST <= len(key) <= MOST:
        raise NotASecret(f"its secret must be {PREFIX} and {FEWEST} to {MOST} bytes in base64")
    return key


def headers_of(secret: str, notice_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers: `timestamp` is this attempt's, in whole seconds since 1970; the id is the same for
    every attempt, and what a receiver tells repetitions by.
    """
    signed = f"{notice_id}.{timestamp}.".encode() + body
    digest = hmac.new(key_of(secret), signed, hashlib.sha256).digest()
    return {
        "webhook-id": notice_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
