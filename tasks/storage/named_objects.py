"""What the store holds beside what the record names."""

from dataclasses import dataclass

from db.engine import Session
from db.repositories import assets, calls
from tasks.providers.protocols import StoredObject
from tasks.storage.binding import RecordAndStore
from tasks.storage.receipt_keys import RECEIPTS, receipt_key, sent_key, work_of_key

# Under these a row has to name every object: an asset's, or for a receipt its call's.
NAMED_PREFIXES = ("photos/", "pictures/", "thumbnails/", RECEIPTS)


@dataclass(frozen=True)
class Inventory:
    """How the two compare."""

    objects: int  # in the store
    unnamed: tuple[StoredObject, ...]  # those that no row names
    missing: frozenset[str]  # keys that a row names and that are not in the store

    @property
    def named(self) -> int:
        """How many of the objects a row names."""
        return self.objects - len(self.unnamed)


def take_inventory(pair: RecordAndStore) -> Inventory:
    """List the store, then read what the record names: what is named in between is not taken for nobody's.

    Raises StoreError when the listing does not come to its end: half a listing is none.
    """
    there = [found for prefix in NAMED_PREFIXES for found in list(pair.store.iterate(prefix))]
    with pair.record.reading() as session:
        named, receipts = assets.known_keys(session), _receipts(session)
    unnamed = tuple(found for found in there if found.key not in named and found.key not in receipts)
    return Inventory(len(there), unnamed, frozenset(named.difference(found.key for found in there)))


def is_named(pair: RecordAndStore, key: str) -> bool:
    """Whether a row names `key` now."""
    with pair.record.reading() as session:
        if key.startswith(RECEIPTS):
            return calls.by_work_key(session, work_of_key(key)) is not None
        return assets.by_key(session, key) is not None


def _receipts(session: Session) -> set[str]:
    return {
        key for work_key in calls.work_keys(session) for key in (receipt_key(work_key), sent_key(work_key))
    }
