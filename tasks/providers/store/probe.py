"""Does the store's every promise hold? Tried with small objects of its own, which it deletes again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx

from db.ids import new_id
from tasks.errors import StoreError
from tasks.providers.protocols import SignedUpload, Store
from tasks.providers.store.disk import DiskStore

_BYTES, _OTHER_BYTES = b"storykin", b"nikyrots"  # of one length: only a condition tells them apart
_TYPE, _WRONG_TYPE = "text/plain", "text/html"
_LIFE = timedelta(minutes=2)


@dataclass(frozen=True)
class LinkReport:
    """What signed links do. `broken` are sentences on what must not be; `unkept` on what had better be."""

    broken: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()


@dataclass
class _Found:
    broken: list[str] = field(default_factory=list)
    unkept: list[str] = field(default_factory=list)

    def must(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.broken.append(otherwise)


def probe_bytes(store: Store) -> None:
    """Write, read and delete. StoreError when the store does not do it."""
    key = _new_key()
    try:
        store.put(key, _BYTES, _TYPE)
        if store.get(key) != _BYTES:
            raise StoreError("The store gave back other bytes than it was given.", code="store_wrong")
    finally:
        store.delete(key)


def probe_links(store: Store, http: httpx.Client) -> LinkReport:
    """Signed links: over HTTP where the store serves them itself, by their signatures on the local disk.

    Raises StoreError, or httpx.HTTPError when the store can't be reached.
    """
    return _verify_links(store) if isinstance(store, DiskStore) else _use_links(store, http)


def cors_allows(store: Store, http: httpx.Client, origin: str) -> bool:
    """Whether a page of `origin` may PUT into the store by a signed link. Raises httpx.HTTPError."""
    upload = store.presign_put(_new_key(), _TYPE, len(_BYTES), _LIFE)
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": ",".join(sorted(name.lower() for name in upload.headers)),
    }
    answer = http.options(upload.url, headers=asked)
    allowed = {
        each.strip().lower() for each in answer.headers.get("access-control-allow-headers", "").split(",")
    }
    return (
        answer.is_success
        and answer.headers.get("access-control-allow-origin") in (origin, "*")
        and ("*" in allowed or {name.lower() for name in upload.headers} <= allowed)
    )


def _new_key() -> str:
    return f"probes/{new_id()}.txt"


def _use_links(store: Store, http: httpx.Client) -> LinkReport:
    key, found = _new_key(), _Found()
    upload = store.presign_put(key, _TYPE, len(_BYTES), _LIFE)
    try:
        found.must(
            not _put(http, upload, _BYTES, {"Content-Type": _WRONG_TYPE}).is_success,
            "A link signed for one content type takes another.",
        )
        found.must(
            not _put(http, upload, _BYTES + b"!").is_success, "A link signed for one length takes another."
        )
        store.delete(key)  # in case it did take them: the next write is to be the first
        written = _put(http, upload, _BYTES)
        found.must(written.is_success, f"A signed upload is refused (HTTP {written.status_code}).")
        read = http.get(store.presign_get(key, _LIFE))
        found.must(
            read.content == _BYTES, f"A signed link does not give the bytes (HTTP {read.status_code})."
        )
        if written.is_success and _put(http, upload, _OTHER_BYTES).is_success:
            found.unkept.append(
                "It does not honour If-None-Match, as R2 does: a link that was used can be used again, and "
                "our own check before each write stands alone."
            )
        if written.is_success and _copies_unasked(store, http):
            found.unkept.append(
                "It heeds headers that a link did not sign: who holds an upload link can have it copy any "
                "object whose name they know. Keep nothing else in this bucket."
            )
    finally:
        store.delete(key)
    return LinkReport(tuple(found.broken), tuple(found.unkept))


def _copies_unasked(store: Store, http: httpx.Client) -> bool:
    """Whether a link to write one object can be made to read another: AWS refuses, others may not."""
    source, target = _new_key(), _new_key()
    try:
        store.put(source, _OTHER_BYTES, _TYPE)
        upload = store.presign_put(target, _TYPE, len(_BYTES), _LIFE)
        named = urlsplit(store.presign_get(source, _LIFE)).path  # with its bucket, as S3 wants it
        _put(http, upload, _BYTES, {"x-amz-copy-source": named})
        return store.head(target) is not None and store.get(target) == _OTHER_BYTES
    finally:
        store.delete(source)
        store.delete(target)


def _put(
    http: httpx.Client, upload: SignedUpload, data: bytes, other: dict[str, str] | None = None
) -> httpx.Response:
    return http.put(upload.url, content=data, headers=dict(upload.headers) | (other or {}))


def _verify_links(store: DiskStore) -> LinkReport:
    key, found = _new_key(), _Found()
    read, length = _signature(store.presign_get(key, _LIFE)), len(_BYTES)
    write = _signature(store.presign_put(key, _TYPE, length, _LIFE).url)
    found.must(_passes(lambda: store.verify_get(key, *read)), "A signed link is not believed.")
    found.must(
        _passes(lambda: store.verify_put(key, _TYPE, length, *write)), "A signed upload is not believed."
    )
    found.must(
        not _passes(lambda: store.verify_put(key, _WRONG_TYPE, length, *write)),
        "A link signed for one content type takes another.",
    )
    found.must(
        not _passes(lambda: store.verify_put(key, _TYPE, length + 1, *write)),
        "A link signed for one length takes another.",
    )
    return LinkReport(tuple(found.broken))


def _signature(link: str) -> tuple[int, str]:
    terms = parse_qs(urlsplit(link).query)
    return int(terms["e"][0]), terms["s"][0]


def _passes(check: Callable[[], None]) -> bool:
    try:
        check()
    except StoreError:
        return False
    return True
