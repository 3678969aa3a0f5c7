"""A second picture on purpose that did not come is shown by Try again, and bought once."""

from dataclasses import dataclass, replace

import pytest

from db.models import CallState, CharacterStatus
from db.repositories import calls
from flows.request_run import AskedRun
from tasks.errors import NotReady, NotSent
from tasks.runtime import Runtime
from tasks.settlement.reconcile import collect_orphaned_outputs
from tests.support.providers import BookkeepingImage
from tests.support.studio import StandInPrefect, StandInStudio
from ui.handlers.detail import character_page, draw_again, try_again
from ui.handlers.runs import ask_for_run
from ui.handlers.start import start_character
from ui.services import StudioServices


@dataclass
class Shop:
    """A studio whose pictures are bought from someone who keeps books."""

    services: StudioServices
    prefect: StandInPrefect
    image: BookkeepingImage

    @property
    def runtime(self) -> Runtime:
        return self.services.runtime


@pytest.fixture
def runtime(studio: StandInStudio) -> Shop:
    image = BookkeepingImage()
    runtime = replace(studio.services.runtime, image=image)
    prefect = StandInPrefect(runtime)
    return Shop(replace(studio.services, runtime=runtime, submit=prefect.submit), prefect, image)


def started(runtime: Shop, studio: StandInStudio, *styles: str) -> str:
    asked = start_character(runtime.services, studio.form(styles=styles))
    assert isinstance(asked, AskedRun)
    return asked.character_id


def not_yet(_style: str) -> None:
    raise NotReady("The picture is not here yet.")


def test_what_housekeeping_fetched_for_another_picture_becomes_that_picture(
    studio: StandInStudio, runtime: Shop
) -> None:
    character_id = started(runtime, studio, "anime")
    runtime.image.on_collect = not_yet
    draw_again(runtime.services, character_id, "anime")
    page = character_page(runtime.services, character_id)
    assert (page.status, len(page.pictures)) == (CharacterStatus.FAILED, 1)
    assert runtime.image.billed.total() == 2

    runtime.image.on_collect = lambda _style: None
    assert collect_orphaned_outputs(runtime.runtime) == 1
    page = character_page(runtime.services, character_id)
    assert page.run is not None and page.run.again_microusd == 0  # it is bought already
    try_again(runtime.services, character_id)

    page = character_page(runtime.services, character_id)
    assert page.status is CharacterStatus.READY
    assert [each.title for each in page.pictures] == ["Anime", "Anime 2"]
    assert runtime.image.billed.total() == 2
    with runtime.runtime.record.reading() as session:
        assert {each.state for each in calls.of_character(session, character_id)} == {CallState.RECORDED}


def test_only_what_did_not_come_is_asked_for_again(studio: StandInStudio, runtime: Shop) -> None:
    character_id = started(runtime, studio, "anime", "flat")

    def turned_away(style: str) -> None:
        if style == "flat":
            raise NotSent("Too many requests.")

    runtime.image.before_billing = turned_away
    ask_for_run(runtime.services, character_id, ["anime", "flat"], another=True)
    run = character_page(runtime.services, character_id).run
    assert run is not None and run.again_microusd == 39_000
    runtime.image.before_billing = lambda _style: None
    try_again(runtime.services, character_id)
    assert (runtime.prefect.orders[-1].styles, runtime.prefect.orders[-1].another) == (("flat",), True)
    page = character_page(runtime.services, character_id)
    assert [each.title for each in page.pictures] == ["Anime", "Anime 2", "Flat", "Flat 2"]
    assert runtime.image.billed.total() == 4
