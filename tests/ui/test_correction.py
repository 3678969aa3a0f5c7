"""The panels for corrections: what they show, what they save, and what they say of what can't be."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from db.models import CharacterStatus
from db.repositories import characters, events, images
from flows.request_run import request_run
from tests.support.studio import StandInStudio
from tests.ui.test_views import Page
from ui.handlers.correction import cancel_run_of, draw_corrected, profile_panel, take_favourite_back
from ui.handlers.detail import character_page, pick_favourite
from ui.routes.correction import correction_router
from ui.security import SecurityMiddleware, SecurityPolicy
from ui.views.detail import stage_html

ORIGIN = "http://127.0.0.1:7860"
GINGER = {"hair_colour": {"value": "ginger", "hex": "#B5652F"}}


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(correction_router(studio.services))
    app.add_middleware(SecurityMiddleware, policy=SecurityPolicy(ORIGIN))
    with TestClient(app, base_url=ORIGIN) as opened:
        yield opened


def words_of(html: str) -> str:
    return " ".join(Page(html).words)


def test_a_correction_is_saved_shown_and_priced(studio: StandInStudio, client: TestClient) -> None:
    character_id = studio.character(styles=("watercolor", "anime"))
    place = f"/character/{character_id}/profile"
    first = client.get(place)
    assert first.status_code == 200 and "Version 1, measured on this machine" in words_of(first.text)
    assert 'data-testid="redraw"' not in first.text
    saved = client.post(place, json={"based_on": 1, "attributes": GINGER, "do_not_change": ["two plaits"]})
    words = words_of(saved.text)
    assert saved.status_code == 200 and "Saved as version 2." in words
    assert "corrected by Operator, version 2" in words and "two plaits" in words
    assert "Draw again with this" in words and "All 2 free" in words
    compared = client.get(place, params={"compare": "1-2"}).text
    assert "dark brown" in words_of(compared) and "ginger" in words_of(compared)


def test_an_edit_that_came_too_late_shows_both_sides_and_saves_on_top(
    studio: StandInStudio, client: TestClient
) -> None:
    place = f"/character/{studio.character(styles=('anime',))}/profile"
    client.post(place, json={"based_on": 1, "attributes": {"eyes": {"value": "green", "hex": "#406040"}}})
    late = client.post(place, json={"based_on": 1, "attributes": GINGER})
    assert late.status_code == 409
    told = late.json()
    assert (told["code"], told["newest"]) == ("profile_moved_on", 2)
    words = words_of(told["html"])
    assert "green" in words and "ginger" in words and "nothing you wrote is lost" in words
    again = client.post(place, json={"based_on": 2, "attributes": GINGER})
    assert "Saved as version 3." in words_of(again.text)


@pytest.mark.parametrize(
    ("part", "document", "code"),
    [
        ("profile", {"attributes": GINGER}, "bad_profile"),
        ("profile", {"based_on": 1, "attributes": {"skin": "tan"}}, "bad_profile"),
        ("profile", {"based_on": 1, "palette": "red"}, "bad_profile"),
        ("profile", [], "bad_json"),
        ("details", {"name": " "}, "no_name"),
        ("details", {"tags": "spring"}, "usage"),
        ("details", {"styles": ["crayon"]}, "unknown_style"),
    ],
)
def test_what_can_not_be_read_is_told_in_a_sentence(
    studio: StandInStudio, client: TestClient, part: str, document: object, code: str
) -> None:
    answer = client.post(f"/character/{studio.character(styles=('anime',))}/{part}", json=document)
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] == code and answer.json()["sentence"].endswith(".")


def test_nobody_else_s_page_can_correct_and_unknown_characters_are_unknown(
    studio: StandInStudio, client: TestClient
) -> None:
    place = f"/character/{studio.character(styles=('anime',))}/details"
    foreign = client.post(place, json={"name": "X"}, headers={"Origin": "http://elsewhere.example"})
    assert foreign.status_code == 403
    assert client.get("/character/nobody/profile").status_code == 404
    assert client.post("/character/nobody/details", json={"name": "X"}).json()["code"] == "not_found"


def test_details_are_saved_together(studio: StandInStudio, client: TestClient) -> None:
    character_id = studio.character(styles=("anime",))
    told = {"name": "Zoë", "gender": "boy", "notes": "shy", "tags": ["#spring"], "styles": ["anime", "flat"]}
    answer = client.post(f"/character/{character_id}/details", json=told)
    assert answer.status_code == 200
    page = character_page(studio.services, character_id)
    assert (page.name, page.gender) == ("Zoë", "boy")
    assert [(each.style, each.drawn) for each in page.ordered] == [("anime", 1), ("flat", 0)]
    assert "Zoë" not in " ".join(moment.message for group in page.timeline for moment in group.moments)


def test_drawn_again_with_the_correction_the_new_one_stands_beside_the_old_one(
    studio: StandInStudio, client: TestClient
) -> None:
    character_id = studio.character(styles=("anime",))
    client.post(f"/character/{character_id}/profile", json={"based_on": 1, "attributes": GINGER})
    draw_corrected(studio.services, character_id, ["anime"])
    page = character_page(studio.services, character_id)
    assert page.beside is not None and page.beside.corrected
    assert (page.beside.old_version, page.beside.new_version) == (1, 2)
    assert page.beside.old.image_id != page.beside.new.image_id
    words = words_of(stage_html(page))
    assert "Before: Anime" in words and "New: Anime 2" in words
    panel = profile_panel(studio.services, character_id)
    assert panel is not None and panel.redraws == ()


def test_a_favourite_is_taken_back(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    pick_favourite(
        studio.services, character_id, character_page(studio.services, character_id).pictures[0].image_id
    )
    assert 'data-event="undo_favourite"' in stage_html(character_page(studio.services, character_id))
    take_favourite_back(studio.services, character_id)
    with studio.services.record.reading() as session:
        assert images.favourite(session, character_id) is None


def test_a_run_is_cancelled_and_says_when_prefect_is_away(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    request_run(studio.services.runtime, character_id, ["flat"])
    assert cancel_run_of(studio.services, character_id) is None
    request_run(studio.services.runtime, character_id, ["flat"])
    studio.prefect.away = "Prefect does not answer."
    problem = cancel_run_of(studio.services, character_id)
    assert problem is not None and "Prefect" in problem
    assert len(studio.prefect.cancelled) == 1
    with studio.services.record.reading() as session:
        character = characters.get(session, character_id)
        assert (character.status, character.status_reason) == (CharacterStatus.FAILED, "cancelled")
        assert events.timeline(session, character_id)[0].kind == "character.failed"
