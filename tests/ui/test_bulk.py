"""One thing done to many: counted and priced first, and whoever it can't be done to stops nobody else."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from db.ids import new_id
from db.models import Review
from db.repositories import characters, holds, images, tags
from tests.support.rows import a_character, a_picture, a_ready_character
from tests.support.studio import StandInStudio, photo_bytes
from ui.routes.bulk import bulk_router


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(bulk_router(studio.services))
    with TestClient(app) as client:
        yield client


def test_a_style_is_drawn_for_those_that_lack_it_and_said_before(
    studio: StandInStudio, client: TestClient
) -> None:
    maya, omar = studio.character(name="Maya", styles=("anime",)), studio.character(styles=("flat",))
    asked = {"action": "draw", "style": "flat", "ids": [maya, omar]}
    plan = client.post("/api/characters/bulk/plan", json=asked).json()
    assert (plan["count"], plan["microusd"]) == (1, 0)
    assert plan["sentence"] == "Draw Flat for 1 character: free of charge."
    assert plan["left_out"] == ["1 is left out: Drawn in this style already."]
    done = client.post("/api/characters/bulk", json=asked).json()
    assert done["count"] == 1
    studio.prefect.finish()
    with studio.services.record.reading() as session:
        assert {each.image.style for each in images.of_character(session, maya)} == {"anime", "flat"}
        assert len(images.of_character(session, omar)) == 1


def test_the_favourites_of_all_that_fit_a_search_are_approved(
    studio: StandInStudio, client: TestClient
) -> None:
    with studio.services.record.writing() as session:
        picked, unpicked = a_ready_character(session, "Ada A"), a_ready_character(session, "Ada B", "run-2")
        other = a_ready_character(session, "Bo", "run-3")
        first, _, third = (a_picture(session, each.id).id for each in (picked, unpicked, other))
        for image_id in (first, third):
            images.select(session, image_id, actor="test")
    done = client.post("/api/characters/bulk", json={"action": "approve", "address": "?q=ada"}).json()
    assert (done["count"], done["left_out"]) == (1, ["1 is left out: There is no favourite yet."])
    with studio.services.record.reading() as session:
        assert images.get(session, first).review is Review.APPROVED
        assert images.get(session, third).review is Review.PROPOSED


def test_a_price_that_nobody_agreed_to_is_not_paid(
    studio: StandInStudio, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = studio.character(name="Maya", styles=("anime",))
    monkeypatch.setattr("flows.bulk.estimate_run", lambda *_args: 50_000)
    asked = {"action": "draw", "style": "flat", "ids": [maya]}
    assert "about $0.05" in client.post("/api/characters/bulk/plan", json=asked).json()["sentence"]
    refused = client.post("/api/characters/bulk", json=asked | {"agreed": 49_999})
    assert (refused.status_code, refused.json()["code"]) == (422, "price_changed")
    with studio.services.record.reading() as session:
        assert len(images.of_character(session, maya)) == 1


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"action": "draw", "style": "flat", "ids": [new_id()]}, 404, "not_found"),
        ({"action": "draw", "style": "cubist", "ids": []}, 422, "unknown_style"),
        ({"action": "explode", "ids": []}, 422, "unknown_action"),
        ({"action": "approve", "ids": [str(n) for n in range(501)]}, 422, "too_many_chosen"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    client: TestClient, asked: dict[str, object], status: int, code: str
) -> None:
    refused = client.post("/api/characters/bulk/plan", json=asked)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_who_is_under_way_is_left_out(studio: StandInStudio, client: TestClient) -> None:
    with studio.services.record.writing() as session:
        busy = characters.begin_run(session, a_character(session).id, "run-1").id
    asked = {"action": "draw", "style": "flat", "ids": [busy]}
    plan = client.post("/api/characters/bulk/plan", json=asked).json()
    assert (plan["count"], plan["sentence"]) == (0, "There is nothing to do for these.")
    assert plan["left_out"] == ["1 is left out: A run is under way."]


def test_a_tag_is_given_to_those_that_lack_it_and_taken_off_again(
    studio: StandInStudio, client: TestClient
) -> None:
    with studio.services.record.writing() as session:
        ids = [a_character(session, name).id for name in ("Ada", "Bo")]
        tags.set_tags(session, ids[0], ["Spring"])
    asked = {"action": "tag", "tag": "spring", "ids": ids}
    plan = client.post("/api/characters/bulk/plan", json=asked).json()
    assert (plan["count"], plan["left_out"]) == (1, ["1 is left out: Has this tag already."])
    assert client.post("/api/characters/bulk", json=asked).json()["sentence"] == "1 character is tagged."
    off = client.post("/api/characters/bulk", json=asked | {"action": "untag"}).json()
    assert off["count"] == 2
    with studio.services.record.reading() as session:
        assert tags.of_characters(session, ids) == {}
    assert client.post("/api/characters/bulk/plan", json=asked | {"tag": " # "}).status_code == 422


def test_runs_are_cancelled_and_a_prefect_that_is_away_is_asked_once(
    studio: StandInStudio, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with studio.services.record.writing() as session:
        ids = [a_character(session, name).id for name in ("Ada", "Bo", "Cy")]
        for number, each in enumerate(ids[:2]):
            characters.begin_run(session, each, f"run-{number}")
    asked_prefect: list[str] = []
    monkeypatch.setattr(studio.prefect, "away", "Prefect is away.")

    def cancel(run_token: str) -> bool:
        asked_prefect.append(run_token)
        return studio.prefect.cancel(run_token)

    services = replace(studio.services, cancel=cancel)
    app = FastAPI()
    app.include_router(bulk_router(services))
    done = TestClient(app).post("/api/characters/bulk", json={"action": "cancel", "ids": ids}).json()
    assert (done["count"], done["left_out"]) == (2, ["1 is left out: No run is under way."])
    assert "Prefect could not be told" in done["afterwards"][0] and len(asked_prefect) == 1
    with studio.services.record.reading() as session:
        assert {characters.get(session, each).status_reason for each in ids[:2]} == {"cancelled"}


def test_nobody_is_erased_before_the_number_is_written_down(
    studio: StandInStudio, client: TestClient
) -> None:
    photos = [studio.upload(photo_bytes(color)) for color in ("#b98f6f", "#8f6fb9", "#6fb98f")]
    ids = [studio.character(photo_key=each, styles=("flat",)) for each in photos]
    studio.prefect.finish()
    with studio.services.record.writing() as session:
        holds.place(session, ids[2], reason="a dispute", by=None)
    asked = {"action": "erase", "ids": ids}
    plan = client.post("/api/characters/bulk/plan", json=asked).json()
    assert (plan["count"], plan["left_out"]) == (2, ["1 is left out: A legal hold keeps it."])
    assert plan["meaning"][0].startswith("2 photos and 2 pictures go")
    refused = client.post("/api/characters/bulk", json=asked | {"confirmed": 3})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_confirmed")
    done = client.post("/api/characters/bulk", json=asked | {"confirmed": 2}).json()
    assert (done["sentence"], done["count"]) == ("2 characters are erased.", 2)
    with studio.services.record.reading() as session:
        assert [characters.get(session, each).status.value for each in ids] == ["erased", "erased", "ready"]
        assert images.of_character(session, ids[0]) == []
