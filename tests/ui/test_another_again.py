"""A second picture on purpose that did not come is shown by Try again, and bought once."""

from dataclasses import dataclass, replace

import pytest

from db.models import CallState, CharacterStatus
from db.repositories import calls
from flows.request_run import AskedRun
from tasks.errors import NotReady, NotSent
from tasks.runtime import Workshop
from tasks.settlement.reconcile import fetch_left_behind
from tests.support.providers import BookkeepingImage
from tests.support.studio import StandInPrefect, StandInStudio
from ui.handlers.detail import character_page, draw_again, try_again
from ui.handlers.runs import ask_for_run
from ui.handlers.start import start_character
from ui.services import Services


@dataclass
class Shop:
    """A studio whose pictures are bought from someone who keeps books."""

    services: Services
    prefect: StandInPrefect
    image: BookkeepingImage

    @property
    def tools(self) -> Workshop:
        return self.services.workshop


@pytest.fixture
def shop(studio: StandInStudio) -> Shop:
    image = BookkeepingImage()
    tools = replace(studio.services.workshop, image=image)
    prefect = StandInPrefect(tools)
    return Shop(replace(studio.services, workshop=tools, submit=prefect.submit), prefect, image)


def started(shop: Shop, studio: StandInStudio, *styles: str) -> str:
    asked = start_character(shop.services, studio.form(styles=styles))
    assert isinstance(asked, AskedRun)
    return asked.character_id


def not_yet(_style: str) -> None:
    raise NotReady("The picture is not here yet.")


def test_what_housekeeping_fetched_for_another_picture_becomes_that_picture(
    studio: StandInStudio, shop: Shop
) -> None:
    character_id = started(shop, studio, "anime")
    shop.image.on_collect = not_yet
    draw_again(shop.services, character_id, "anime")
    page = character_page(shop.services, character_id)
    assert (page.status, len(page.pictures)) == (CharacterStatus.FAILED, 1)
    assert shop.image.billed.total() == 2

    shop.image.on_collect = lambda _style: None
    assert fetch_left_behind(shop.tools) == 1
    page = character_page(shop.services, character_id)
    assert page.run is not None and page.run.again_microusd == 0  # it is bought already
    try_again(shop.services, character_id)

    page = character_page(shop.services, character_id)
    assert page.status is CharacterStatus.READY
    assert [each.title for each in page.pictures] == ["Anime", "Anime 2"]
    assert shop.image.billed.total() == 2
    with shop.tools.record.reading() as session:
        assert {each.state for each in calls.of_character(session, character_id)} == {CallState.RECORDED}


def test_only_what_did_not_come_is_asked_for_again(studio: StandInStudio, shop: Shop) -> None:
    character_id = started(shop, studio, "anime", "flat")

    def turned_away(style: str) -> None:
        if style == "flat":
            raise NotSent("Too many requests.")

    shop.image.before_billing = turned_away
    ask_for_run(shop.services, character_id, ["anime", "flat"], another=True)
    run = character_page(shop.services, character_id).run
    assert run is not None and run.again_microusd == 39_000
    shop.image.before_billing = lambda _style: None
    try_again(shop.services, character_id)
    assert (shop.prefect.orders[-1].styles, shop.prefect.orders[-1].another) == (("flat",), True)
    page = character_page(shop.services, character_id)
    assert [each.title for each in page.pictures] == ["Anime", "Anime 2", "Flat", "Flat 2"]
    assert shop.image.billed.total() == 4
