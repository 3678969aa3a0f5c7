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


def put_objects(
    store: Store,
    wanted: Iterable[KeptObject],
    read: Callable[[KeptObject], bytes],
    progress: Progress,
    of: int,
) -> int:
    """Put every object that is not there yet; how many are there now. What is written is read back.

    Raises:
        BackupError: What came is not what was asked for, or other bytes are there under its name.
    """
    done, every = 0, iter(wanted)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="objects") as threads:
        while window := list(islice(every, _WINDOW)):
            for _ in threads.map(lambda each: _put(store, each, read), window):
                done += 1
            progress("pictures", done, of)
    return done


def _put(store: Store, wanted: KeptObject, read: Callable[[KeptObject], bytes]) -> None:
    there = store.head(wanted.key)
    if there is not None and there.sha256 == wanted.sha256 and there.size == wanted.size:
        return
    data = read(wanted)
    _compare(data, wanted)
    try:
        store.put(wanted.key, data, wanted.content_type)
    except StoreError as error:
        if error.code != "store_conflict":
            raise
        raise BackupError(
            "The picture store holds another picture under a name that is needed. Use an empty one.",
            code="store_conflict",
        ) from None
    _compare(store.get(wanted.key), wanted)


def _compare(data: bytes, wanted: KeptObject) -> None:
    if len(data) != wanted.size or hashlib.sha256(data).hexdigest() != wanted.sha256:
        raise BackupError(
            "A picture is not the one that the record names: its bytes have changed. Nothing was switched.",
            code="not_the_same",
        )
