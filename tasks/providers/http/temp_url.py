"""Keep a provider's finished picture in our own store before its temporary address expires."""

import binascii
from base64 import b64decode

from db.told import told
from tasks.errors import DecoderBusy, NotReady, PhotoRefused
from tasks.photo.decode import FinishedPicture, finished_picture
from tasks.providers.http.guarded_fetch import FetchRules, OutputRefused, OutputWithheld, fetch
from tasks.providers.protocols import Store, StoredObject


def copy_from_temp_url(source_url: str, dest_key: str, store: Store, *, rules: FetchRules) -> StoredObject:
    """Copy the picture at `source_url` (https or data:) to `dest_key`; what is there already stays.

    The type that is kept is the one the bytes have, whatever the server calls it. A picture whose end is
    missing is set aside and asked for once more; if no more is to be had, it is kept as it is. Raises
    NotReady (try again, OutputWithheld among it), OutputRefused (too large), StoreError.
    """
    there = store.head(dest_key)
    if there is not None:  # an earlier try got this far: the picture is ours, even if the address expired
        return there
    by_value = source_url.startswith("data:")
    data = _from_data_url(source_url, rules) if by_value else fetch(source_url, rules)
    picture = _picture(data)
    if not picture.whole and not by_value and store.head(_aside(dest_key)) is None:
        store.put(_aside(dest_key), data, picture.content_type)
        raise NotReady("The finished picture came incomplete.", code="output_unreachable")
    kept = store.put(dest_key, data, picture.content_type)
    store.delete(_aside(dest_key))
    return kept


def take_from_aside(dest_key: str, store: Store) -> StoredObject | None:
    """Keep what was set aside for `dest_key`, now that no more of it is to be had. None if nothing was."""
    known = store.head(_aside(dest_key))
    if known is None:
        return None
    kept = store.put(dest_key, store.get(known.key), known.content_type)
    store.delete(known.key)
    return kept


def _aside(key: str) -> str:
    return f"{key}.part"


def _from_data_url(url: str, rules: FetchRules) -> bytes:
    head, _, body = url.partition(",")
    if not head.endswith(";base64"):
        raise _no_picture("its form")
    if len(body) > (rules.max_bytes + 2) // 3 * 4:
        raise OutputRefused("The finished picture is too large.", code="output_too_large")
    try:
        return b64decode(body, validate=True)
    except binascii.Error:
        raise _no_picture("damaged") from None


def _picture(data: bytes) -> FinishedPicture:
    try:
        return finished_picture(data)
    except DecoderBusy as busy:
        raise NotReady(busy.sentence, code=busy.code, retry_after=busy.retry_after) from None
    except PhotoRefused as error:
        if error.code == "truncated":
            raise NotReady("The finished picture came incomplete.", code="output_unreachable") from None
        raise _no_picture(error.code) from None


def _no_picture(why: str) -> OutputWithheld:
    """A page or nothing where the picture should be: a delivery in trouble may bring it the next time."""
    return OutputWithheld(
        told("What was fetched is not a usable picture (%(why)s). It is asked for again.", why=why),
        code="output_not_an_image",
    )
