"""The store's objects into a backup: each once, by its digest, a few at a time."""

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock

from db.engine import record
from db.log import Log
from db.repositories import assets
from tasks.backup.manifest import KeptObject
from tasks.backup.progress import Progress
from tasks.backup.source import Source
from tasks.backup.vault import Vault
from tasks.errors import StoreError
from tasks.storage.persist_output import EXTENSIONS, picture_key
from tasks.storage.receipt_keys import receipt_key

log = Log("backup")
AT_ONCE = 4
_WINDOW = 64


@dataclass
class Copied:
    """What was copied, and what could not be."""

    looked_at: int = 0
    objects: int = 0
    bytes: int = 0
    missing: list[KeptObject] = field(default_factory=list)  # the record still names them
    gone: list[KeptObject] = field(default_factory=list)  # deleted since the snapshot, with their rows
    _lock: Lock = field(default_factory=Lock, repr=False)

    def add(self, taken: int) -> None:
        """One more was looked at, and `taken` bytes of it written."""
        with self._lock:
            self.looked_at += 1
            self.objects += taken > 0
            self.bytes += taken

    def miss(self, wanted: KeptObject, *, still_named: bool) -> None:
        """One that the store does not have, or not whole."""
        with self._lock:
            self.looked_at += 1
            (self.missing if still_named else self.gone).append(wanted)


def copy_objects(
    source: Source, vault: Vault, wanted: Iterable[KeptObject], progress: Progress, of: int
) -> Copied:
    """Copy what the backup does not have yet. StoreError, BackupError when that can't go on."""
    copied = Copied()
    every = iter(wanted)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="backup") as threads:
        while window := list(islice(every, _WINDOW)):
            for _ in threads.map(lambda each: _copy(source, vault, each, copied), window):
                pass
            progress("pictures", copied.looked_at, of)
    for found in (copied.missing, copied.gone):
        found.sort(key=lambda each: each.key)
    return copied


def unnamed_objects(source: Source, work_keys: Iterable[str]) -> Iterator[KeptObject]:
    """What calls under way have stored already: pictures, and receipts of what was paid."""
    for work_key in work_keys:
        pictures = (picture_key(work_key, extension) for extension in EXTENSIONS.values())
        for key in (*pictures, receipt_key(work_key)):
            found = source.store.head(key)
            if found is not None:
                yield KeptObject(
                    key=found.key, sha256=found.sha256, size=found.size, content_type=found.content_type
                )


def _copy(source: Source, vault: Vault, wanted: KeptObject, copied: Copied) -> None:
    if vault.has("objects", wanted.sha256):
        copied.add(0)
        return
    data = _read(source, wanted)
    if data is None:
        named = _still_named(source, wanted)
        if named:
            log.error("object missing or altered", path=wanted.key)
        copied.miss(wanted, still_named=named)
        return
    copied.add(vault.put("objects", wanted.sha256, data))


def _read(source: Source, wanted: KeptObject) -> bytes | None:
    try:
        data = source.store.get(wanted.key)
    except StoreError as error:
        if error.code != "object_missing":
            raise
        return None
    return data if hashlib.sha256(data).hexdigest() == wanted.sha256 else None


def _still_named(source: Source, wanted: KeptObject) -> bool:
    with record(source.url).reading() as session:
        found = assets.by_key(session, wanted.key)
        return found is not None and found.sha256 == wanted.sha256
