"""Quarantine: where bytes that no row names wait, under their own key, before they are deleted.

A copy is verified and noted before the original goes, so a crash at any point leaves one or both, never none.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tasks.errors import StoreError
from tasks.providers.protocols import Store, StoredObject

PREFIX = "quarantine/"
NOTES = "quarantine-notes/"


@dataclass(frozen=True)
class Quarantined:
    """An object in quarantine."""

    key: str  # what it was kept under, and is again when it is brought back
    size: int  # bytes
    since: datetime | None  # by the store's clock


def put_away(store: Store, key: str, *, why: str) -> bool:
    """Move the object at `key` into quarantine; False when it is not there (any more), or when other bytes
    are in quarantine under this key: then nothing is touched. Raises StoreError.
    """
    known = store.head(key)
    if known is None:
        return False
    data = store.get(key)
    digest = hashlib.sha256(data).hexdigest()
    try:
        store.put(PREFIX + key, data, known.content_type or "application/octet-stream")
        _note(store, key, digest, why)
    except StoreError as error:
        if error.code != "store_conflict":
            raise
        return False
    if hashlib.sha256(store.get(PREFIX + key)).hexdigest() != digest:
        return False
    store.delete(key)
    return True


def put_aside(store: Store, key: str) -> bool:
    """Move the damaged object at `key` out of the way, so that the right bytes can take its place; False when
    that could not be done. It is in quarantine under its digest, like whatever else went wrong there.
    """
    data = store.get(key)
    digest = hashlib.sha256(data).hexdigest()
    aside = f"{PREFIX}damaged/{digest[:16]}/{key}"
    try:
        store.put(aside, data, "application/octet-stream")
    except StoreError as error:
        if error.code != "store_conflict":
            raise
        return False
    store.delete(key)
    return True


def bring_back(store: Store, key: str) -> StoredObject | None:
    """Move `key` out of quarantine again; None when it is not there. Raises StoreError (`store_conflict` when
    other bytes have taken its place meanwhile).
    """
    known = store.head(PREFIX + key)
    if known is None:
        return None
    data = store.get(PREFIX + key)
    back = store.put(key, data, known.content_type)
    if hashlib.sha256(store.get(key)).hexdigest() == hashlib.sha256(data).hexdigest():
        delete_for_good(store, key)
    return back


def is_doubled(store: Store, key: str) -> bool:
    """Whether the same bytes are in quarantine and in their place; read only where what is noted of them
    says so.
    """
    here, aside = store.head(key), store.head(PREFIX + key)
    if here is None or aside is None or (here.size, here.sha256) != (aside.size, aside.sha256):
        return False
    return store.get(key) == store.get(PREFIX + key)


def delete_for_good(store: Store, key: str) -> None:
    """Delete the copy of `key` in quarantine, and its note."""
    store.delete(PREFIX + key)
    store.delete(f"{NOTES}{key}.json")


def contents(store: Store) -> Iterator[Quarantined]:
    """Everything in quarantine, in key order, with when it came there."""
    for found in list(store.iterate(PREFIX)):
        key = found.key.removeprefix(PREFIX)
        yield Quarantined(key, found.size, _since(store, key))


def _note(store: Store, key: str, digest: str, why: str) -> None:
    told = {"key": key, "sha256": digest, "why": why, "at": store.now().isoformat()}
    note = f"{NOTES}{key}.json"
    if store.head(note) is None:  # one of an earlier try says when it began
        store.put(note, json.dumps(told).encode(), "application/json")


def _since(store: Store, key: str) -> datetime | None:
    """The later of what the note says and when the copy was written: a moved store begins to count afresh."""
    written = store.modified_at(PREFIX + key)
    try:
        noted = datetime.fromisoformat(str(json.loads(store.get(f"{NOTES}{key}.json"))["at"]))
    except (StoreError, ValueError, TypeError, KeyError):
        return written
    return max(noted, written) if written and noted.tzinfo else written
