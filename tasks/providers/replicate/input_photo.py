"""How pictures are handed to a provider, with the call's id in each: so a lost request is found again.

Where the store has addresses of its own (R2) it is a short-lived link to `inputs/<call id>.jpg` for the photo
and to `inputs/<call id>.2.jpg` for what goes along. The local disk can't be reached from outside, so a
picture goes by value, small, with the id in the JPEG's comment.
"""

import binascii
import io
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

from PIL import Image

from tasks.errors import StoreError
from tasks.providers.protocols import Photo, Store
from tasks.providers.vision_question import data_url
from tasks.settings import provider_settings

SPARE = timedelta(minutes=10)  # beyond the time after which a picture is called off
MOST_BYTES = 190_000  # 256 KB once in base64 with its head
_SIZES = ((1280, 88), (1152, 82), (1024, 80), (896, 75), (768, 70), (640, 65), (512, 60), (384, 50))
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_IN_LINK = re.compile(rf"inputs/({_ID})(?:\.\d+)?\.jpg")
_IN_COMMENT = re.compile(rf"storykin:({_ID})".encode())


def input_key(call_id: str, number: int = 1) -> str:
    """Where a picture of a call is kept while the provider may read it: the first is the photo."""
    return f"inputs/{call_id}.jpg" if number == 1 else f"inputs/{call_id}.{number}.jpg"


def publish_input(store: Store, photo: Photo, call_id: str, number: int = 1) -> str:
    """A URL of a picture that the provider can read: https into a bucket, or data:. Raises StoreError."""
    if store.name == "disk":
        return data_url(small_jpeg(photo, call_id))
    key = input_key(call_id, number)
    store.put(key, photo.data, "image/jpeg")
    return store.presign_get(key, _link_life())


def _link_life() -> timedelta:
    """A queue may be long before the provider reads the photo; nobody waits for it longer than this."""
    return timedelta(seconds=provider_settings().picture_seconds) + SPARE


def unpublish_inputs(store: Store, call_id: str, count: int = 1) -> None:
    """Delete the `count` pictures that `publish_input` put into the store. A store that is away for a moment
    is tidied later.
    """
    with suppress(StoreError):
        for number in range(1, count + 1):
            store.delete(input_key(call_id, number))


def small_jpeg(photo: Photo, call_id: str) -> bytes:
    """The photo as a JPEG of at most 190 kB that carries the call's id in its comment."""
    comment = f"storykin:{call_id}".encode()
    with Image.open(io.BytesIO(photo.data), formats=["JPEG", "PNG"]) as opened:
        picture = opened.convert("RGB")
    data = b""
    for longest, quality in _SIZES:
        picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality, comment=comment)
        data = file.getvalue()
        if len(data) <= MOST_BYTES:
            break
    return data


def called_for(sent: Any) -> str | None:
    """The id of the call that a request's input was made for, or None when it doesn't tell."""
    for text in _texts(sent):
        found = _in_data_url(text) if text.startswith("data:") else _in_link(text)
        if found:
            return found
    return None


def _texts(sent: Any) -> Iterator[str]:
    if isinstance(sent, str):
        yield sent
    elif isinstance(sent, dict | list):
        for each in sent.values() if isinstance(sent, dict) else sent:
            yield from _texts(each)


def _in_link(text: str) -> str | None:
    found = _IN_LINK.search(text) if text.startswith("http") else None
    return found[1] if found else None


def _in_data_url(text: str) -> str | None:
    head = text.partition(",")[2][:4096]  # the comment stands before the picture itself
    try:
        found = _IN_COMMENT.search(b64decode(head[: len(head) // 4 * 4]))
    except binascii.Error:
        return None
    return found[1].decode() if found else None
