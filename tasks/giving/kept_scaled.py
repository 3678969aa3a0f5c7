"""A picture scaled down: made once, and kept in the store. What lists show is made as soon as the picture is
on record; the rest, and whatever is missing, when it is first asked for.
"""

from collections.abc import Sequence
from threading import BoundedSemaphore, Lock
from weakref import WeakValueDictionary

from db.errors import UserFacingError
from db.log import Log
from db.repositories import assets
from tasks.errors import StoreError
from tasks.giving.scaled import scaled_webps
from tasks.storage.binding import RecordAndStore, require_bound
from tasks.storage.scaled_copies import delete_copies, is_on_record, scaled_key
from tasks.storage.verified_bytes import digest_of_bytes, read_if_there, verified_bytes

log = Log("scaled")

_GONE = "This picture is no longer kept."
AHEAD = (480, 240)  # pixels wide: a cover of the list, a tile of the character's page
AT_ONCE = 2  # being made by this process: a page of new covers shall not take every thread


def make_ahead(pair: RecordAndStore, asset_id: str) -> None:
    """Make the copies of a picture that lists show, so that nobody waits for them there.

    Raises nothing: what is not made now is made when it is first looked at.
    """
    try:
        with pair.record.reading() as session:
            asset = assets.get(session, asset_id)
        keys = {width: scaled_key(asset.sha256, width) for width in AHEAD}
        missing = [width for width, key in keys.items() if pair.store.head(key) is None]
        if missing:
            _made(pair, asset.sha256, missing)
    except Exception as error:  # a broken picture is kept, too, and its run goes on
        log.warning("no scaled pictures were made ahead", code=type(error).__name__, asset_id=asset_id)


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
                (data,) = _made(self._pair, sha256, [width])
                return data

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


def _made(pair: RecordAndStore, sha256: str, widths: Sequence[int]) -> list[bytes]:
    """The copies, kept where they can be. Raises what `ScaledPictures.get` does."""
    with pair.record.reading() as session:
        found = assets.by_digest(session, sha256)
    if found is None:
        raise StoreError(_GONE, code="object_missing")
    made = scaled_webps(verified_bytes(pair, found.storage_key), widths)
    try:
        require_bound(pair)
        for width, data in zip(widths, made, strict=True):
            pair.store.put(scaled_key(sha256, width), data, "image/webp")
    except UserFacingError as error:
        log.warning("a scaled picture can't be kept", code=error.code)
    # An erasure takes the rows first, then the bytes: where it went by meanwhile, these copies go too.
    if not is_on_record(pair, sha256):
        delete_copies(pair.store, sha256)
        raise StoreError(_GONE, code="object_missing")
    return made
