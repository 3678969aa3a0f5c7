"""Uploading a photo: permission first, for exactly this type and length, then the bytes."""

import asyncio
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from flows.request_body import BodyTooLong, read_body
from tasks import strict_json
from tasks.errors import PhotoRefused, StoreError
from tasks.photo.formats import MAX_BYTES, photo_format
from tasks.providers.protocols import Store
from tasks.providers.store.disk import DiskStore
from tasks.providers.store.keys import incoming_key
from ui.routes.problem import problem, store_problem
from ui.routes.upload_quota import UploadQuota
from ui.routes.used_links import UsedLinks
from ui.routes.whole_number import whole_number

PHOTO_TYPES = {"image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "image/avif"}
# The content decides what a file is, once it is here; what it is called only has to be safe to keep.
_ALSO_CALLED = {
    "image/jpg": "image/jpeg",
    "image/jpe": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/apng": "image/png",
    "image/x-webp": "image/webp",
    "image/heic-sequence": "image/heic",
    "image/heif-sequence": "image/heif",
    "image/avif-sequence": "image/avif",
}
ANY_TYPE = "application/octet-stream"
SESSION_COOKIE = "storykin_uploads"
_SESSION = re.compile(r"[\w-]{22}", re.ASCII)
LINK_LIFE = timedelta(minutes=10)
SLOWEST_SECONDS = 300.0  # 25 MB over a slow mobile network
LONGEST_QUESTION = 2048  # bytes of JSON
BROKE_OFF = "The upload broke off. Please try again."
USED = "This link was used already. Please choose the photo again."


class UploadQuestion(BaseModel):
    """What a browser wants to upload."""

    model_config = ConfigDict(strict=True, extra="forbid")

    content_type: str = Field(default="", max_length=255)
    length: int = Field(ge=1)  # bytes


def uploads_router(
    store: Store,
    quota: UploadQuota | None = None,
    *,
    of_address: UploadQuota | None = None,
    may_write: Callable[[], None] = lambda: None,
) -> APIRouter:
    """`POST /api/uploads` and, for the disk store, the `PUT` that its links lead to.

    `quota` is a browser's, `of_address` that of all who come from one address: many operators behind one
    proxy share that, and whoever forgets their cookie has no more than it. `may_write` raises StoreError
    where nothing may be written into the store.
    """
    routes = APIRouter()
    quotas = Quotas(quota or UploadQuota(), of_address or UploadQuota(uploads=2000, megabytes=20_000))
    _add_permission(routes, store, quotas, may_write)
    if isinstance(store, DiskStore):
        _add_receiver(routes, store)
    return routes


def _add_permission(routes: APIRouter, store: Store, quotas: "Quotas", may_write: Callable[[], None]) -> None:
    @routes.post("/api/uploads", include_in_schema=False)
    async def permission(request: Request) -> Response:
        try:
            document = strict_json.loads(await read_body(request, LONGEST_QUESTION))
            question = UploadQuestion.model_validate(document)
        except (strict_json.NotJson, ValidationError, BodyTooLong):
            return problem(422, "bad_question", "Say which type and how many bytes the photo has.")
        session = request.cookies.get(SESSION_COOKIE, "")
        if not _SESSION.fullmatch(session):
            session = secrets.token_urlsafe(16)
        refusal = _refusal(question, quotas, session, _client(request))
        if refusal is not None:
            answer = refusal
        else:
            answer = await run_in_threadpool(_permission, store, question, may_write)
        # It ends with the browser and says nothing of anybody: it only tells one operator from another.
        answer.set_cookie(SESSION_COOKIE, session, path="/api/uploads", httponly=True, samesite="strict")
        return answer


@dataclass(frozen=True)
class Quotas:
    """What one browser may upload, and what all of one address may."""

    of_session: UploadQuota
    of_address: UploadQuota

    def take(self, session: str, address: str, length: int) -> float | None:
        """Count an upload of `length` bytes; None when it is allowed, else the seconds until it may be."""
        wait = self.of_session.take(session, length)
        return self.of_address.take(address, length) if wait is None else wait


def _refusal(question: UploadQuestion, quotas: Quotas, session: str, address: str) -> Response | None:
    if question.length > MAX_BYTES:
        sentence = "This file is larger than 25 MB. Please send the photo in a smaller size."
        return problem(413, "too_large_bytes", sentence)
    wait = quotas.take(session, address, question.length)
    if wait is not None:
        sentence = "Those were many photos in a short time. Please wait a few minutes and go on."
        return problem(429, "too_many_uploads", sentence, retry_after=wait)
    return None


def kept_type(declared: str) -> str:
    """The type that an upload is signed and kept under, whatever browser and file name made of it."""
    plain = declared.partition(";")[0].strip().lower()
    plain = _ALSO_CALLED.get(plain, plain)
    return plain if plain in PHOTO_TYPES else ANY_TYPE


def _permission(store: Store, question: UploadQuestion, may_write: Callable[[], None]) -> Response:
    try:
        may_write()
        upload = store.presign_put(
            incoming_key(), kept_type(question.content_type), question.length, LINK_LIFE
        )
    except StoreError as error:
        return store_problem(error)
    content = {
        "url": upload.url,
        "method": upload.method,
        "headers": dict(upload.headers),
        "key": upload.key,
        "expires_at": upload.expires_at.isoformat(),
    }
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


def _add_receiver(routes: APIRouter, store: DiskStore) -> None:
    links = UsedLinks()

    @routes.put("/api/uploads/{key:path}", include_in_schema=False)
    async def receive(key: str, request: Request, e: str = "", s: str = "") -> Response:
        length, kind = whole_number(request.headers.get("content-length", "")), _type(request)
        if length is None:
            return problem(411, "length_missing", "The upload did not say how long it is. Please try again.")
        try:
            expires = whole_number(e) or 0
            store.verify_put(key, kind, length, expires, s)
        except StoreError as error:
            return store_problem(error)
        if not links.begin(key, expires):
            return problem(409, "link_used", USED)
        kept = False
        try:
            answer = await _keep(store, key, kind, length, request)
            kept = answer.status_code == 201
            return answer
        finally:
            if not kept:
                links.undo(key)


async def _keep(store: DiskStore, key: str, kind: str, length: int, request: Request) -> Response:
    try:
        async with asyncio.timeout(SLOWEST_SECONDS):
            data = await read_body(request, length)
        if len(data) != length:
            return problem(400, "incomplete", BROKE_OFF)
        photo_format(data)
        if await run_in_threadpool(store.head, key) is not None:  # another process took this link
            raise StoreError(USED, code="link_used")
        kept = await run_in_threadpool(store.put, key, data, kind)
    except TimeoutError:
        return problem(408, "too_slow", "The upload took too long. Please try again.")
    except (BodyTooLong, ClientDisconnect):
        return problem(400, "incomplete", BROKE_OFF)
    except PhotoRefused as refused:
        return problem(415, refused.code, refused.sentence)
    except StoreError as error:
        return store_problem(error)
    return JSONResponse({"key": kept.key, "length": kept.size, "sha256": kept.sha256}, 201)


def _type(request: Request) -> str:
    return request.headers.get("content-type", "")


def _client(request: Request) -> str:
    return request.client.host if request.client else "unknown"
