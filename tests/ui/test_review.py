"""The review page's own routes: the queue, one character, decisions, and taking them back."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from db.models import RejectCode, Review
from db.repositories import events, images
from tests.support.studio import StandInStudio
from tests.ui.test_views import Page
from ui.routes.review import review_router
from ui.security import SecurityMiddleware, SecurityPolicy

ORIGIN = "http://127.0.0.1:7860"


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(review_router(studio.services))
    app.add_middleware(SecurityMiddleware, policy=SecurityPolicy(ORIGIN))
    with TestClient(app, base_url=ORIGIN) as client:
        yield client


@pytest.fixture
def character(studio: StandInStudio) -> str:
    return studio.character(styles=("watercolor", "anime"))


def pictures(studio: StandInStudio, character: str) -> dict[str, Any]:
    with studio.services.record.reading() as session:
        return {each.image.style: each.image for each in images.of_character(session, character)}


def decide(client: TestClient, character: str, image: str, act: str, **more: str) -> Any:
    return client.post("/review/decide", json={"act": act, "character": character, "image": image, **more})


def standing(answer: Any, image: str) -> Any:
    return next(each for each in answer.json()["pictures"] if each["image"] == image)


def test_who_waits_is_in_the_queue_until_a_picture_is_approved(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    assert client.get("/review/queue").json() == {"ids": [character], "waiting": 1, "missing": 1}
    image = pictures(studio, character)["anime"].id
    assert decide(client, character, image, "approve").json()["waiting"] is False
    assert client.get("/review/queue").json() == {"ids": [], "waiting": 0, "missing": 1}
    assert client.get("/review/queue", params={"show": "missing"}).json()["ids"] == [character]
    assert client.get("/review/queue", params={"also": character}).json()["ids"] == [character]
    decide(client, character, image, "favourite")
    assert client.get("/review/queue", params={"show": "missing"}).json()["missing"] == 0


def test_a_card_shows_photo_pictures_and_likeness_in_words(client: TestClient, character: str) -> None:
    card = Page(client.get("/review/card", params={"id": character}).text)
    tiles = card.having("data-testid", "tile")
    assert [each["data-style"] for each in tiles] == ["watercolor", "anime"]
    assert "the same face" in card.words and "dark brown" in card.words and "Photo" in card.words
    assert client.get("/review/card", params={"id": "nobody"}).status_code == 404


def test_a_rejection_is_kept_with_its_reason_and_taken_back(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    image = pictures(studio, character)["anime"].id
    decide(client, character, image, "favourite")
    answer = decide(client, character, image, "reject", code="badly_drawn", note="Six fingers.")
    assert standing(answer, image) == {
        "image": image,
        "review": "rejected",
        "reason": "It is badly drawn. Six fingers.",
        "hidden": False,
        "favourite": False,
    }
    assert pictures(studio, character)["anime"].review_code == RejectCode.BADLY_DRAWN
    back = client.post("/review/undo", json={"event": answer.json()["event"]})
    assert standing(back, image)["review"] == "proposed" and standing(back, image)["favourite"] is True
    with studio.services.record.reading() as session:
        told = [each.kind for each in events.timeline(session, character)]
    assert told[:3] == ["variant.undone", "variant.rejected", "variant.selected"]


def test_what_is_not_fit_is_behind_the_door_at_once(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    image = pictures(studio, character)["anime"].id
    assert standing(decide(client, character, image, "reject", code="unsafe"), image)["hidden"] is True
    card = Page(client.get("/review/card", params={"id": character}).text)
    held = next(each for each in card.having("data-testid", "tile") if each["data-image"] == image)
    assert held["data-hidden"] == "yes"
    sources = [given for tag, given in card.tags if tag == "img" and "data-src" in given]
    assert len(sources) == 1 and "src" not in sources[0]


@pytest.mark.parametrize("why", [{"code": "other"}, {"code": "undressed"}, {"code": "ugly"}, {}])
def test_a_rejection_without_a_reason_of_the_list_changes_nothing(
    studio: StandInStudio, client: TestClient, character: str, why: dict[str, str]
) -> None:
    answer = decide(client, character, pictures(studio, character)["anime"].id, "reject", **why)
    assert (answer.status_code, answer.json()["code"]) == (422, "reject_reason")
    assert pictures(studio, character)["anime"].review is Review.PROPOSED


def test_the_second_of_two_operators_is_told_and_nothing_is_lost(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    image = pictures(studio, character)["anime"].id
    first = decide(client, character, image, "reject", code="not_alike", seen_review="proposed")
    assert first.status_code == 200
    second = decide(client, character, image, "approve", seen_review="proposed")
    assert (second.status_code, second.json()["code"]) == (409, "decided_meanwhile")
    assert "it is rejected" in second.json()["sentence"]
    assert pictures(studio, character)["anime"].review is Review.REJECTED


def test_ids_are_looked_up_and_not_believed(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    other = studio.character(name="Omar", styles=("anime",))
    stranger = pictures(studio, other)["anime"].id
    answer = decide(client, character, stranger, "approve")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_picture")
    assert decide(client, character, "nothing", "approve").json()["code"] == "unknown_picture"
    assert client.post("/review/undo", json={"event": "nothing"}).status_code == 404
    assert client.post("/review/decide", content=b"[]").status_code == 422
    foreign = {"origin": "https://evil.example"}
    assert client.post("/review/undo", json={"event": "x"}, headers=foreign).status_code == 403
    assert pictures(studio, other)["anime"].review is Review.PROPOSED
