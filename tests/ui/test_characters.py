"""The list: search, filter, page."""

import pytest

from db.models import CharacterStatus
from tests.support.rows import a_character
from tests.support.studio import StandInStudio
from ui.handlers.characters import filter_of, filter_of_address, list_characters
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
    assert filter_of(query, status, page) == wanted
    assert filter_of_address({"q": query, "status": status, "p": page}) == wanted
