"""Which of our calls a request belongs to, and what it means, told from what stands in it."""

import binascii
import hashlib
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from db.digests import digest_of

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_COMMENT_WITHIN = 4096  # base64 characters; a JPEG's comment stands before its picture


def call_in(*texts: str | None) -> str | None:
    """The last id of ours in the first of `texts` that has one: a webhook's path, a link, a note."""
    for text in texts:
        found = _UUID.findall(text or "")
        if found:
            return str(found[-1])
    return None


def marks_of(urls: Iterable[str]) -> list[str]:
    """Where a photo's address may name a call: the path of a link, the comment of a picture in a data URL."""
    return [_beginning(url) if url.startswith("data:") else urlsplit(url).path for url in urls]


def _beginning(data_url: str) -> str:
    head = data_url.partition(",")[2][:_COMMENT_WITHIN]
    try:
        return b64decode(head[: len(head) // 4 * 4]).decode("latin-1")
    except binascii.Error:
        return ""


def meaning_digest(content: Mapping[str, Any]) -> str:
    """A digest of what is asked: the same when only a link's signature differs."""
    return digest_of(_meaning(content))


def _meaning(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _meaning(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_meaning(inner) for inner in value]
    if isinstance(value, str) and value.startswith("data:"):
        return hashlib.sha256(value.partition(",")[2].encode()).hexdigest()
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return urlunsplit(urlsplit(value)._replace(query="", fragment=""))
    return value
