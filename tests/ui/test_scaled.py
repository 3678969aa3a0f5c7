"""Pictures scaled down: kept in the store under what they were made of, and their addresses."""

import hashlib
import io
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from db.ids import utc_now
from db.models import AssetKind, GeneratedAsset, Role
from db.repositories import assets, clock
from flows.housekeeping import CHORES
from tasks.accounts.person import Person
from tasks.errors import DecoderBusy, StoreError
from tasks.giving import kept_scaled
from tasks.giving.kept_scaled import ScaledPictures, make_ahead
from tasks.giving.scaled import scaled_webp, scaled_webps
from tasks.photo import decode
from tasks.photo.pool import DecoderPool
from tasks.providers.store.disk import DiskStore
from tasks.storage.scaled_copies import PARTS, PREFIX, drop_copies_of_nothing, scaled_key
from tests.support.photo_parts import png_chunk, png_with
from tests.support.studio import SECRET, StandInStudio
from ui.acting import acting
from ui.handlers.characters import list_characters
from ui.handlers.detail import character_page
from ui.links import MediaLinks
from ui.routes import scaled
from ui.views.characters import Filter

KEY = "pictures/one.png"
ORIGIN = "http://127.0.0.1:7860"


def png(width: int, height: int, mode: str = "RGB") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (width, height), "#b3402c").save(stream, "PNG")
    return stream.getvalue()


def keep(studio: StandInStudio, data: bytes, key: str = KEY) -> str:
    """Store a picture and name it by a row; returns its digest."""
    studio.services.store.put(key, data, "image/png")
    digest = hashlib.sha256(data).hexdigest()
    with studio.services.record.writing() as session:
        assets.ensure(
            session,
            kind=AssetKind.VARIANT,
            storage_key=key,
            sha256=digest,
            content_type="image/png",
            size_bytes=len(data),
            width=820,
            height=1024,
        )
    return digest


def forget(studio: StandInStudio, key: str = KEY) -> None:
    """What an erasure does first: the row goes."""
    with studio.services.record.writing() as session:
        session.delete(session.query(GeneratedAsset).filter_by(storage_key=key).one())


def copies(studio: StandInStudio) -> list[str]:
    return [found.key for found in studio.services.store.iterate(PREFIX)]


@pytest.fixture
def digest(studio: StandInStudio) -> str:
    return keep(studio, png(820, 1024))


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(scaled.router(studio.services))
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("width", [240, 480, 960])
def test_a_picture_comes_in_the_size_that_was_signed(
    studio: StandInStudio, client: TestClient, digest: str, width: int
) -> None:
    answer = client.get(studio.services.links.scaled(digest, width))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.size == (min(width, 820), round(1024 * min(width, 820) / 820))


