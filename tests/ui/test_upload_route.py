"""Uploading a photo: asking for permission, and using it once."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from tasks.providers.store.disk import DiskStore
from tasks.providers.store.r2 import R2Store
from tests.support.web_server import free_socket, serving, url_of
from ui.routes import uploads
from ui.routes.upload_quota import UploadQuota
from ui.routes.uploads import uploads_router

PHOTO = b"\xff\xd8\xff\xe0 as good as a photo"
ORIGIN = "http://studio.test"


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "store", ORIGIN, b"a secret of thirty-two bytes.....")


def browser_at(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)


def app_with(store: DiskStore | R2Store, quota: UploadQuota | None = None) -> FastAPI:
    app = FastAPI()
    app.include_router(uploads_router(store, quota))
    return app


@pytest.fixture
async def browser(store: DiskStore) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_at(app_with(store)) as client:
        yield client


async def ask(
    browser: httpx.AsyncClient, content_type: object = "image/jpeg", length: object = len(PHOTO)
) -> httpx.Response:
    return await browser.post("/api/uploads", json={"content_type": content_type, "length": length})


async def permitted(browser: httpx.AsyncClient) -> dict[str, Any]:
    answer = await ask(browser)
    assert answer.status_code == 200, answer.text
    permission: dict[str, Any] = answer.json()
    return permission


async def send(browser: httpx.AsyncClient, permission: dict[str, Any], data: bytes = PHOTO) -> httpx.Response:
    return await browser.request(
        permission["method"], permission["url"], content=data, headers=permission["headers"]
    )


def problem_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"code", "sentence"}
    assert answer.json()["sentence"].endswith(".")
    return answer.status_code, answer.json()["code"]


async def test_a_permitted_photo_arrives(browser: httpx.AsyncClient, store: DiskStore) -> None:
    permission = await permitted(browser)
    answer = await send(browser, permission)

    assert answer.status_code == 201
    assert permission["key"].startswith("incoming/")
    assert store.get(permission["key"]) == PHOTO
    assert answer.json()["key"] == permission["key"]


@pytest.mark.parametrize(
    ("declared", "kept"),
    [
        *((kind, kind) for kind in sorted(uploads.PHOTO_TYPES)),
        ("IMAGE/JPEG", "image/jpeg"),
        ("image/jpeg; charset=binary", "image/jpeg"),
        ("image/jpg", "image/jpeg"),
        ("image/pjpeg", "image/jpeg"),
        ("image/x-png", "image/png"),
        ("image/heic-sequence", "image/heic"),
        ("", "application/octet-stream"),
        ("application/octet-stream", "application/octet-stream"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("image/gif", "application/octet-stream"),
    ],
)
async def test_a_photo_is_taken_whatever_it_is_called_and_kept_under_a_safe_type(
    browser: httpx.AsyncClient, store: DiskStore, declared: str, kept: str
) -> None:
    permission = (await ask(browser, declared, length=len(PHOTO))).json()
    assert (await send(browser, permission)).status_code == 201
    known = store.head(permission["key"])
    assert known is not None and known.content_type == kept


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.7 a document", "pdf_document"),
        (b"GIF89a" + bytes(50), "gif"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg_drawing"),
        (b"plain words", "text_file"),
        (bytes(300), "only_zeros"),
    ],
)
async def test_what_is_no_photo_is_refused_by_its_content_and_not_kept(
    browser: httpx.AsyncClient, store: DiskStore, data: bytes, code: str
) -> None:
    permission = (await ask(browser, "image/jpeg", length=len(data))).json()
    assert problem_of(await send(browser, permission, data)) == (415, code)
    assert store.head(permission["key"]) is None


async def test_more_than_25_megabytes_are_refused(browser: httpx.AsyncClient) -> None:
    assert (await ask(browser, length=25 * 1024 * 1024)).status_code == 200
    assert problem_of(await ask(browser, length=25 * 1024 * 1024 + 1)) == (413, "too_large_bytes")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"content_type": "image/jpeg"}',
        b'{"content_type": "image/jpeg", "length": "12"}',
        b'{"content_type": "image/jpeg", "length": 0}',
        b'{"content_type": "image/jpeg", "length": -1}',
        b'{"content_type": "image/jpeg", "length": 1.5}',
        b'{"content_type": "image/jpeg", "length": true}',
        b'{"content_type": "image/jpeg", "length": 1, "key": "photos/mine.jpg"}',
        b'{"content_type": ["image/jpeg"], "length": 1}',
        json.dumps({"content_type": "x" * 5000, "length": 1}).encode(),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(browser: httpx.AsyncClient, body: bytes) -> None:
    assert problem_of(await browser.post("/api/uploads", content=body)) == (422, "bad_question")


async def test_a_link_is_good_for_one_upload(browser: httpx.AsyncClient) -> None:
    permission = await permitted(browser)
    await send(browser, permission)

    assert problem_of(await send(browser, permission)) == (409, "link_used")


async def test_a_used_link_stays_used_when_the_photo_was_taken_away(
    browser: httpx.AsyncClient, store: DiskStore
) -> None:
    permission = await permitted(browser)
    await send(browser, permission)
    store.delete(permission["key"])

    assert problem_of(await send(browser, permission)) == (409, "link_used")
    assert store.head(permission["key"]) is None


async def test_another_studio_process_knows_a_used_link_too(
    browser: httpx.AsyncClient, store: DiskStore
) -> None:
    permission = await permitted(browser)
    await send(browser, permission)

    async with browser_at(app_with(store)) as other:
        assert problem_of(await send(other, permission)) == (409, "link_used")


async def test_of_two_uploads_at_once_one_is_taken(browser: httpx.AsyncClient) -> None:
    permission = await permitted(browser)

    answers = await asyncio.gather(*(send(browser, permission) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_an_expired_link_is_refused_with_a_sentence(store: DiskStore, tmp_path: Path) -> None:
    past = DiskStore(store.root, ORIGIN, b"a secret of thirty-two bytes.....", clock=lambda: 1_700_000_000)
    async with browser_at(app_with(past)) as browser:
        permission = await permitted(browser)
    async with browser_at(app_with(store)) as browser:
        assert problem_of(await send(browser, permission)) == (403, "link_expired")


@pytest.mark.parametrize("query", ["", "?e=&s=", "?e=x&s=y", "?e=-1&s=y", "?e=9999999999&s=", "?e=²&s=y"])
async def test_a_made_up_link_is_refused(browser: httpx.AsyncClient, query: str) -> None:
    answer = await browser.put(
        f"/api/uploads/incoming/one{query}", content=PHOTO, headers={"content-type": "image/jpeg"}
    )
    assert problem_of(answer) == (403, "link_invalid")


@pytest.mark.parametrize(
    "key", ["%2e%2e/escape", "incoming/%2e%2e/%2e%2e/x", "A", "incoming//x", "@drafts/x"]
)
async def test_a_made_up_key_is_refused(browser: httpx.AsyncClient, key: str) -> None:
    answer = await browser.put(f"/api/uploads/{key}?e=9999999999&s=x", content=PHOTO)
    assert answer.status_code == 404


class TestQuota:
    async def test_too_many_photos_have_to_wait(self, store: DiskStore) -> None:
        now = [1000.0]
        quota = UploadQuota(uploads=3, window_seconds=60, clock=lambda: now[0])
        async with browser_at(app_with(store, quota)) as browser:
            for _ in range(3):
                await permitted(browser)
                now[0] += 10
            answer = await ask(browser)
            assert problem_of(answer) == (429, "too_many_uploads")
            assert answer.headers["retry-after"] == "30"
            now[0] += 30.1
            await permitted(browser)

    async def test_too_many_bytes_have_to_wait(self, store: DiskStore) -> None:
        quota = UploadQuota(megabytes=30)
        async with browser_at(app_with(store, quota)) as browser:
            assert (await ask(browser, length=20 * 1024 * 1024)).status_code == 200
            assert problem_of(await ask(browser, length=20 * 1024 * 1024)) == (429, "too_many_uploads")
            assert (await ask(browser, length=5 * 1024 * 1024)).status_code == 200

    async def test_operators_behind_one_proxy_have_a_quota_each(self, store: DiskStore) -> None:
        app = app_with(store, UploadQuota(uploads=1))
        async with browser_at(app) as ada, browser_at(app) as bob:
            await permitted(ada)
            assert problem_of(await ask(ada)) == (429, "too_many_uploads")
            await permitted(bob)

    async def test_who_forgets_the_cookie_has_no_more_than_the_address(self, store: DiskStore) -> None:
        app = FastAPI()
        app.include_router(uploads_router(store, of_address=UploadQuota(uploads=2)))
        async with browser_at(app) as browser:
            for _ in range(2):
                await permitted(browser)
                browser.cookies.clear()
            assert problem_of(await ask(browser)) == (429, "too_many_uploads")

    def test_each_client_has_a_quota_of_its_own(self) -> None:
        quota = UploadQuota(uploads=1)

        assert quota.take("ada", 1) is None
        assert quota.take("bob", 1) is None
        assert quota.take("ada", 1) is not None

    def test_clients_that_went_away_are_forgotten(self) -> None:
        now = [0.0]
        quota = UploadQuota(window_seconds=60, clock=lambda: now[0])
        for client in range(1000):
            quota.take(str(client), 1)
        now[0] = 61
        quota.take("last", 1)

        assert len(quota._taken) == 1

    async def test_refused_questions_cost_nothing(self, store: DiskStore) -> None:
        async with browser_at(app_with(store, UploadQuota(uploads=1))) as browser:
            await ask(browser, length=26 * 1024 * 1024)
            await permitted(browser)


class TestBucket:
    @pytest.fixture
    def bucket(self) -> R2Store:
        return R2Store(
            endpoint_url="https://bucket.test",
            bucket="private",
            access_key_id="key",
            secret_access_key="secret",
        )

    async def test_with_r2_the_browser_is_sent_to_the_bucket(self, bucket: R2Store) -> None:
        async with browser_at(app_with(bucket)) as browser:
            permission = await permitted(browser)

        assert permission["url"].startswith(f"https://bucket.test/private/{permission['key']}?")
        assert permission["headers"]["Content-Type"] == "image/jpeg"

    async def test_and_the_studio_takes_no_bytes_itself(self, bucket: R2Store) -> None:
        async with browser_at(app_with(bucket)) as browser:
            answer = await browser.put("/api/uploads/incoming/one", content=PHOTO)

        assert answer.status_code in (404, 405)


class TestOverTheWire:
    @pytest.fixture
    def wired(self, store: DiskStore) -> Iterator[socket.socket]:
        listening = free_socket()
        with serving(app_with(store), listening):
            yield listening

    def permission(self, wired: socket.socket, length: int) -> tuple[str, str]:
        with httpx.Client(trust_env=False) as client:
            asked = {"content_type": "image/jpeg", "length": length}
            permission = client.post(f"{url_of(wired)}/api/uploads", json=asked).json()
        url = urlsplit(permission["url"])
        return permission["key"], f"{url.path}?{url.query}"

    def talk(self, wired: socket.socket, message: bytes, *, hang_up: bool = False) -> bytes:
        with socket.create_connection(wired.getsockname(), timeout=120) as line:
            line.sendall(message)
            if hang_up:
                return b""
            return line.makefile("rb").readline()

    def test_an_upload_that_breaks_off_keeps_nothing_and_the_link_stays_good(
        self, wired: socket.socket, store: DiskStore
    ) -> None:
        key, path = self.permission(wired, 1000)
        head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\n"

        self.talk(wired, head.encode() + b"\r\n" + b"x" * 400, hang_up=True)

        link = f"{url_of(wired)}{path}"
        with httpx.Client(trust_env=False) as client:
            while (
                client.put(
                    link, content=PHOTO[:3] + b"x" * 997, headers={"content-type": "image/jpeg"}
                ).status_code
                == 409
            ):
                pass  # the studio has not noticed yet that the line is dead
        assert store.get(key) == PHOTO[:3] + b"x" * 997

    def test_a_body_without_a_length_is_refused(self, wired: socket.socket, store: DiskStore) -> None:
        key, path = self.permission(wired, 3)
        head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n"

        answer = self.talk(wired, head.encode() + b"\r\n3\r\nabc\r\n0\r\n\r\n")

        assert b" 411 " in answer
        assert store.head(key) is None

    def test_a_drip_is_cut_off(
        self, wired: socket.socket, store: DiskStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploads, "SLOWEST_SECONDS", 0.05)
        key, path = self.permission(wired, 1000)
        head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\n"

        assert b" 408 " in self.talk(wired, head.encode() + b"\r\nx")
        assert store.head(key) is None


async def test_a_full_disk_is_said(
    browser: httpx.AsyncClient, store: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    permission = await permitted(browser)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", full)
        assert problem_of(await send(browser, permission)) == (507, "store_full")
    assert (await send(browser, permission)).status_code == 201, "the link is still good"


def test_links_last_ten_minutes() -> None:
    assert timedelta(minutes=10) == uploads.LINK_LIFE
