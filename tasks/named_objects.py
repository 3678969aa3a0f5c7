"""What the store holds beside what the record names."""

from dataclasses import dataclass

from db.repositories import assets
from tasks.binding import RecordAndStore

NAMED_PREFIXES = ("photos/", "pictures/", "thumbnails/")  # under these, a row has to name every object


@dataclass(frozen=True)
class Inventory:
    """How the two compare."""

    objects: int  # in the store
    unnamed: tuple[str, ...]  # keys of those that no row names
    missing: int  # named by a row, and not in the store

    @property
    def named(self) -> int:
        """How many of the objects a row names."""
        return self.objects - len(self.unnamed)


def take_inventory(pair: RecordAndStore) -> Inventory:
    """List the store, then read what the record names: what is named in between is not taken for nobody's.

    Raises StoreError when the listing does not come to its end: half a listing is none.
    """
    there = [found.key for prefix in NAMED_PREFIXES for found in list(pair.store.iterate(prefix))]
    with pair.record.reading() as session:
        named = assets.known_keys(session)
    unnamed = tuple(key for key in there if key not in named)
    return Inventory(len(there), unnamed, len(named.difference(there)))
