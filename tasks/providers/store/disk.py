"""The store on this machine's disk, with signed links that the studio serves.

An object is a folder, `<key>@`, with the bytes under their own name and `@about.json` beside them: both
appear by one rename, so no reader ever sees half an object and no writer ever replaces one. `@` is not
in the grammar of keys, so nothing can collide.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from tasks.errors import StoreError
from tasks.providers.protocols import SignedUpload, StoredObject
from tasks.providers.store.disk_files import (
    disk_errors_as_sentences,
    prune_empty,
    publish_folder,
    sync_folder,
    write_durably,
)
from tasks.providers.store.keys import check_key, check_prefix
from tasks.providers.store.links import LinkSigner, rounded_expiry, whole_seconds

_ABOUT = "@about.json"
_DRAFTS = "@drafts"
_TRIES = 100  # a neighbour may delete and write the same object while we do


class DiskStore:
    """Objects as files under `root`; links point to the studio at `base_url`.

    Implements `tasks.providers.protocols.Store`. Safe for any number of threads and processes.
    """

    name = "disk"

    def __init__(
        self, root: Path, base_url: str, secret: bytes, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.root = root
        self._base_url = base_url.rstrip("/")
        self._links = LinkSigner(secret, clock)
        self._clock = clock

    def put(self, key: str, data: bytes, content_type: str) -> StoredObject:
        """Keep `data`; the same bytes again are harmless, other bytes are StoreError `store_conflict`."""
        place = self._place(key)
        wanted = StoredObject(key, len(data), hashlib.sha256(data).hexdigest(), content_type)
        with disk_errors_as_sentences():
            there = self._read_about(place) or self._publish(place, wanted, data)
        if there.sha256 != wanted.sha256:
            raise StoreError("Another picture is already kept under this name.", code="store_conflict")
        return there

    def get(self, key: str) -> bytes:
        """The bytes under `key`; raises StoreError `object_missing`."""
        place = self._place(key)
        with disk_errors_as_sentences():
            try:
                return self._bytes_file(place).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                raise StoreError("This picture is no longer kept.", code="object_missing") from None

    def head(self, key: str) -> StoredObject | None:
        """What is known of `key`, or None."""
        place = self._place(key)
        with disk_errors_as_sentences():
            return self._read_about(place)

    def path_of(self, key: str) -> Path:
        """Where the bytes of `key` are, or would be, on this disk."""
        return self._bytes_file(self._place(key))

    def delete(self, key: str) -> None:
        """Forget `key`, bytes and all; harmless when it isn't there."""
        place = self._place(key)
        with disk_errors_as_sentences():
            if not place.exists():
                return
            gone = self._new_draft()
            try:
                place.rename(gone)
            except FileNotFoundError:
                return
            sync_folder(place.parent)
            shutil.rmtree(gone)
            prune_empty(place.parent, self.root)

    def iterate(self, prefix: str) -> Iterator[StoredObject]:
        """Every object whose key begins with `prefix`, in key order."""
        check_prefix(prefix)
        start = self.root / prefix.rpartition("/")[0]
        with disk_errors_as_sentences():
            keys = sorted(key for key in self._keys_below(start) if key.startswith(prefix))
        for key in keys:
            known = self.head(key)
            if known is not None:  # deleted while we were on our way
                yield known

    def modified_at(self, key: str) -> datetime | None:
        """When `key` was written, or None."""
        place = self._place(key)
        with disk_errors_as_sentences():
            try:
                return datetime.fromtimestamp(self._bytes_file(place).stat().st_mtime, UTC)
            except (FileNotFoundError, NotADirectoryError):
                return None

    def now(self) -> datetime:
        """What the file system says of a file written now: on a shared disk it is not this machine's time."""
        probe = self._new_draft()
        with disk_errors_as_sentences():
            write_durably(probe, b"")
            try:
                return datetime.fromtimestamp(probe.stat().st_mtime, UTC)
            finally:
                probe.unlink(missing_ok=True)

    def presign_get(self, key: str, expires: timedelta) -> str:
        """A link to the bytes, the same text for a while so that browsers can keep the picture."""
        check_key(key)
        until = rounded_expiry(self._clock(), expires)
        return f"{self._base_url}/media/{key}?e={until}&s={self._links.sign('GET', key, until)}"

    def presign_put(self, key: str, content_type: str, length: int, expires: timedelta) -> SignedUpload:
        """A link that takes exactly `length` bytes of `content_type` for `key`."""
        check_key(key)
        until = int(self._clock()) + whole_seconds(expires)
        signature = self._links.sign("PUT", key, until, content_type, str(length))
        return SignedUpload(
            url=f"{self._base_url}/api/uploads/{key}?e={until}&s={signature}",
            method="PUT",
            headers={"Content-Type": content_type},
            key=key,
            expires_at=datetime.fromtimestamp(until, UTC),
        )

    def verify_get(self, key: str, expires: int, signature: str) -> None:
        """Raise StoreError `bad_key`, `link_invalid` or `link_expired` unless this link may read `key`."""
        self._links.check(signature, "GET", check_key(key), expires)

    def verify_put(self, key: str, content_type: str, length: int, expires: int, signature: str) -> None:
        """Raise StoreError, as `verify_get` does, unless this link may write exactly this to `key`."""
        self._links.check(signature, "PUT", check_key(key), expires, content_type, str(length))

    def tidy(self, older_than: timedelta = timedelta(hours=1)) -> int:
        """Remove what interrupted writes and deletes left behind; returns how many leftovers went."""
        removed, now = 0, self.now().timestamp()
        with disk_errors_as_sentences():
            for draft in list((self.root / _DRAFTS).glob("*")):
                if now - draft.stat().st_mtime > older_than.total_seconds():
                    shutil.rmtree(draft, ignore_errors=True)
                    draft.unlink(missing_ok=True) if draft.is_file() else None
                    removed += 1
        return removed

    def _place(self, key: str) -> Path:
        return self.root / f"{check_key(key)}@"

    def _bytes_file(self, place: Path) -> Path:
        return place / place.name.removesuffix("@")

    def _read_about(self, place: Path) -> StoredObject | None:
        try:
            about = json.loads((place / _ABOUT).read_bytes())
            return StoredObject(**about)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, TypeError):
            raise StoreError("The note beside this picture is damaged.", code="store_damaged") from None

    def _publish(self, place: Path, wanted: StoredObject, data: bytes) -> StoredObject:
        draft = self._new_draft()
        try:
            draft.mkdir(mode=0o700)
            write_durably(draft / self._bytes_file(place).name, data)
            write_durably(draft / _ABOUT, json.dumps(asdict(wanted)).encode())
            sync_folder(draft)
            for _ in range(_TRIES):
                if publish_folder(draft, place, self.root):
                    return wanted
                winner = self._read_about(place)
                if winner is not None:  # None: deleted again before we could look
                    return winner
            raise StoreError("The note beside this picture is missing.", code="store_damaged")
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _new_draft(self) -> Path:
        drafts = self.root / _DRAFTS
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        drafts.mkdir(mode=0o700, exist_ok=True)
        return drafts / str(uuid4())

    def _keys_below(self, folder: Path) -> Iterator[str]:
        for path, folders, _ in os.walk(folder):
            for name in folders:
                if name.endswith("@"):
                    yield (Path(path) / name).relative_to(self.root).as_posix().removesuffix("@")
            folders[:] = [name for name in folders if "@" not in name]
