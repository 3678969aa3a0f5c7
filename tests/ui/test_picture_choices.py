"""The studio's choices for a picture: how much of the person it shows, and how large it is."""

import pytest

from db.repositories import orders
from tasks.errors import UsageError
from tasks.picture_options import Resolution
from tests.support.studio import StandInStudio
from ui.handlers.detail import character_page, draw_again, draw_style, try_again
from ui.handlers.start import start_character
from ui.routes.intake import StartQuestion
from ui.views.detail import stage_html


def buttons(studio: StandInStudio, character_id: str, shown: str = "") -> str:
    return stage_html(character_page(studio.services, character_id, shown))


def test_a_form_of_whole_figures_draws_whole_figures(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",), framing="full_body")
    page = character_page(studio.services, character_id)
    assert [each.title for each in page.pictures] == ["Anime, full body"]
    with studio.services.record.reading() as session:
        (order,) = orders.of_character(session, character_id)
    assert (order.framing, order.resolution) == ("full_body", "")


def test_a_form_that_an_older_page_has_sent_asks_for_a_portrait() -> None:
    asked = {"key": "key", "name": "Maya", "gender": "girl", "styles": ["anime"], "consent": True}
    form = StartQuestion.model_validate(asked).form()
    assert (form.framing, form.resolution) == ("", "")


def test_a_framing_that_there_is_not_is_refused(studio: StandInStudio) -> None:
    with pytest.raises(UsageError, match="no such framing"):
        start_character(studio.services, studio.form(framing="sideways"))


def test_the_whole_figure_is_offered_until_it_is_drawn(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime", "flat"))
    assert "Draw the whole figure" in buttons(studio, character_id)
    draw_style(studio.services, character_id, "anime", "full_body")
    page = character_page(studio.services, character_id)
    titles = {each.title: each.image_id for each in page.pictures}
    assert list(titles) == ["Anime", "Anime, full body", "Flat"]
    assert "Draw the whole figure" not in buttons(studio, character_id, titles["Anime"])
    assert "Draw the whole figure" in buttons(studio, character_id, titles["Flat"])
    draw_again(studio.services, character_id, "anime", "full_body")
    page = character_page(studio.services, character_id)
    assert "Anime 2, full body" in [each.title for each in page.pictures]


def test_trying_again_draws_the_framing_that_failed(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    studio.image.failing = {"flat"}
    draw_style(studio.services, character_id, "flat", "full_body")
    studio.image.failing = set()
    try_again(studio.services, character_id)
    page = character_page(studio.services, character_id)
    assert [each.title for each in page.pictures] == ["Anime", "Flat, full body"]


def test_print_is_offered_where_the_model_can(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    assert "for print" not in buttons(studio, character_id)
    with pytest.raises(UsageError, match="no larger picture for print"):
        start_character(studio.services, studio.form(resolution="print"))
    vars(studio.image)["draws_for_print"] = True
    assert "Draw one for print" in buttons(studio, character_id)
    draw_again(studio.services, character_id, "anime", "portrait", "print")
    with studio.services.record.reading() as session:
        ordered = {each.ordinal: each.resolution for each in orders.of_character(session, character_id)}
    assert ordered == {1: "", 2: "print"}


def test_trying_again_after_a_print_buys_no_prints_of_the_rest(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime", "flat"))
    vars(studio.image)["draws_for_print"] = True
    draw_again(studio.services, character_id, "anime", "portrait", "print")
    drawn = [each.title for each in character_page(studio.services, character_id).pictures]
    page = character_page(studio.services, character_id)
    assert page.run is not None and page.run.again_microusd == 0
    try_again(studio.services, character_id)
    assert studio.prefect.orders[-1].options.resolution is Resolution.DRAFT
    assert [each.title for each in character_page(studio.services, character_id).pictures] == drawn


def test_trying_again_draws_in_the_size_that_waits(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    vars(studio.image)["draws_for_print"] = True
    studio.image.failing = {"flat", "storybook"}
    draw_style(studio.services, character_id, "flat", "portrait", "print")
    draw_style(studio.services, character_id, "storybook")
    studio.image.failing = set()
    try_again(studio.services, character_id)
    last = studio.prefect.orders[-1]
    assert (last.styles, last.options.resolution) == (("storybook",), Resolution.DRAFT)
    try_again(studio.services, character_id)
    last = studio.prefect.orders[-1]
    assert (last.styles, last.options.resolution) == (("flat",), Resolution.PRINT)
