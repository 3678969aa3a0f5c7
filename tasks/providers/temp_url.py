"""Keep a provider's finished picture in our own store before its temporary address expires."""

import binascii
from base64 import b64decode

from tasks.errors import NotReady, PhotoRefused
from tasks.photo_decode import picture_type
from tasks.providers.guarded_fetch import FetchRules, OutputRefused, OutputWithheld, fetch
from tasks.providers.protocols import Store, StoredObject

REPLICATE = FetchRules()


def copy_from_temp_url(
    source_url: str, dest_key: str, store: Store, *, rules: FetchRules = REPLICATE
) -> StoredObject:
    """Copy the picture at `source_url` (https or data:) to `dest_key`; what is there already stays.

    The type that is kept is the one the bytes have, whatever the server calls it. Raises NotReady (try
    again, OutputWithheld among it), OutputRefused (too large), StoreError.
    """
    there = store.head(dest_key)
    if there is not None:  # an earlier try got this far: the picture is ours, even if the address expired
        return there
    data = _from_data_url(source_url, rules) if source_url.startswith("data:") else fetch(source_url, rules)
    return store.put(dest_key, data, _image_type(data))


def _from_data_url(url: str, rules: FetchRules) -> bytes:
    head, _, body = url.partition(",")
    if not (head.startswith("data:image/") and head.endswith(";base64")):
        raise _no_picture("its form")
    if len(body) > (rules.max_bytes + 2) // 3 * 4:
        raise OutputRefused("The finished picture is too large.", code="output_too_large")
    try:
        return b64decode(body, validate=True)
    except binascii.Error:
        raise _no_picture("damaged") from None


def _image_type(data: bytes) -> str:
    try:
        return picture_type(data)
    except PhotoRefused as error:
        if error.code == "truncated":
            raise NotReady("The finished picture came incomplete.", code="output_unreachable") from None
        raise _no_picture(error.code) from None


def _no_picture(why: str) -> OutputWithheld:
    """A page or nothing where the picture should be: a delivery in trouble may bring it the next time."""
    return OutputWithheld(
        f"What was fetched is not a usable picture ({why}). It is asked for again.",
        code="output_not_an_image",
    )
