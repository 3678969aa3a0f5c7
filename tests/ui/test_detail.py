"""What the page of a character says."""

from types import SimpleNamespace

import pytest

from db.errors import NotFound
from tasks.profile import Trait
from tests.support.studio import StandInStudio
from tests.ui.test_views import Page
from ui.handlers.detail import character_page, draw_again, pick_favourite, try_again
from ui.handlers.profile import sureness
from ui.pages.detail import _Events
from ui.views.detail import CharacterPage, lineage_html, stage_html


@pytest.fixture
def page(studio: StandInStudio) -> CharacterPage:
    return character_page(studio.services, studio.character(styles=("watercolor", "anime")))


def test_an_unknown_character_is_said_to_be_unknown(studio: StandInStudio) -> None:
    with pytest.raises(NotFound):
        character_page(studio.services, "nobody")


def test_the_profile_lists_every_trait_with_how_sure_it_is(page: CharacterPage) -> None:
    assert page.profile is not None
    told = {row.label: (row.value, row.sureness) for row in page.profile.rows}
    assert told["Hair colour"] == ("dark brown", "sure")
    assert told["Eyes"] == ("brown", "fairly sure")
    assert told["Face shape"] == ("oval", "a guess")
    assert told["Apparent age"] == (None, "")
    assert len(told) == 17
    assert page.profile.source == "measured on this machine"


def test_the_lineage_is_of_the_picture_that_is_shown(studio: StandInStudio, page: CharacterPage) -> None:
    anime = page.pictures[1]
    shown = character_page(studio.services, page.character_id, anime.image_id)
    assert shown.lineage is not None
    assert shown.lineage.image_id == anime.image_id
    assert shown.lineage.style == "Anime, version 1"
    assert "anime clean lines" in shown.lineage.prompt
    assert (shown.lineage.model, shown.lineage.provider) == ("stand-in-brush", "local")
    assert len(shown.lineage.sha256) == len(shown.lineage.work_key) == 64
    assert shown.lineage.cost_microusd == 0
    assert shown.lineage.likeness == (("Same face", "0.62 (needs 0.45)"),)


def test_a_picture_by_a_server_of_the_house_says_so(studio: StandInStudio) -> None:
    studio.image.name, studio.image.model = "in-house", "klein"
    page = character_page(studio.services, studio.character(styles=("anime",)))
    assert "klein (drawn in-house)" in lineage_html(page)


def test_the_name_is_in_no_prompt(page: CharacterPage) -> None:
    assert page.lineage is not None
    assert "Maya" not in page.lineage.prompt


def test_a_picture_of_nobody_shows_the_favourite_instead(studio: StandInStudio, page: CharacterPage) -> None:
    pick_favourite(studio.services, page.character_id, page.pictures[1].image_id)
    shown = character_page(studio.services, page.character_id, "not-a-picture").shown
    assert shown is not None and shown.style == "anime"


def test_the_timeline_goes_by_run_and_leaves_out_what_is_said_better(
    studio: StandInStudio, page: CharacterPage
) -> None:
    pick_favourite(studio.services, page.character_id, page.pictures[1].image_id)
    draw_again(studio.services, page.character_id, "anime")
    studio.prefect.finish()
    again, between, first = [
        group for group in character_page(studio.services, page.character_id).timeline if len(group.moments)
    ][:3]
    assert (again.title, first.title) == ("Run: Anime", "Run: Watercolor, Anime")
    assert again.asked == "asked for at the studio" and again.cost_microusd is None
    assert [(moment.message, moment.who) for moment in between.moments] == [
        ("Favourite chosen: Anime", "at the studio")
    ]
    messages = [moment.message for moment in first.moments]
    assert messages[0] == "Asked for Watercolor, Anime" and "Ready" in messages[-2:]
    assert "New picture: Anime" in messages and "Save Anime" not in messages
    assert [moment.at for moment in first.moments] == sorted(moment.at for moment in first.moments)


@pytest.mark.parametrize(
    ("value", "confidence", "words"),
    [
        ("x", 1.0, "sure"),
        ("x", 0.75, "sure"),
        ("x", 0.5, "fairly sure"),
        ("x", 0.1, "a guess"),
        (None, 0.9, ""),
    ],
)
def test_how_sure_in_words(value: str | None, confidence: float, words: str) -> None:
    assert sureness(Trait(value=value, confidence=confidence)) == words


def test_what_was_ordered_is_told_with_what_of_it_is_missing(studio: StandInStudio) -> None:
    studio.image.failing = {"anime"}
    character_id = studio.character(styles=("watercolor", "anime"))
    draw_again(studio.services, character_id, "watercolor")
    words = Page(stage_html(character_page(studio.services, character_id))).words
    assert "Ordered: Watercolor × 2, Anime (missing)" in words


def test_trying_again_asks_for_what_was_ordered_and_for_nothing_else(studio: StandInStudio) -> None:
    studio.image.failing = {"anime"}
    character_id = studio.character(styles=("watercolor", "anime"))
    try_again(studio.services, character_id)
    studio.image.failing = set()
    try_again(studio.services, character_id)
    try_again(studio.services, character_id)  # all is there: nothing else is thought of
    asked = [order.styles for order in studio.prefect.orders[1:]]
    assert asked == [("anime",), ("anime",), ("watercolor", "anime")]
    assert {each.style for each in character_page(studio.services, character_id).pictures} == {
        "watercolor",
        "anime",
    }


def test_pictures_of_one_style_by_two_models_are_offered_to_be_compared(
    studio: StandInStudio, page: CharacterPage
) -> None:
    assert page.model_pairs == ()
    studio.image.model = "stand-in-brush-2"
    draw_again(studio.services, page.character_id, "anime")
    studio.prefect.finish()
    (pair,) = character_page(studio.services, page.character_id).model_pairs
    assert "stand-in-brush ·" in pair.old_name and "stand-in-brush-2" in pair.new_name
    known = {each.image_id for each in character_page(studio.services, page.character_id).comparables}
    assert {pair.old, pair.new, "photo"} <= known


def test_the_picture_in_the_address_is_the_one_shown(studio: StandInStudio, page: CharacterPage) -> None:
    wanted = page.pictures[1].image_id
    request = SimpleNamespace(query_params={"id": page.character_id, "picture": wanted})
    opened = _Events(studio.services).open_page(request)  # type: ignore[arg-type]
    assert opened[:2] == (page.character_id, wanted)
    assert any(f'data-shown="{wanted}"' in part for part in opened if isinstance(part, str))
