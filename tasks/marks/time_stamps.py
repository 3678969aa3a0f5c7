"""Time stamps of an authority (RFC 3161) on what this installation signs: asked for, kept, asked again.

A stamp says that the signature was there at that time, so it stays good when the certificate has ended. An
authority that does not answer keeps no picture from leaving: it leaves without, what to ask is noted in the
store, and housekeeping asks until there is a stamp, which the same picture then carries whenever it leaves
again. What is sent is a digest of a signature; nothing of the picture.
"""

import hashlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import httpx
from asn1crypto import algos, tsp

from db.log import Log
from tasks.errors import StoreError
from tasks.marks.errors import MarksUnusable
from tasks.marks.settings import mark_settings
from tasks.providers.http.bounded_client import BoundedClient
from tasks.providers.protocols import Store

log = Log("marks")

STAMPS = "stamps/"
WAITING = "stamps-waiting/"
AT_ONCE = 500  # that a round of housekeeping asks for
ROUND = 60.0  # seconds that it asks for at the most
_PATIENCE = httpx.Timeout(3.0, connect=2.0)  # a person waits for the download
_PAUSE = 60.0  # seconds in which an authority that has failed is not asked again
_TYPE = "application/timestamp-query"
_LOST = ("object_missing", "store_damaged")  # noted anew when the same picture leaves again
_AWAY = ("store_unreachable", "store_denied", "store_full", "store_read_only")  # the store, not an entry


class NoStamp(Exception):
    """The authority gave none that fits."""


@dataclass
class _Failed:
    until: float = 0.0  # by the process's own clock


_failed = _Failed()


def _pause() -> None:
    _failed.until = time.monotonic() + _PAUSE


@dataclass(frozen=True)
class Stamp:
    """A time stamp as a CMS token, and whether it was asked for just now."""

    token: bytes
    is_new: bool


@dataclass(frozen=True)
class StampBook:
    """The stamps that are kept in a store, and the asking for those that are not."""

    store: Store
    asks: bool = True  # False: what is missing is noted alone, as many pictures leave while somebody waits

    def find(self, signature: bytes, content: bytes) -> Stamp | None:
        """The stamp of a signature: the one that is kept, or a new one; None if there is none.

        `content` is what is stamped. Without an authority in the settings nothing is asked or noted.
        """
        url, name = mark_settings().time_authority, _name(signature)
        if not url:
            return None
        try:
            if (kept := _kept(self.store, name)) is not None:
                return Stamp(kept, is_new=False)
            if self.asks and time.monotonic() >= _failed.until:
                try:
                    return Stamp(_keep(self.store, name, ask(url, content)), is_new=True)
                except NoStamp as error:
                    _pause()
                    log.warning("no time stamp, it is asked for later", code=str(error))
            _note(self.store, name, content)
        except StoreError as error:  # a stamp is an addition: the picture itself was read and is whole
            log.warning("no time stamp, and it can't be noted", code=error.code)
        return None

    def distrust(self, stamp: Stamp) -> None:
        """A stamp is right, and of an authority whose root is not set: it stays, for its root may be set yet.
        The authority that gives such stamps now is not asked for a while.
        """
        if stamp.is_new:
            _pause()
        log.error(
            "a time stamp's authority is not in STORYKIN_TIME_AUTHORITY_ROOTS", code="unknown_authority"
        )

    def refuse(self, signature: bytes, content: bytes) -> None:
        """A kept stamp is not of this signature: it is thrown away, and asked for anew, in a while."""
        name = _name(signature)
        _pause()
        log.error("a time stamp did not pass its check", code="bad_stamp")
        try:
            self.store.delete(STAMPS + name)
            _note(self.store, name, content)
        except StoreError as error:
            log.warning("a bad time stamp can't be thrown away", code=error.code)


def ask_for_waiting(store: Store) -> int:
    """Housekeeping: ask for the stamps that are missing, until one fails or a minute is over; how many came.

    Raises StoreError where the store is away.
    """
    url, came, until = mark_settings().time_authority, 0, time.monotonic() + ROUND
    if not url:
        return 0
    for name in list(islice(waiting(store), AT_ONCE)):
        if time.monotonic() >= until:
            break
        try:
            came += _ask_for_one(store, url, name)
        except NoStamp as error:
            log.warning("the time authority gives no stamp", code=str(error))
            break
        except StoreError as error:  # one entry holds up no other
            if error.code in _AWAY:
                raise
            log.warning("a time stamp can't be asked for", code=error.code)
    return came


def _ask_for_one(store: Store, url: str, name: str) -> bool:
    came = False
    try:
        if _kept(store, name) is None:
            _keep(store, name, ask(url, store.get(WAITING + name)))
            came = True
    except StoreError as error:
        if error.code not in _LOST:
            raise
        log.warning("what was to be stamped is lost", code=error.code)
    store.delete(WAITING + name)
    return came


def waiting(store: Store) -> Iterator[str]:
    """The names of the stamps that are still to be asked for. Raises StoreError."""
    for found in store.iterate(WAITING):
        yield found.key.removeprefix(WAITING)


def ask(url: str, content: bytes) -> bytes:
    """A new stamp of `content`; that it is signed rightly is checked where it is put to use. NoStamp."""
    digest, nonce = hashlib.sha256(content).digest(), secrets.randbits(63)
    imprint = {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": digest}
    request = tsp.TimeStampReq(
        {"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    )
    try:
        with BoundedClient(timeout=_PATIENCE, follow_redirects=False) as http:
            answer = http.post(url, content=request.dump(), headers={"Content-Type": _TYPE})
        answer.raise_for_status()
        response = tsp.TimeStampResp.load(answer.content, strict=True)
        if response["status"]["status"].native not in ("granted", "granted_with_mods"):
            raise NoStamp("refused")
        token = response["time_stamp_token"]
        told = token["content"]["encap_content_info"]["content"].parsed
        if told["message_imprint"]["hashed_message"].native != digest or told["nonce"].native != nonce:
            raise NoStamp("of something else")
        stamp: bytes = token.dump()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError, KeyError) as error:
        raise NoStamp(type(error).__name__) from None
    return stamp


def authority_roots() -> str:
    """The authority's own roots as PEM, whose stamps a reader trusts; empty where none are set."""
    path = mark_settings().time_authority_roots
    if path is None:
        return ""
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        why = (getattr(error, "strerror", None) or type(error).__name__).lower()
        raise MarksUnusable(f"STORYKIN_TIME_AUTHORITY_ROOTS can't be read: {why}.") from None


def _name(signature: bytes) -> str:
    return hashlib.sha256(signature).hexdigest()


def _note(store: Store, name: str, content: bytes) -> None:
    if store.head(WAITING + name) is None:
        store.put(WAITING + name, content, _TYPE)


def _kept(store: Store, name: str) -> bytes | None:
    return store.get(STAMPS + name) if store.head(STAMPS + name) is not None else None


def _keep(store: Store, name: str, token: bytes) -> bytes:
    """The first one stays: the same picture has the same bytes from then on."""
    try:
        store.put(STAMPS + name, token, "application/timestamp-reply")
    except StoreError as error:
        if error.code != "store_conflict":
            raise
        return store.get(STAMPS + name)
    return token
