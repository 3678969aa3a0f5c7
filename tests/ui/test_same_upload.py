"""An upload makes one character: a double click, a second tab, a browser that sends again."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from db.engine import Record
from db.lifecycle import move
from db.models import CharacterStatus
from db.repositories import characters, events
from flows.request_run import AskedRun
from tasks.errors import UsageError
from tests.db.conftest import url
from tests.support.postgres import postgres_server
from tests.support.racing import race_threads
from tests.support.studio import StandInPrefect, StandInStudio
from ui.handlers.start import start_character
from ui.services import StudioServices

__all__ = ["postgres_server", "url"]

MANY = 4


@pytest.fixture
def services(studio: StandInStudio, url: str) -> Iterator[StudioServices]:
    record = Record(url)
    runtime = replace(studio.services.runtime, record=record)
    yield replace(studio.services, runtime=runtime, submit=StandInPrefect(runtime).submit)
    record.close()


def kinds_of(services: StudioServices, asked: AskedRun) -> list[str]:
    with services.record.reading() as session:
        return [event.kind for event in events.timeline(session, asked.character_id)]


def test_a_double_click_makes_one_character_and_one_run(
    studio: StandInStudio, services: StudioServices
) -> None:
    """All of them have read the photo before the first of them writes."""
    door = Barrier(MANY)

    def meeting(data: bytes, *, face: int | str | None = None) -> Any:
        door.wait(120)
        return studio.services.normalize(data, face=face)

    form = studio.form(styles=("anime",))
    clicks = race_threads(MANY, lambda: start_character(replace(services, normalize=meeting), form))
    first, *others = clicks
    assert isinstance(first, AskedRun) and set(others) == {first}
    with services.record.reading() as session:
        assert characters.page(session).total == 1
    assert kinds_of(services, first).count("run.asked") == 1
    assert len(list(services.store.iterate("photos/"))) == 1  # the others took theirs back


def test_a_request_that_is_sent_again_later_is_answered_with_the_same_run(
    studio: StandInStudio, services: StudioServices
) -> None:
    form = studio.form(styles=("anime",))
    first = start_character(services, form)
    assert services.store.head(form.photo_key) is None
    again = start_character(services, replace(form, name=f"  {form.name} "))
    assert again == first and isinstance(again, AskedRun)
    assert kinds_of(services, again).count("run.submitted") == 1


def test_what_prefect_did_not_take_is_handed_over_by_the_second_request(
    studio: StandInStudio, services: StudioServices
) -> None:
    form = studio.form(styles=("anime",))
    away = StandInPrefect(services.runtime, away="Prefect does not answer.")
    first = start_character(replace(services, submit=away.submit), form)
    assert isinstance(first, AskedRun) and first.problem
    again = start_character(services, form)
    assert again == replace(first, problem=None)
    with services.record.reading() as session:
        assert characters.get(session, first.character_id).status is CharacterStatus.READY


@pytest.mark.parametrize(
    "changed", [{"name": "Someone else"}, {"styles": ("anime", "flat")}, {"gender": "boy"}, {"face": 2}]
)
def test_the_same_upload_with_another_wish_is_a_clear_conflict(
    studio: StandInStudio, services: StudioServices, changed: dict[str, Any]
) -> None:
    form = studio.form(styles=("anime",))
    start_character(services, form)
    with pytest.raises(UsageError, match="choose the photo again") as refused:
        start_character(services, replace(form, **changed))
    assert refused.value.code == "upload_used"
    with services.record.reading() as session:
        assert characters.page(session).total == 1


def test_an_upload_whose_character_was_erased_brings_nobody_back(
    studio: StandInStudio, services: StudioServices
) -> None:
    form = studio.form(styles=("anime",))
    first = start_character(services, form)
    assert isinstance(first, AskedRun)
    with services.record.writing() as session:
        move(session, characters.get(session, first.character_id), CharacterStatus.ERASED)
    with pytest.raises(UsageError, match="has been erased"):
        start_character(services, form)


def test_the_same_photo_uploaded_twice_makes_two(studio: StandInStudio, services: StudioServices) -> None:
    for _ in range(2):
        start_character(services, studio.form(styles=("anime",)))
    with services.record.reading() as session:
        assert characters.page(session).total == 2


def test_a_form_that_was_refused_uses_nothing_up(studio: StandInStudio, services: StudioServices) -> None:
    form = studio.form(styles=("anime",))
    with pytest.raises(UsageError):
        start_character(services, replace(form, consent=False))
    assert isinstance(start_character(services, form), AskedRun)
