"""Photos as they come in: checked on arrival, priced together, all faults at once, started once."""

import io
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from db.ids import utc_now
from db.models import Review
from db.repositories import characters, images
from tasks.consent.record import consents_shown
from tasks.errors import DecoderBusy
from tasks.intake.checked_photos import CheckedPhotos
from tasks.intake.normalize import normalize_photo
from tests.support.bad_photos import darkened, encoded, portrait
from tests.support.groups import group, who_is_in
from tests.support.studio import StandInStudio, photo_bytes, stand_in_normalize
from tests.tasks.conftest import weights
from tests.ui.test_estimate import paying
from tests.ui.test_people import photo_of
from ui.handlers.remaining import PastRun, left_seconds, past_runs
from ui.handlers.runs import run_view
from ui.routes.intake import intake_router
from ui.services import StudioServices
from ui.views.words import left_words

__all__ = ["weights"]


def asking(services: StudioServices) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(intake_router(services))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://studio")


@pytest.fixture
async def browser(studio: StandInStudio) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(studio.services) as client:
        yield client


@pytest.fixture
async def seeing(studio: StandInStudio, weights: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Of a studio with the real eyes."""
    async with asking(replace(studio.services, normalize=normalize_photo)) as client:
        yield client


async def checked(client: httpx.AsyncClient, key: str, face: str = "") -> dict[str, Any]:
    answer = await client.post("/api/intake/check", json={"key": key, "face": face})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def form(key: str, **changed: Any) -> dict[str, Any]:
    filled = {"key": key, "name": "Maya", "gender": "girl", "styles": ["anime"], "consent": True}
    return filled | changed


def picture_in(data_url: str) -> Image.Image:
    return Image.open(io.BytesIO(b64decode(data_url.removeprefix("data:image/jpeg;base64,"))))


def count(studio: StandInStudio) -> int:
    with studio.services.record.reading() as session:
        return characters.page(session).total


async def test_a_heic_that_lies_on_its_side_is_shown_upright_and_small(
    studio: StandInStudio, seeing: httpx.AsyncClient
) -> None:
    lying = portrait().resize((640, 800)).rotate(90, expand=True)
    found = await checked(seeing, studio.upload(encoded(lying, "HEIF")))
    assert found["verdict"] == "fair"
    assert found["sentences"] == ["The photo was not upright; it was turned so that the person is."]
    assert picture_in(found["preview"]).size == (384, 480)


async def test_a_photo_that_can_t_be_used_says_why_and_which_one_it_is(
    studio: StandInStudio, seeing: httpx.AsyncClient
) -> None:
    found = await checked(seeing, studio.upload(encoded(darkened(portrait(), 7))))
    assert (found["verdict"], found["code"]) == ("refused", "too_dark")
    assert "more light" in found["sentences"][0]
    assert picture_in(found["preview"]).size == (480, 480)


async def test_of_a_group_whoever_is_chosen_on_arrival_is_drawn(
    studio: StandInStudio, seeing: httpx.AsyncClient
) -> None:
    key = studio.upload(encoded(group("obama", "biden")))
    found = await checked(seeing, key)
    assert found["verdict"] == "which"
    assert [each["number"] for each in found["people"]] == [1, 2]

    face = found["people"][1]["choice"]
    again = await checked(seeing, key, face)
    assert again["verdict"] in ("good", "fair")
    answer = await seeing.post("/api/intake/start", json=form(key, face=face))
    assert answer.status_code == 200
    kept = photo_of(studio.services.record, studio, answer.json()["character"])
    assert who_is_in(kept) == "biden"


async def test_what_was_checked_is_not_opened_again_to_start(studio: StandInStudio) -> None:
    opened: list[bytes] = []

    def counting(data: bytes, *, face: int | str | None = None) -> Any:
        opened.append(data)
        return stand_in_normalize(data, face=face)

    async with asking(replace(studio.services, normalize=counting)) as client:
        key = studio.upload()
        assert (await checked(client, key))["verdict"] == "good"
        answer = await client.post("/api/intake/start", json=form(key))
    assert answer.status_code == 200
    assert len(opened) == 1


async def test_everything_that_is_wrong_with_the_fields_is_said_at_once(
    studio: StandInStudio, browser: httpx.AsyncClient
) -> None:
    bad = form(studio.upload(), name=" \u200b", styles=[], consent=False, gender="dragon")
    answer = await browser.post("/api/intake/start", json=bad)
    assert answer.status_code == 422
    told = {each["field"]: each["sentence"] for each in answer.json()["fields"]}
    assert told.keys() == {"name", "styles", "gender", "consent"}
    assert told["name"] == "Give the character a name."
    assert count(studio) == 0


async def test_a_consent_is_recorded_in_the_language_that_was_read(
    studio: StandInStudio, browser: httpx.AsyncClient
) -> None:
    asked = form(studio.upload(), consent_language="de")
    character_id = (await browser.post("/api/intake/start", json=asked)).json()["character"]
    (given,) = consents_shown(studio.services.runtime, character_id=character_id)
    assert given.language == "de"
    assert given.words.startswith("Ich habe die Erlaubnis dieser Person")
    strange = await browser.post("/api/intake/start", json=form(studio.upload(), consent_language="tlh"))
    assert [each["code"] for each in strange.json()["fields"]] == ["unknown_text"]
    assert count(studio) == 1


async def test_the_same_start_twice_makes_one_character(
    studio: StandInStudio, browser: httpx.AsyncClient
) -> None:
    key = studio.upload()
    answers = [(await browser.post("/api/intake/start", json=form(key))).json() for _ in range(2)]
    assert answers[0]["run"] == answers[1]["run"]
    assert count(studio) == 1
    other = await browser.post("/api/intake/start", json=form(key, name="Somebody else"))
    assert (other.status_code, other.json()["code"]) == (422, "upload_used")


@pytest.mark.parametrize(
    ("question", "status", "code"),
    [
        ({"key": "photos/somebody-s.jpg"}, 422, "bad_photo_key"),
        ({"key": ""}, 422, "no_photo"),
        ({"key": "incoming/00000000-0000-4000-8000-000000000000"}, 410, "photo_gone"),
        ({"key": 7}, 422, "bad_question"),
        ({"key": "x", "more": 1}, 422, "bad_question"),
    ],
)
async def test_a_key_that_is_no_upload_s_is_refused(
    browser: httpx.AsyncClient, question: dict[str, Any], status: int, code: str
) -> None:
    answer = await browser.post("/api/intake/check", json=question)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_busy_decoder_is_told_as_such_and_asked_again_later(studio: StandInStudio) -> None:
    def busy(data: bytes, *, face: int | str | None = None) -> Any:
        raise DecoderBusy

    async with asking(replace(studio.services, normalize=busy)) as client:
        answer = await client.post("/api/intake/check", json={"key": studio.upload()})
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert int(answer.headers["retry-after"]) > 0


async def test_the_price_of_the_whole_list_is_named_and_refused_where_it_is_too_much(
    studio: StandInStudio,
) -> None:
    wishes = [{"styles": ["anime", "flat"]}, {"styles": ["anime"]}, {"styles": []}]
    async with asking(paying(studio, vision=True)) as client:
        found = (await client.post("/api/intake/estimate", json={"wishes": wishes})).json()
        assert found == {
            "sentence": "About $0.14 for 3 pictures and one look at each of 2 photos.",
            "problem": "",
        }
    async with asking(paying(studio, budget=100_000)) as client:
        one = (await client.post("/api/intake/estimate", json={"wishes": wishes[:1]})).json()
        both = (await client.post("/api/intake/estimate", json={"wishes": wishes})).json()
        assert not one["problem"] and "budget" in both["problem"]


async def test_the_queue_tells_of_each_run_and_leaves_out_what_does_not_exist(
    studio: StandInStudio, browser: httpx.AsyncClient
) -> None:
    key = studio.upload()
    run = (await browser.post("/api/intake/start", json=form(key, name="<b>Maya</b>"))).json()["run"]
    found = (await browser.get("/api/intake/runs", params={"run": [run, "nobody"]})).json()["runs"]
    assert [(each["run"], each["state"], each["over"]) for each in found] == [(run, "ready", True)]
    assert "&lt;b&gt;Maya&lt;/b&gt; is ready" in found[0]["html"]
    assert "<img" in found[0]["html"]
    panel = (await browser.get("/api/intake/run", params={"run": run})).text
    assert 'data-state="ready"' in panel


async def test_the_queue_shows_no_picture_that_is_held_back(
    studio: StandInStudio, browser: httpx.AsyncClient
) -> None:
    run = (await browser.post("/api/intake/start", json=form(studio.upload()))).json()["run"]
    of = run_view(studio.services, run)
    assert of is not None
    with studio.services.record.writing() as session:
        for each in images.of_character(session, of.character_id):
            images.review(session, each.image.id, review=Review.REJECTED, actor="system", reason="undressed")
    (line,) = (await browser.get("/api/intake/runs", params={"run": [run]})).json()["runs"]
    assert "<img" not in line["html"]


async def test_a_run_that_prefect_did_not_take_is_tried_again(
    studio: StandInStudio, browser: httpx.AsyncClient
) -> None:
    studio.prefect.away = "Prefect does not answer."
    asked = (await browser.post("/api/intake/start", json=form(studio.upload()))).json()
    assert asked["problem"] == "Prefect does not answer."
    studio.prefect.away = ""
    again = (await browser.post("/api/intake/again", json={"run": asked["run"]})).json()
    assert (again["run"], again["problem"]) == (asked["run"], "")
    nobody = await browser.post("/api/intake/again", json={"run": "nobody"})
    assert nobody.json()["code"] == "unknown_run"


def test_photos_are_let_go_of_after_half_an_hour_or_when_there_are_too_many() -> None:
    now = [0.0]
    photo = stand_in_normalize(photo_bytes())
    kept = CheckedPhotos(most_bytes=2 * len(photo.photo.data), clock=lambda: now[0])
    for key in ("one", "two", "three"):
        kept.keep(key, None, photo)
    assert kept.find("one", None) is None
    assert kept.find("two", None) is photo
    assert kept.find("two", "1") is None  # somebody else was meant
    kept.forget("two")
    assert kept.find("two", None) is None
    now[0] = 1801
    assert kept.find("three", None) is None


def test_a_photo_goes_in_time_from_a_studio_that_nobody_uses() -> None:
    now = [0.0]
    timers: list[tuple[float, Callable[[], None]]] = []
    photo = stand_in_normalize(photo_bytes())
    kept = CheckedPhotos(clock=lambda: now[0], later=lambda seconds, do: timers.append((seconds, do)))
    kept.keep("one", None, photo)
    now[0] = 600
    kept.keep("two", None, photo)
    ((seconds, let_go),) = timers
    now[0] = seconds
    let_go()
    assert len(kept._kept) == 1 and len(timers) == 2
    now[0] += timers[1][0]
    timers[1][1]()
    assert not kept._kept and len(timers) == 2


def test_what_runs_took_lately_is_what_is_left_now(studio: StandInStudio) -> None:
    for _ in range(2):
        studio.character(styles=("anime", "flat"))
    with studio.services.record.reading() as session:
        past = past_runs(session, utc_now())
        assert [each.pictures for each in past] == [2, 2]
        assert all(0 < each.seconds < 600 for each in past)
        assert past_runs(session, utc_now() + timedelta(days=2)) == []  # that was not lately


def test_nothing_is_said_of_what_is_not_known(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    with studio.services.record.reading() as session:
        token = characters.get(session, character_id).run_token
    view = run_view(studio.services, token or "")
    assert view is not None
    assert left_seconds(view, [PastRun(1, 60.0)] * 9) is None  # it is over
    assert left_words(None) == left_words(-3) == ""
    assert [left_words(each) for each in (12.0, 61.0, 150.0)] == [
        "about 15 s left",
        "about 65 s left",
        "about 3 min left",
    ]
