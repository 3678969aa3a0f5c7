"""Which provider call of ours a request was made for, and a digest of what it asks."""

import binascii
import hashlib
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from db.digests import digest_of

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_COMMENT_PREFIX_CHARS = 4096  # base64 characters; a JPEG's comment stands before its picture


def find_call_id(*texts: str | None) -> str | None:
    """The last UUID in the first of `texts` that holds one (a webhook's path, a link, a metadata value)."""
    for text in texts:
        found = _UUID.findall(text or "")
        if found:
            return str(found[-1])
    return None


def reference_texts(urls: Iterable[str]) -> list[str]:
    """The texts in which photo URLs may name a call: a link's path, or the comment of a data URL's image."""
    return [_image_comment(url) if url.startswith("data:") else urlsplit(url).path for url in urls]


def _image_comment(data_url: str) -> str:
    head = data_url.partition(",")[2][:_COMMENT_PREFIX_CHARS]
    try:
        return b64decode(head[: len(head) // 4 * 4]).decode("latin-1")
    except binascii.Error:
        return ""


def content_digest(content: Mapping[str, Any]) -> str:
    """A digest of a request's content; links count without query, data URLs by their bytes."""
    return digest_of(_canonical(content))


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canonical(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_canonical(inner) for inner in value]
    if isinstance(value, str) and value.startswith("data:"):
        return hashlib.sha256(value.partition(",")[2].encode()).hexdigest()
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return urlunsplit(urlsplit(value)._replace(query="", fragment=""))
    return value
