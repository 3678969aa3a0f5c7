"""What the store holds beside what the record names."""

from dataclasses import dataclass

from db.repositories import assets
from tasks.binding import RecordAndStore
from tasks.providers.protocols import StoredObject

NAMED_PREFIXES = ("photos/", "pictures/", "thumbnails/")  # under these, a row has to name every object


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
        named = assets.known_keys(session)
    unnamed = tuple(found for found in there if found.key not in named)
    return Inventory(len(there), unnamed, frozenset(named.difference(found.key for found in there)))


def is_named(pair: RecordAndStore, key: str) -> bool:
    """Whether a row names `key` now."""
    with pair.record.reading() as session:
        return assets.by_key(session, key) is not None
