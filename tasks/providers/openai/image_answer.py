"""An answer of an image API → the picture's bytes, checked as far as that goes without decoding them."""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from tasks.errors import CallFailed, OutcomeUnknown

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)


def read_answer(text: str, unreadable: str) -> dict[str, Any]:
    """The answer as JSON. OutcomeUnknown (with the sentence `unreadable`) when it breaks off, is empty, a web
    page or another's JSON: what was drawn, and what that cost, can't be read.
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise OutcomeUnknown(unreadable) from None
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise OutcomeUnknown(unreadable)
    return body


def answered_by(body: Mapping[str, Any]) -> dict[str, str]:
    """`{"model": …}` as the answer itself names it; empty where it names none, as OpenAI's mostly does."""
    model = body.get("model")
    return {"model": model} if isinstance(model, str) and model else {}


def first_picture(body: Mapping[str, Any], charged_microusd: int) -> Mapping[str, Any]:
    """The entry of the first picture. CallFailed (`empty_output`) when there is none."""
    found = next((each for each in body["data"] if isinstance(each, dict)), None)
    if found is None or not (found.get("b64_json") or found.get("url")):
        raise CallFailed(
            "The provider said it was done but sent no picture.",
            code="empty_output",
            charged_microusd=charged_microusd,
        )
    return found


def decoded(b64_json: Any, charged_microusd: int) -> bytes:
    """The bytes of a picture in base64; some servers put the head of a data URL before it. CallFailed
    (`bad_output`).
    """
    text = str(b64_json)
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise bad_output(charged_microusd) from None


def content_type_of(data: bytes, charged_microusd: int) -> str:
    """The type that the bytes have, whatever the server calls it. CallFailed (`bad_output`) for others than
    PNG, JPEG and WebP.
    """
    for start, content_type in _STARTS:
        if data.startswith(start):
            return content_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    raise bad_output(charged_microusd)


def bad_output(charged_microusd: int) -> CallFailed:
    """What came is no picture."""
    return CallFailed(
        "The provider sent something that is not a picture.",
        code="bad_output",
        charged_microusd=charged_microusd,
    )
