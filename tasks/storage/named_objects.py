"""What the store holds beside what the record names.

The store's list is walked piece by piece, and the record is asked about each piece: memory stays flat.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from db.engine import Session
from db.repositories import assets, calls
from tasks.providers.protocols import StoredObject
from tasks.storage.binding import RecordAndStore
from tasks.storage.receipt_keys import RECEIPTS, receipt_key, sent_key, work_of_key

# Under these a row has to name every object: an asset's, or for a receipt its call's.
NAMED_PREFIXES = ("photos/", "pictures/", "thumbnails/", RECEIPTS)
PIECE = 1000  # objects that the record is asked about at once


@dataclass(frozen=True)
class Inventory:
    """How the two compare."""

    objects: int  # in the store
    unnamed: tuple[StoredObject, ...]  # those that no row names
    missing: int  # how many keys a row names that are not in the store

    @property
    def named(self) -> int:
        """How many of the objects a row names."""
        return self.objects - len(self.unnamed)


def take_inventory(pair: RecordAndStore) -> Inventory:
    """Walk through the store, and ask of each piece what the record names of it, after it was listed: what is
    named in between is not taken for nobody's.

    Raises StoreError when the listing does not come to its end: half a listing is none.
    """
    objects, pictures = 0, 0
    unnamed: list[StoredObject] = []
    for prefix in NAMED_PREFIXES:
        for piece in _pieces(pair.store.iterate(prefix)):
            named = named_among(pair, [found.key for found in piece])
            objects += len(piece)
            pictures += sum(not key.startswith(RECEIPTS) for key in named)
            unnamed += [found for found in piece if found.key not in named]
    with pair.record.reading() as session:
        missing = max(0, assets.count(session) - pictures)
    return Inventory(objects, tuple(unnamed), missing)


def named_among(pair: RecordAndStore, keys: Sequence[str]) -> set[str]:
    """Those of `keys` that a row names now; two statements for some thousand."""
    with pair.record.reading() as session:
        others = [key for key in keys if not key.startswith(RECEIPTS)]
        return assets.known_among(session, others) | _receipts(session, keys)


def is_named(pair: RecordAndStore, key: str) -> bool:
    """Whether a row names `key` now."""
    return bool(named_among(pair, [key]))


def _receipts(session: Session, keys: Sequence[str]) -> set[str]:
    works = {work_of_key(key) for key in keys if key.startswith(RECEIPTS)}
    known = calls.known_among(session, works)
    named = {key for work_key in known for key in (receipt_key(work_key), sent_key(work_key))}
    return named.intersection(keys)


def _pieces(found: Iterator[StoredObject]) -> Iterator[list[StoredObject]]:
    while piece := list(islice(found, PIECE)):
        yield piece
