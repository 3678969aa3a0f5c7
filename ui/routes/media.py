"""Pictures of the disk store, for whoever holds a signed link that has not expired."""

import hashlib
import time
from collections.abc import Callable
from pathlib import PurePosixPath

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from db.errors import RecordError
from tasks.errors import StoreError
from tasks.providers.protocols import StoredObject
from tasks.providers.store.disk import DiskStore
from ui.routes.problem import store_problem
from ui.routes.whole_number import whole_number

SHOWN = {"image/avif", "image/jpeg", "image/png", "image/webp"}  # everything else is offered as a download


def media_router(
    store: DiskStore,
    clock: Callable[[], float] = time.time,
    *,
    verified: Callable[[str], bytes] | None = None,
) -> APIRouter:
    """`GET /media/{key}?e=…&s=…`, as `store.presign_get` makes the links.

    `verified` gives the bytes as they are on record, or raises StoreError; without it the store's own word
    is taken for what they should be.
    """
    routes = APIRouter()

    @routes.api_route("/media/{key:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def picture(key: str, request: Request, e: str = "", s: str = "") -> Response:
        try:
            expires = whole_number(e) or 0
            store.verify_get(key, expires, s)
            known = store.head(key)
            if known is None:
                raise StoreError("This picture is no longer kept.", code="object_missing")
            headers = _headers(known, left=int(expires - clock()))
            if request.headers.get("if-none-match") == headers["ETag"]:
                return Response(status_code=304, headers=headers)
            return Response(_bytes(store, known, verified), media_type=_type(known), headers=headers)
        except StoreError as error:
            return store_problem(error)

    return routes


def _bytes(store: DiskStore, known: StoredObject, verified: Callable[[str], bytes] | None) -> bytes:
    if verified is not None:
        try:
            return verified(known.key)
        except RecordError:
            pass  # the store's own word has to do while the record is away
    data = store.get(known.key)
    if hashlib.sha256(data).hexdigest() != known.sha256:
        raise StoreError("This picture is damaged in the store, so it is not shown.", code="store_damaged")
    return data


def _type(known: StoredObject) -> str:
    return known.content_type if known.content_type in SHOWN else "application/octet-stream"


def _headers(known: StoredObject, left: int) -> dict[str, str]:
    disposition = "inline" if known.content_type in SHOWN else "attachment"
    return {
        "ETag": f'"{known.sha256}"',
        "Cache-Control": f"private, max-age={left}, immutable",
        "Content-Disposition": f'{disposition}; filename="{PurePosixPath(known.key).name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
