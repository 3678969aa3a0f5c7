"""Pictures scaled down, and the links that lead to them."""

import io
from collections.abc import Iterator
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from tasks.errors import DecoderBusy, StoreError
from tasks.photo import decode
from tasks.photo.pool import DecoderPool
from tasks.providers.store.disk import DiskStore
from tests.support.photo_parts import png_chunk, png_with
from tests.support.studio import SECRET, StandInStudio
from ui.links import MediaLinks
from ui.routes import scaled
from ui.thumbnails import ThumbnailCache, scaled_webp

KEY = "pictures/one.png"
ORIGIN = "http://127.0.0.1:7860"


def png(width: int, height: int, mode: str = "RGB") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (width, height), "#b3402c").save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    studio.services.store.put(KEY, png(820, 1024), "image/png")
    app = FastAPI()
    app.include_router(scaled.router(studio.services))
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("width", [240, 480, 960])
def test_a_picture_comes_in_the_size_that_was_signed(
    studio: StandInStudio, client: TestClient, width: int
) -> None:
    answer = client.get(studio.services.links.scaled(KEY, width))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.size == (min(width, 820), round(1024 * min(width, 820) / 820))


def test_a_scaled_picture_is_private_to_its_browser(studio: StandInStudio, client: TestClient) -> None:
    answer = client.get(studio.services.links.scaled(KEY, 240))
    assert answer.headers["cache-control"].startswith("private")


def test_a_link_opens_nothing_but_its_own_picture_and_size(studio: StandInStudio, client: TestClient) -> None:
    link = studio.services.links.scaled(KEY, 240)
    for forged in (
        link.replace("/240/", "/480/"),
        link.replace("/240/", "/241/"),
        link.replace("one.png", "two.png"),
        link[:-4] + "AAAA",
        link.split("&s=")[0] + "&s=",
    ):
        assert client.get(forged).status_code in (403, 404)
    assert client.get(f"/scaled/240/{KEY}").status_code == 422


def test_a_link_ends(studio: StandInStudio, client: TestClient) -> None:
    long_ago = MediaLinks(studio.services.store, ORIGIN, SECRET, clock=lambda: 1_700_000_000)
    answer = client.get(long_ago.scaled(KEY, 240))
    assert (answer.status_code, answer.json()["code"]) == (403, "link_expired")


def test_an_erased_picture_is_gone_from_memory_too(studio: StandInStudio, client: TestClient) -> None:
    link = studio.services.links.scaled(KEY, 240)
    assert client.get(link).status_code == 200
    studio.services.store.delete(KEY)
    assert client.get(link).status_code == 404


def test_links_stay_the_same_for_minutes_and_begin_at_this_studio(studio: StandInStudio) -> None:
    now = [1_800_000_000.0]
    links = MediaLinks(studio.services.store, ORIGIN, SECRET, clock=lambda: now[0])
    first = links.original(KEY), links.scaled(KEY, 240)
    now[0] += 60
    assert (links.original(KEY), links.scaled(KEY, 240)) == first
    now[0] += 600
    assert links.scaled(KEY, 240) != first[1]
    assert all(link.startswith("/") for link in first)


def test_no_link_on_a_page_outlives_half_an_hour_nor_breaks_within_ten_minutes(
    studio: StandInStudio,
) -> None:
    for second in range(0, 3600, 97):
        now = 1_800_000_000.0 + second
        clock = partial(float, now)
        store = DiskStore(studio.services.home / "store", ORIGIN, SECRET, clock=clock)
        links = MediaLinks(store, ORIGIN, SECRET, clock=clock)
        for link in (links.original(KEY), links.scaled(KEY, 240)):
            left = int(parse_qs(urlsplit(link).query)["e"][0]) - now
            assert 600 <= left <= 1800


def test_a_link_into_another_store_keeps_its_own_address(studio: StandInStudio) -> None:
    elsewhere = MediaLinks(studio.services.store, "https://studio.example", SECRET)
    assert elsewhere.original(KEY).startswith("http://127.0.0.1:7860/media/")


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA"])
def test_any_kind_of_picture_of_ours_can_be_scaled(mode: str) -> None:
    assert Image.open(io.BytesIO(scaled_webp(png(400, 500, mode), 240))).size == (240, 300)


def test_the_shelf_keeps_to_its_budget_and_lets_go_of_what_was_used_longest_ago() -> None:
    cache = ThumbnailCache(budget=30)
    cache.keep("a", 240, b"x" * 10)
    cache.keep("b", 240, b"x" * 10)
    assert cache.find("a", 240) is not None
    cache.keep("c", 240, b"x" * 20)
    assert cache.find("b", 240) is None
    assert cache.find("a", 240) is not None and cache.find("c", 240) is not None
    cache.keep("huge", 240, b"x" * 40)
    assert cache.find("huge", 240) is None


def test_the_shelf_forgets_every_size_of_a_picture() -> None:
    cache = ThumbnailCache()
    cache.keep("a", 240, b"x")
    cache.keep("a", 480, b"x")
    cache.forget("a")
    assert cache.find("a", 240) is cache.find("a", 480) is None


def test_a_store_that_does_not_answer_is_said_to_be_away(
    studio: StandInStudio, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(key: str) -> None:
        raise StoreError("The store does not answer.", code="store_unreachable")

    monkeypatch.setattr(studio.services.store, "head", away)
    answer = client.get(studio.services.links.scaled(KEY, 240))
    assert (answer.status_code, answer.json()["sentence"]) == (503, "The store does not answer.")


def test_a_picture_that_can_not_be_opened_in_time_is_to_be_asked_for_again(
    studio: StandInStudio, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decoders have others to open: nothing is wrong with the picture, and the browser is told when."""
    pool = DecoderPool(slots=1, wait_seconds=0.05)
    monkeypatch.setattr(decode, "DECODER_POOL", pool)
    odd = png_with(png(300, 400), png_chunk(b"pHYs", bytes(9), checksum=1))  # too broken for Pillow alone
    studio.services.store.put("pictures/odd.png", odd, "image/png")
    link = studio.services.links.scaled("pictures/odd.png", 240)
    with pool.slot(1):
        answer = client.get(link)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) == DecoderBusy.retry_after
    assert answer.json() == {
        "code": "busy",
        "sentence": "Many photos are being opened just now. Please try again in a moment.",
    }
    assert client.get(link).status_code == 200
