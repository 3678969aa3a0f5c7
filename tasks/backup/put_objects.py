"""Objects into a store, a few at a time, each compared: what is there already is not written twice."""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from tasks.backup.errors import BackupError
from tasks.backup.manifest import KeptObject
from tasks.backup.progress import Progress
from tasks.errors import StoreError
from tasks.providers.protocols import Store

AT_ONCE = 4
_WINDOW = 64
NOT_THE_SAME = "A picture is not the one that the record names: its bytes have changed. Nothing was switched."


def put_objects(
    store: Store,
    wanted: Iterable[KeptObject],
    read: Callable[[KeptObject], bytes],
    progress: Progress,
    of: int,
    lost: set[str] | None = None,
) -> int:
    """Put every object that is not there yet; how many are there now. What is written is read back.

    With `lost`, the keys of those whose bytes are not what was asked for go there, and the others go
    on; without, that is a BackupError.

    Raises:
        BackupError: Other bytes are there under a name that is needed.
    """
    done, every = 0, iter(wanted)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="objects") as threads:
        while window := list(islice(every, _WINDOW)):
            done += sum(threads.map(lambda each: _put(store, each, read, lost), window))
            progress("pictures", done, of)
    return done


def _put(
    store: Store, wanted: KeptObject, read: Callable[[KeptObject], bytes], lost: set[str] | None
) -> bool:
    there = store.head(wanted.key)
    if there is not None and there.sha256 == wanted.sha256 and there.size == wanted.size:
        return True
    data = read(wanted)
    if not _is(data, wanted):
        if lost is None:
            raise BackupError(NOT_THE_SAME, code="not_the_same")
        lost.add(wanted.key)
        return False
    try:
        store.put(wanted.key, data, wanted.content_type)
    except StoreError as error:
        if error.code != "store_conflict":
            raise
        raise BackupError(
            "The picture store holds another picture under a name that is needed. Use an empty one.",
            code="store_conflict",
        ) from None
    if not _is(store.get(wanted.key), wanted):
        raise BackupError(NOT_THE_SAME, code="not_the_same")
    return True


def _is(data: bytes, wanted: KeptObject) -> bool:
    return len(data) == wanted.size and hashlib.sha256(data).hexdigest() == wanted.sha256
