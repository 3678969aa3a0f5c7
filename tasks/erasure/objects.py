"""The person's bytes in the store: under the keys that rows named, and those that follow from the work."""

from collections.abc import Iterator

from db.repositories import erasing
from db.repositories.erasing import PersonRows
from tasks.errors import StoreError
from tasks.providers.protocols import Store
from tasks.runtime import Runtime
from tasks.storage import quarantine
from tasks.storage.binding import require_bound
from tasks.storage.persist_output import EXTENSIONS, picture_key
from tasks.storage.receipt_keys import receipt_key, sent_key
from tasks.storage.scaled_copies import delete_copies

LENT = "inputs/"


def delete_objects(runtime: Runtime, rows: PersonRows) -> int:
    """Delete everything of the person; returns how many objects there were. Doing it again is harmless.

    What a row names (again), because another character shows the very same, stays. Raises StoreError.
    """
    require_bound(runtime, afresh=True)
    keys = set(_keys(rows))
    with runtime.record.reading() as session:
        keys -= erasing.still_named(session, keys)
    digests = {each.sha256 for each in rows.objects}
    deleted = 0
    for key in sorted(keys | set(_copies(runtime.store, keys, rows, digests))):
        deleted += _deleted(runtime.store, key)
    # Last, when nobody finds anything to make another of. One that a twin shows as well is made anew.
    return deleted + sum(delete_copies(runtime.store, digest) for digest in sorted(digests))


def _keys(rows: PersonRows) -> Iterator[str]:
    yield from (each.key for each in rows.objects)
    yield from rows.upload_keys
    for work_key in rows.work_keys:
        yield from (picture_key(work_key, extension) for extension in EXTENSIONS.values())
        yield from (receipt_key(work_key), sent_key(work_key))


def _copies(store: Store, keys: set[str], rows: PersonRows, digests: set[str]) -> Iterator[str]:
    """What lies elsewhere: in quarantine, lent to a provider, derived from a picture, left of an upload."""
    for key in keys:
        yield quarantine.PREFIX + key
        yield f"{quarantine.NOTES}{key}.json"
    marks = {*rows.call_ids, *digests, *(each.asset_id for each in rows.objects)}
    ends = tuple(f"/{key}" for key in keys)
    for prefix in (f"{quarantine.PREFIX}damaged/", LENT, "thumbnails/", "incoming/"):
        for found in list(store.iterate(prefix)):
            named = found.key.endswith(ends) or any(mark in found.key for mark in marks)
            if named or found.sha256 in digests:
                yield found.key


def _deleted(store: Store, key: str) -> bool:
    try:
        there = store.head(key) is not None
    except StoreError as error:
        if error.code != "store_damaged":
            raise
        there = True  # only the note beside the bytes can't be read
    if there:
        store.delete(key)
    return there