def test_it_is_made_once_also_for_a_studio_that_is_started_later(
    studio: StandInStudio, client: TestClient, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = studio.services.links.scaled(digest, 240)
    first = client.get(link)
    monkeypatch.setattr(kept_scaled, "scaled_webps", lambda data, widths: pytest.fail("made again"))
    app = FastAPI()
    app.include_router(scaled.router(studio.services))
    with TestClient(app) as later:
        assert later.get(link).content == first.content
    assert copies(studio) == [scaled_key(digest, 240)]


def test_twenty_who_ask_at_once_wait_for_one_making(
    studio: StandInStudio, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And two studios at one store make the same."""
    made: list[int] = []

    def counted(data: bytes, widths: Sequence[int]) -> list[bytes]:
        made.extend(widths)
        return scaled_webps(data, widths)

    monkeypatch.setattr(kept_scaled, "scaled_webps", counted)
    studios = [ScaledPictures(studio.services.runtime) for _ in range(2)]
    got: list[bytes] = []
    together = threading.Barrier(20)

    def ask(number: int) -> None:
        together.wait()
        got.append(studios[number % 2].get(digest, 240))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 20 and len(set(got)) == 1
    assert 1 <= len(made) <= 2  # once a studio at most


def test_a_browser_keeps_it_for_an_hour_and_then_asks_whether_it_is_still_there(
    studio: StandInStudio, client: TestClient, digest: str
) -> None:
    link = studio.services.links.scaled(digest, 240)
    answer = client.get(link)
    assert answer.headers["cache-control"] == "private, max-age=3600"
    again = {"if-none-match": answer.headers["etag"]}
    assert client.get(link, headers=again).status_code == 304
    forget(studio)
    assert copies(studio)  # whoever erases was killed before it came to them
    assert client.get(link, headers=again).status_code == 404


def test_an_address_opens_nothing_but_its_own_picture_and_size(
    studio: StandInStudio, client: TestClient, digest: str
) -> None:
    link = studio.services.links.scaled(digest, 240)
    other = keep(studio, png(82, 102), "pictures/two.png")
    for forged in (
        link.replace("/240/", "/480/"),
        link.replace("/240/", "/241/"),
        link.replace(digest, other),
        link[:-4] + "AAAA",
        link.partition("?")[0],
    ):
        assert client.get(forged).status_code in (403, 404), forged


def test_an_address_opens_only_for_whom_the_page_was_made_and_in_that_role(
    studio: StandInStudio, digest: str
) -> None:
    links = studio.services.links
    ada = Person("ada", "Ada", Role.OPERATOR)
    with acting(ada):
        signature = parse_qs(urlsplit(links.scaled(digest, 240)).query)["s"][0]
        links.check_scaled(digest, 240, signature)
    for other in (Person("bob", "Bob", Role.OPERATOR), Person("ada", "Ada", Role.REVIEWER)):
        with acting(other), pytest.raises(StoreError) as refused:
            links.check_scaled(digest, 240, signature)
        assert refused.value.code == "link_invalid"


def test_the_address_names_the_bytes_and_never_changes(studio: StandInStudio, digest: str) -> None:
    later = MediaLinks(studio.services.store, ORIGIN, SECRET, clock=lambda: 2_000_000_000)
    assert later.scaled(digest, 240) == studio.services.links.scaled(digest, 240)


def test_what_is_made_while_the_picture_is_erased_does_not_stay(
    studio: StandInStudio, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def erased_meanwhile(data: bytes, widths: Sequence[int]) -> list[bytes]:
        forget(studio)
        return scaled_webps(data, widths)

    monkeypatch.setattr(kept_scaled, "scaled_webps", erased_meanwhile)
    with pytest.raises(StoreError) as gone:
        ScaledPictures(studio.services.runtime).get(digest, 240)
    assert gone.value.code == "object_missing"
    assert copies(studio) == []


def test_what_is_made_ahead_of_a_picture_that_is_erased_does_not_stay(
    studio: StandInStudio, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def erased_meanwhile(data: bytes, widths: Sequence[int]) -> list[bytes]:
        forget(studio)
        return scaled_webps(data, widths)

    with studio.services.record.reading() as session:
        asset = assets.by_digest(session, digest)
    assert asset is not None
    monkeypatch.setattr(kept_scaled, "scaled_webps", erased_meanwhile)
    make_ahead(studio.services.runtime, asset.id)
    assert copies(studio) == []


def test_a_page_of_covers_shows_what_was_made_when_the_pictures_were_stored(
    studio: StandInStudio, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has looked at a picture yet, and nothing is scaled when somebody does."""
    character_id = studio.character(styles=("anime", "flat"))
    monkeypatch.setattr(kept_scaled, "scaled_webps", lambda data, widths: pytest.fail("made late"))
    cover = list_characters(studio.services, Filter()).cards[0].cover_url
    tiles = [each.tile_url for each in character_page(studio.services, character_id).pictures]
    assert cover is not None and len(tiles) == 2
    for link in (cover, *tiles):
        assert client.get(link).headers["content-type"] == "image/webp", link


@pytest.mark.parametrize("failing", ["get", "put", "head"])
def test_a_store_that_fails_costs_the_copies_and_never_the_run(
    studio: StandInStudio, digest: str, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def away(*_given: object) -> None:
        raise StoreError("The store does not answer.", code="store_unreachable")

    with studio.services.record.reading() as session:
        asset = assets.by_digest(session, digest)
    assert asset is not None
    monkeypatch.setattr(studio.services.store, failing, away)
    make_ahead(studio.services.runtime, asset.id)
    monkeypatch.undo()
    assert copies(studio) == []
    make_ahead(studio.services.runtime, asset.id)
    assert sorted(copies(studio)) == sorted(scaled_key(digest, width) for width in (240, 480))


def test_a_copy_that_a_killed_maker_left_of_an_erased_picture_is_swept(
    studio: StandInStudio, client: TestClient, digest: str
) -> None:
    stays = keep(studio, png(82, 102), "pictures/two.png")
    for each in (digest, stays):
        client.get(studio.services.links.scaled(each, 240))
    forget(studio)
    assert sum(drop_copies_of_nothing(studio.services.runtime, part) for part in PARTS) == 1
    assert copies(studio) == [scaled_key(stays, 240)]


def test_sixteen_rounds_of_housekeeping_come_to_every_copy(
    studio: StandInStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in "0123456789abcdef":
        studio.services.store.put(scaled_key(part * 64, 240), b"left", "image/webp")
    began = utc_now()
    for number in range(16):
        later = began + timedelta(minutes=10 * number)
        monkeypatch.setattr(clock, "now", lambda _session, now=later: now)
        assert CHORES["scaled copies of nothing deleted"](studio.services.runtime) == 1
    assert copies(studio) == []


def test_a_full_disk_shows_the_picture_all_the_same(
    studio: StandInStudio, client: TestClient, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(key: str, data: bytes, content_type: str) -> None:
        raise StoreError("The disk is full.", code="store_full")

    monkeypatch.setattr(studio.services.store, "put", full)
    assert client.get(studio.services.links.scaled(digest, 240)).status_code == 200
    assert copies(studio) == []


def test_a_copy_that_has_rotted_is_made_anew(studio: StandInStudio, client: TestClient, digest: str) -> None:
    link = studio.services.links.scaled(digest, 240)
    good = client.get(link).content
    store = studio.services.store
    assert isinstance(store, DiskStore)
    store.path_of(scaled_key(digest, 240)).write_bytes(good[:40])
    assert client.get(link).content == good
    assert store.get(scaled_key(digest, 240)) == good


def test_where_a_picture_can_not_be_shown_a_page_gets_one_in_its_place(
    studio: StandInStudio, client: TestClient, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(key: str) -> bytes:
        raise StoreError("The store does not answer.", code="store_unreachable")

    monkeypatch.setattr(studio.services.store, "get", away)
    link = studio.services.links.scaled(digest, 240)
    shown = client.get(link, headers={"accept": "image/avif,image/webp,*/*"})
    assert (shown.status_code, shown.headers["content-type"]) == (503, "image/svg+xml")
    assert shown.headers["cache-control"] == "no-store"
    told = client.get(link)
    assert (told.status_code, told.json()["sentence"]) == (503, "The store does not answer.")


def test_links_stay_the_same_for_minutes_and_begin_at_this_studio(studio: StandInStudio) -> None:
    now = [1_800_000_000.0]
    links = MediaLinks(studio.services.store, ORIGIN, SECRET, clock=lambda: now[0])
    first = links.original(KEY)
    now[0] += 60
    assert links.original(KEY) == first
    assert first.startswith("/")


def test_no_link_on_a_page_outlives_half_an_hour_nor_breaks_within_ten_minutes(
    studio: StandInStudio,
) -> None:
    for second in range(0, 3600, 97):
        now = 1_800_000_000.0 + second
        clock = partial(float, now)
        store = DiskStore(studio.services.home / "store", ORIGIN, SECRET, clock=clock)
        links = MediaLinks(store, ORIGIN, SECRET, clock=clock)
        left = int(parse_qs(urlsplit(links.original(KEY)).query)["e"][0]) - now
        assert 600 <= left <= 1800


def test_a_link_into_another_store_keeps_its_own_address(studio: StandInStudio) -> None:
    elsewhere = MediaLinks(studio.services.store, "https://studio.example", SECRET)
    assert elsewhere.original(KEY).startswith("http://127.0.0.1:7860/media/")


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA"])
def test_any_kind_of_picture_of_ours_can_be_scaled(mode: str) -> None:
    assert Image.open(io.BytesIO(scaled_webp(png(400, 500, mode), 240))).size == (240, 300)


def test_a_picture_that_can_not_be_opened_in_time_is_to_be_asked_for_again(
    studio: StandInStudio, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decoders have others to open: nothing is wrong with the picture, and the browser is told when."""
    pool = DecoderPool(slots=1, wait_seconds=0.05)
    monkeypatch.setattr(decode, "DECODER_POOL", pool)
    odd = png_with(png(300, 400), png_chunk(b"pHYs", bytes(9), checksum=1))  # too broken for Pillow alone
    link = studio.services.links.scaled(keep(studio, odd), 240)
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
