"""The review page's own routes: the queue, one character, decisions, and taking them back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from db.ids import utc_now
from db.models import RejectCode, Review, Role, User
from db.repositories import assets, characters, clock, events, images
from tasks.accounts.person import Person
from tasks.consent.record import withdraw_consent
from tests.support.studio import StandInStudio
from tests.ui.test_views import Page
from ui.acting import acting
from ui.routes.downloads import downloads_router
from ui.routes.review import review_router
from ui.routes.scaled import router as scaled_router
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


REVIEWER = "01900000-0000-7000-8000-000000000001"
ROSA = Person(REVIEWER, "Rosa", Role.REVIEWER)


@pytest.fixture
def reviewer(studio: StandInStudio) -> Iterator[TestClient]:
    """The same routes, asked by somebody who reviews and may not read everything."""
    with studio.services.record.writing() as session:
        session.add(User(id=REVIEWER, name="Rosa", email="rosa@example.org"))
    app = FastAPI()
    for routes in (review_router, scaled_router, downloads_router):
        app.include_router(routes(studio.services))

    async def as_reviewer(scope: Scope, receive: Receive, send: Send) -> None:
        with acting(ROSA):
            await app(scope, receive, send)

    with TestClient(as_reviewer, base_url=ORIGIN) as client:
        yield client


def test_a_reviewer_sees_whom_there_is_to_decide_about_and_nobody_else(
    studio: StandInStudio, client: TestClient, reviewer: TestClient, character: str
) -> None:
    card = {"id": character}
    shown = Page(reviewer.get("/review/card", params=card).text)
    tiles = shown.having("data-testid", "tile")
    assert tiles and all("/scaled/960/" in str(each["data-large"]) for each in tiles)
    whole = Page(client.get("/review/card", params=card).text)
    assert not any("/scaled/" in str(each["data-large"]) for each in whole.having("data-testid", "tile"))
    image = pictures(studio, character)["anime"].id
    decide(client, character, image, "approve")
    taken = decide(client, character, image, "favourite").json()["event"]
    assert client.get("/review/card", params=card).status_code == 200
    for path in ("/review/card", "/review/eyes"):
        assert reviewer.get(path, params=card).status_code == 404
    assert reviewer.get("/review/queue", params={"also": character}).json()["ids"] == []
    assert decide(reviewer, character, image, "propose").status_code == 404
    assert reviewer.post("/review/undo", json={"event": taken}).status_code == 404
    assert pictures(studio, character)["anime"].is_selected


def test_a_reviewer_sees_again_whom_they_have_decided_about_until_it_is_long_ago(
    studio: StandInStudio, reviewer: TestClient, character: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = pictures(studio, character)["anime"].id
    decide(reviewer, character, image, "approve")
    made = decide(reviewer, character, image, "favourite").json()["event"]
    assert reviewer.get("/review/queue").json()["ids"] == []
    assert reviewer.get("/review/queue", params={"also": character}).json()["ids"] == [character]
    assert reviewer.get("/review/card", params={"id": character}).status_code == 200
    assert reviewer.post("/review/undo", json={"event": made}).status_code == 200
    decide(reviewer, character, image, "favourite")
    later = utc_now() + timedelta(days=2)
    monkeypatch.setattr(clock, "now", lambda _session: later)
    assert reviewer.get("/review/card", params={"id": character}).status_code == 404


def test_a_reviewer_sees_nobody_whose_consent_was_withdrawn(
    studio: StandInStudio, client: TestClient, reviewer: TestClient, character: str
) -> None:
    image = pictures(studio, character)["anime"].id
    decide(reviewer, character, image, "reject", code="not_alike")
    withdraw_consent(studio.services.runtime, character_id=character, by=None)
    assert client.get("/review/card", params={"id": character}).status_code == 200
    assert reviewer.get("/review/card", params={"id": character}).status_code == 404
    asked = reviewer.get("/review/queue", params={"also": character}).json()
    assert asked == {"ids": [], "waiting": 0, "missing": 0}
    assert decide(reviewer, character, image, "approve").status_code == 404


def test_an_address_that_a_reviewer_has_kept_ends_with_what_they_may_see(
    studio: StandInStudio, reviewer: TestClient, character: str
) -> None:
    """Signed for Rosa, photo and picture alike; whoever may read everything still sees what there is."""
    services = studio.services
    with services.record.reading() as session:
        variant = images.of_character(session, character)[0]
        photo = assets.get(session, str(characters.get(session, character).photo_asset_id))
        seen = [photo.sha256, variant.asset.sha256]
    with acting(ROSA):
        kept = [*(services.links.scaled(each, 240) for each in seen), services.links.full(variant.image.id)]
    assert [reviewer.get(each).status_code for each in kept] == [200, 200, 200]
    withdraw_consent(services.runtime, character_id=character, by=None)
    assert [reviewer.get(each).status_code for each in kept] == [404, 404, 404]
    app = FastAPI()
    app.include_router(scaled_router(services))
    with TestClient(app) as everybody:
        assert everybody.get(services.links.scaled(seen[0], 240)).status_code == 200


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
