"""A picture scaled down: made once, when it is first asked for, and kept in the store."""

from threading import BoundedSemaphore, Lock
from weakref import WeakValueDictionary

from db.errors import UserFacingError
from db.log import Log
from db.repositories import assets
from tasks.errors import StoreError
from tasks.giving.scaled import scaled_webp
from tasks.storage.binding import RecordAndStore, require_bound
from tasks.storage.scaled_copies import delete_copies, is_on_record, scaled_key
from tasks.storage.verified_bytes import digest_of_bytes, read_if_there, verified_bytes

log = Log("scaled")

_GONE = "This picture is no longer kept."
AT_ONCE = 2  # being made by this process: a page of new covers shall not take every thread


class _Turn:
    """Whoever makes one copy; a class because a Lock can't be referred to weakly."""

    def __init__(self) -> None:
        self.lock = Lock()


class ScaledPictures:
    """The scaled pictures of one record and store. Safe for threads, and beside other processes."""

    def __init__(self, pair: RecordAndStore) -> None:
        self._pair = pair
        self._room = BoundedSemaphore(AT_ONCE)
        self._turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()
        self._guard = Lock()

    def get(self, sha256: str, width: int) -> bytes:
        """The picture with this digest as WEBP, at most `width` pixels wide.

        StoreError `object_missing` where no row names such a picture; else what `verified_bytes` and
        `scaled_webp` raise. A copy that can't be kept (the disk is full) is given all the same.
        """
        if not is_on_record(self._pair, sha256):  # a copy may be left that housekeeping has not seen yet
            raise StoreError(_GONE, code="object_missing")
        key = scaled_key(sha256, width)
        kept = self._kept(key)
        if kept is not None:
            return kept
        with self._guard:
            turn = self._turns.setdefault(key, _Turn())
        with turn.lock:
            kept = self._kept(key)  # another has made it while we waited
            if kept is not None:
                return kept
            with self._room:
                return self._made(key, sha256, width)

    def _kept(self, key: str) -> bytes | None:
        """The copy in the store, if it is whole."""
        data = read_if_there(self._pair.store, key)
        if data is None:
            return None
        try:
            known = self._pair.store.head(key)
        except StoreError as error:
            if error.code != "store_damaged":
                raise
            known = None
        if known is not None and known.sha256 == digest_of_bytes(data):
            return data
        log.warning("a scaled picture was damaged, and is made anew")
        self._pair.store.delete(key)
        return None

    def _made(self, key: str, sha256: str, width: int) -> bytes:
        with self._pair.record.reading() as session:
            found = assets.by_digest(session, sha256)
        if found is None:
            raise StoreError(_GONE, code="object_missing")
        data = scaled_webp(verified_bytes(self._pair, found.storage_key), width)
        try:
            require_bound(self._pair)
            self._pair.store.put(key, data, "image/webp")
        except UserFacingError as error:
            log.warning("a scaled picture can't be kept", code=error.code)
        # An erasure takes the rows first, then the bytes: where it went by meanwhile, this copy goes too.
        if not is_on_record(self._pair, sha256):
            delete_copies(self._pair.store, sha256)
            raise StoreError(_GONE, code="object_missing")
        return data
