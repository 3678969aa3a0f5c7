"""Pictures behind signed links, as a browser gets them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tasks.providers.store.disk import DiskStore
from ui.routes.media import media_router

PICTURE = b"\x89PNG\r\n\x1a\n and so on"
LIFE = timedelta(minutes=10)
NOW = 1_700_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    kept = DiskStore(
        tmp_path / "store", "http://studio.test", b"a secret of thirty-two bytes.....", clock=lambda: NOW
    )
    kept.put("pictures/one.png", PICTURE, "image/png")
    return kept


@pytest.fixture
async def browser(store: DiskStore) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(media_router(store, clock=lambda: NOW))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio.test") as client:
        yield client


async def test_a_picture_comes_with_headers_that_keep_it_a_picture(
    browser: httpx.AsyncClient, store: DiskStore
) -> None:
    answer = await browser.get(store.presign_get("pictures/one.png", LIFE))

    assert answer.content == PICTURE
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == 'inline; filename="one.png"'
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    private, age, _ = answer.headers["cache-control"].split(", ")
    assert private == "private"
    assert 600 <= int(age.removeprefix("max-age=")) <= 900


async def test_a_browser_that_has_it_already_gets_no_bytes(
    browser: httpx.AsyncClient, store: DiskStore
) -> None:
    link = store.presign_get("pictures/one.png", LIFE)
    etag = (await browser.get(link)).headers["etag"]

    again = await browser.get(link, headers={"if-none-match": etag})

    assert (again.status_code, again.content) == (304, b"")


async def test_what_is_not_a_picture_is_only_offered_as_a_download(
    browser: httpx.AsyncClient, store: DiskStore
) -> None:
    store.put("incoming/page", b"<script>alert(1)</script>", "text/html")

    answer = await browser.get(store.presign_get("incoming/page", LIFE))

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("query", ["", "?e=&s=", "?e=x&s=y", "?e=-1&s=y", "?e=99999999999&s=", "?e=²&s=é"])
async def test_a_made_up_link_is_refused(browser: httpx.AsyncClient, query: str) -> None:
    answer = await browser.get(f"/media/pictures/one.png{query}")

    assert answer.status_code == 403
    assert answer.json()["code"] == "link_invalid"


@pytest.mark.parametrize("key", ["%2e%2e/%2e%2e/etc/passwd", "pictures/%00", "pictures//one.png", "ONE"])
async def test_a_made_up_key_is_not_there(browser: httpx.AsyncClient, key: str) -> None:
    assert (await browser.get(f"/media/{key}?e=9999999999&s=x")).status_code == 404


async def test_a_longer_life_can_not_be_written_into_a_link(
    browser: httpx.AsyncClient, store: DiskStore
) -> None:
    link = httpx.URL(store.presign_get("pictures/one.png", LIFE))
    forged = link.copy_set_param("e", str(int(link.params["e"]) + 1))

    assert (await browser.get(forged)).status_code == 403


async def test_an_expired_link_says_so(browser: httpx.AsyncClient, store: DiskStore) -> None:
    past = DiskStore(
        store.root, "http://studio.test", b"a secret of thirty-two bytes.....", clock=lambda: NOW - 86400
    )
    answer = await browser.get(past.presign_get("pictures/one.png", LIFE))

    assert (answer.status_code, answer.json()["code"]) == (403, "link_expired")


async def test_an_erased_picture_is_gone_though_the_link_is_good(
    browser: httpx.AsyncClient, store: DiskStore
) -> None:
    link = store.presign_get("pictures/one.png", LIFE)
    store.delete("pictures/one.png")

    answer = await browser.get(link)

    assert (answer.status_code, answer.json()["code"]) == (404, "object_missing")


async def test_asking_only_for_the_headers_works(browser: httpx.AsyncClient, store: DiskStore) -> None:
    answer = await browser.head(store.presign_get("pictures/one.png", LIFE))

    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(len(PICTURE))


@pytest.mark.parametrize("life", ["9" * 5000, "9" * 16, "-1", "١", ""])
async def test_an_end_that_is_no_time_is_refused(browser: httpx.AsyncClient, life: str) -> None:
    assert (await browser.get("/media/pictures/one.png", params={"e": life, "s": "x"})).status_code == 403
