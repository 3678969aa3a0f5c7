"""The list: search, filters, order, page, kept views."""

from collections.abc import Iterator
from datetime import date
from urllib.parse import parse_qsl

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from db.lifecycle import move
from db.models import CharacterStatus
from db.repositories import characters
from db.repositories.listing import Show, Sort
from tests.support.rows import a_character
from tests.support.studio import StandInStudio
from ui.handlers.characters import filter_of_address, list_characters
from ui.routes.characters import router
from ui.views.characters import Filter


def names(studio: StandInStudio, wanted: Filter) -> list[str]:
    return [card.name for card in list_characters(studio.services, wanted).cards]


def test_the_newest_comes_first_with_its_cover_and_styles(studio: StandInStudio) -> None:
    studio.character(name="Maya", styles=("anime",))
    studio.character(name="Omar", styles=("flat", "watercolor"))
    first, second = list_characters(studio.services, Filter()).cards
    assert (first.name, second.name) == ("Omar", "Maya")
    assert first.cover_url is not None and first.cover_url.startswith("/scaled/480/")
    assert second.styles == ("Anime",)


def test_a_search_ignores_case_and_accents(studio: StandInStudio) -> None:
    with studio.services.record.writing() as session:
        for name in ("Zoë", "ZOE", "Ada"):
            a_character(session, name)
    assert names(studio, Filter("zoe")) == ["ZOE", "Zoë"]


@pytest.mark.parametrize("query", ["%", "_", "'", "\\", "a%"])
def test_a_search_for_signs_finds_those_signs_only(studio: StandInStudio, query: str) -> None:
    with studio.services.record.writing() as session:
        a_character(session, "Ada")
    assert names(studio, Filter(query)) == []


def test_a_status_shows_only_its_own(studio: StandInStudio) -> None:
    studio.character(name="Maya")
    with studio.services.record.writing() as session:
        a_character(session, "Draft")
    assert names(studio, Filter(status=CharacterStatus.READY)) == ["Maya"]
    assert names(studio, Filter(status=CharacterStatus.FAILED)) == []


def test_pages_hold_24_and_a_page_beyond_the_last_is_the_last(studio: StandInStudio) -> None:
    with studio.services.record.writing() as session:
        for number in range(50):
            a_character(session, f"Person {number:02d}")
    listing = list_characters(studio.services, Filter(page=99))
    assert (listing.total, listing.pages, listing.filter.page) == (50, 3, 3)
    assert [card.name for card in listing.cards] == ["Person 01", "Person 00"]
    assert len(list_characters(studio.services, Filter(page=2)).cards) == 24


def test_an_empty_list_has_one_page(studio: StandInStudio) -> None:
    listing = list_characters(studio.services, Filter())
    assert (listing.cards, listing.total, listing.pages) == ((), 0, 1)


@pytest.mark.parametrize(
    ("query", "status", "page", "wanted"),
    [
        ("  maya  b ", "ready", "3", Filter("maya b", CharacterStatus.READY, 3)),
        ("", "all", "", Filter()),
        ("", "nonsense", "-4", Filter()),
        ("", "", "1e9", Filter()),
        ("x" * 500, "", "1", Filter("x" * 120)),
    ],
)
def test_an_address_that_makes_no_sense_counts_as_not_said(
    query: str, status: str, page: str, wanted: Filter
) -> None:
    assert filter_of_address({"q": query, "status": status, "p": page}) == wanted


def test_an_address_says_all_that_a_filter_says_and_nothing_else() -> None:
    wanted = filter_of_address(
        {"q": "maya", "show": "review", "style": "anime", "from": "2026-11-01", "sort": "name", "size": "48"}
    )
    assert (wanted.show, wanted.since, wanted.sort, wanted.size) == (
        Show.REVIEW,
        date(2026, 11, 1),
        Sort.NAME,
        48,
    )
    assert filter_of_address(dict(parse_qsl(wanted.address))) == wanted
    assert Filter().address == ""
    assert filter_of_address({"size": "7", "sort": "age", "from": "yesterday", "show": "all"}) == Filter()


def test_the_fragment_shows_the_list_of_its_address_and_why_somebody_is_needed(
    studio: StandInStudio, client: TestClient
) -> None:
    studio.character(name="Maya", styles=("anime",))
    with studio.services.record.writing() as session:
        dora = characters.begin_run(session, a_character(session, "Dora").id, "run-1")
        move(session, dora, CharacterStatus.FAILED, reason="no_face", sentence="There is no face here.")
    everyone = client.get("/fragments/characters")
    assert "Maya" in everyone.text and "There is no face here." in everyone.text
    assert everyone.headers["x-revision"] == client.get("/fragments/characters").headers["x-revision"]
    attention = client.get("/fragments/characters?show=attention")
    assert "Dora" in attention.text and "Maya" not in attention.text
    assert attention.headers["x-revision"] != everyone.headers["x-revision"]


def test_a_name_is_only_text_in_the_fragment(studio: StandInStudio, client: TestClient) -> None:
    with studio.services.record.writing() as session:
        a_character(session, "<img src=x onerror=alert(1)>")
    assert "<img src=x" not in client.get("/fragments/characters?q=<b>").text
    assert "<img src=x" not in client.get("/fragments/characters").text


def test_a_view_is_kept_found_again_and_forgotten(studio: StandInStudio, client: TestClient) -> None:
    kept = client.post("/api/views", json={"name": " To  do ", "address": "show=review&p=7&evil=1"})
    assert kept.status_code == 201
    (view,) = list_characters(studio.services, Filter()).views
    assert (view.name, view.address) == ("To do", "show=review")
    client.post("/api/views", json={"name": "to do", "address": "status=failed"})
    (view,) = list_characters(studio.services, Filter()).views
    assert view.address == "status=failed"
    assert client.post("/api/views/forget", json={"view": view.view_id}).status_code == 200
    assert list_characters(studio.services, Filter()).views == ()


def test_a_view_without_a_name_is_refused_in_words(client: TestClient) -> None:
    refused = client.post("/api/views", json={"name": " \u202e ", "address": ""})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_name")


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(router(studio.services))
    with TestClient(app) as client:
        yield client
