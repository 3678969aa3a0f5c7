"""Asking for runs, handing them over, and what the studio shows of them."""

import pytest

from db.models import CharacterStatus
from db.repositories import characters, events
from flows.request_run import submit_run
from tasks.errors import UsageError
from tests.support.studio import StandInStudio
from ui.handlers.detail import character_page, draw_again, draw_style, pick_favourite, try_again
from ui.handlers.runs import run_view
from ui.views.runs import RunState, RunView, StepState


def newest_run(studio: StandInStudio, character_id: str) -> RunView:
    with studio.services.record.reading() as session:
        token = characters.get(session, character_id).run_token
    view = run_view(studio.services, token or "")
    assert view is not None
    return view


def test_a_finished_run_shows_every_picture_it_made(studio: StandInStudio) -> None:
    view = newest_run(studio, studio.character(styles=("watercolor", "anime")))
    assert view.state is RunState.READY
    assert view.name == "Maya"
    assert [(tile.label, tile.state) for tile in view.tiles] == [
        ("Watercolor", StepState.DONE),
        ("Anime", StepState.DONE),
    ]
    assert all(tile.picture is not None for tile in view.tiles)
    assert {step.state for step in view.progress.steps} == {StepState.DONE}


def test_a_run_links_to_itself_in_prefect(studio: StandInStudio) -> None:
    view = newest_run(studio, studio.character())
    assert view.flow_run_url == f"/prefect?next=%2Fruns%2Fflow-run%2Fflow-run-{view.run_token}"


@pytest.mark.parametrize("token", ["", "unknown", "'; drop table events; --"])
def test_a_run_that_does_not_exist_is_nothing(studio: StandInStudio, token: str) -> None:
    assert run_view(studio.services, token) is None


def test_a_failed_style_tells_why_and_the_others_are_kept(studio: StandInStudio) -> None:
    studio.image.failing = {"anime"}
    view = newest_run(studio, studio.character(styles=("watercolor", "anime")))
    assert view.state is RunState.FAILED
    assert [(tile.state, tile.sentence) for tile in view.tiles] == [
        (StepState.DONE, ""),
        (StepState.FAILED, "The brush broke."),
    ]
    assert view.reason == "1 of 2 styles is drawn. The brush broke."


def test_trying_again_after_a_failure_draws_what_is_missing_and_nothing_else(studio: StandInStudio) -> None:
    studio.image.failing = {"anime"}
    character_id = studio.character(styles=("watercolor", "anime"))
    studio.image.failing = set()
    try_again(studio.services, character_id)
    assert studio.prefect.orders[-1].styles == ("anime",)
    page = character_page(studio.services, character_id)
    assert page.status is CharacterStatus.READY
    assert [picture.title for picture in page.pictures] == ["Watercolor", "Anime"]


def test_trying_again_hands_over_the_very_run_that_prefect_did_not_take(studio: StandInStudio) -> None:
    studio.prefect.away = "Prefect does not answer."
    character_id = studio.character(styles=("flat",))
    waiting = newest_run(studio, character_id)
    assert waiting.state is RunState.NOT_SENT
    studio.prefect.away = ""
    asked = try_again(studio.services, character_id)
    assert asked.run_token == waiting.run_token
    assert newest_run(studio, character_id).state is RunState.READY


def test_handing_a_run_over_twice_runs_it_once(studio: StandInStudio) -> None:
    view = newest_run(studio, studio.character())
    submit_run(studio.services.runtime, view.run_token, studio.services.submit)
    assert len(studio.prefect.orders) == 1
    assert len(newest_run(studio, view.character_id).tiles) == 2


def test_handing_over_a_run_that_does_not_exist_is_refused(studio: StandInStudio) -> None:
    with pytest.raises(UsageError):
        submit_run(studio.services.runtime, "unknown", studio.services.submit)


def test_drawing_again_adds_a_picture_beside_the_first(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    draw_again(studio.services, character_id, "anime")
    page = character_page(studio.services, character_id)
    assert [picture.title for picture in page.pictures] == ["Anime", "Anime 2"]
    first, second = page.pictures
    assert first.original_url != second.original_url


def test_a_missing_style_can_be_drawn_by_itself(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    assert [each.style for each in character_page(studio.services, character_id).missing] == [
        "watercolor",
        "storybook",
        "flat",
        "colored-pencil",
    ]
    draw_style(studio.services, character_id, "flat")
    drawn = [picture.style for picture in character_page(studio.services, character_id).pictures]
    assert drawn == ["anime", "flat"]


def test_nothing_is_asked_for_while_a_run_is_under_way(studio: StandInStudio) -> None:
    studio.prefect.away = "Prefect does not answer."
    character_id = studio.character()
    with pytest.raises(UsageError, match="under way"):
        draw_again(studio.services, character_id, "anime")


def test_a_style_that_exists_is_found_and_shown_not_drawn(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    draw_style(studio.services, character_id, "anime")
    view = newest_run(studio, character_id)
    assert view.tiles[0].state is StepState.SKIPPED
    assert view.tiles[0].picture is not None
    assert len(character_page(studio.services, character_id).pictures) == 1


def test_the_favourite_is_one_and_comes_first(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("watercolor", "anime"))
    watercolor, anime = character_page(studio.services, character_id).pictures
    assert pick_favourite(studio.services, character_id, watercolor.image_id) == "Watercolor"
    assert pick_favourite(studio.services, character_id, anime.image_id) == "Anime"
    page = character_page(studio.services, character_id)
    assert [picture.favourite for picture in page.pictures] == [False, True]
    assert page.shown is not None and page.shown.image_id == anime.image_id


def test_another_character_s_picture_can_t_be_the_favourite(studio: StandInStudio) -> None:
    mine, yours = studio.character(name="Maya"), studio.character(name="Omar")
    picture = character_page(studio.services, yours).pictures[0]
    with pytest.raises(UsageError):
        pick_favourite(studio.services, mine, picture.image_id)
    assert not any(each.favourite for each in character_page(studio.services, yours).pictures)


def test_every_run_is_asked_for_on_the_timeline(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    with studio.services.record.reading() as session:
        kinds = {event.kind for event in events.timeline(session, character_id)}
    assert {"character.created", "run.asked", "run.submitted", "variant.recorded", "character.ready"} <= kinds


def test_what_was_asked_for_stands_before_what_came_of_it(studio: StandInStudio) -> None:
    character_id = studio.character()
    with studio.services.record.reading() as session:
        kinds = [event.kind for event in reversed(events.timeline(session, character_id))]
    assert kinds.index("run.asked") < kinds.index("character.queued")
