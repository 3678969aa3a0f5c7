"""A picture that is held back: what the page, the command line and the copies show of it."""

from functools import partial
from pathlib import Path

import pytest

from db.models import Review
from db.repositories import images
from tasks.giving.outgoing import outgoing_picture
from tests.support.studio import StandInStudio
from tests.ui.test_views import Page
from ui.cli.copies import copy_out
from ui.cli.document import character_document
from ui.handlers.detail import approve_picture, character_page
from ui.handlers.runs import run_view
from ui.views.detail import stage_html
from ui.views.runs import run_html

REASON = "More bare skin than in the photo."


@pytest.fixture
def character_id(studio: StandInStudio) -> str:
    """Drawn twice; the watercolor, which would be shown first, is held back."""
    character = studio.character(styles=("watercolor", "anime"))
    with studio.services.record.writing() as session:
        (held,) = (
            each for each in images.of_character(session, character) if each.image.style == "watercolor"
        )
        images.review(session, held.image.id, review=Review.REJECTED, actor="system", reason=REASON)
    return character


def test_the_page_shows_another_one_and_says_that_it_is_held_back(
    studio: StandInStudio, character_id: str
) -> None:
    page = character_page(studio.services, character_id)
    assert page.shown is not None and page.shown.style == "anime"
    stage = Page(stage_html(page))
    sources = [attributes["src"] for tag, attributes in stage.tags if tag == "img"]
    held = next(each for each in page.pictures if each.style == "watercolor")
    assert held.tile_url not in sources and held.large_url not in sources
    assert "Held back" in stage.words


def test_whoever_asks_for_it_sees_it_and_may_keep_it(studio: StandInStudio, character_id: str) -> None:
    held = character_page(studio.services, character_id).pictures[0]
    asked = Page(stage_html(character_page(studio.services, character_id, held.image_id)))
    assert asked.having("data-testid", "approve") and not asked.having("data-testid", "make-favourite")
    assert approve_picture(studio.services, character_id, held.image_id) == "Watercolor"
    kept = Page(stage_html(character_page(studio.services, character_id)))
    assert kept.having("data-testid", "make-favourite") and "Held back" not in kept.words


def test_the_run_that_drew_it_does_not_show_it(studio: StandInStudio, character_id: str) -> None:
    run = run_view(studio.services, studio.prefect.orders[0].run_token)
    assert run is not None
    shown = Page(run_html(run))
    assert sum(tag == "img" for tag, _ in shown.tags) == 1
    assert "Held back until someone looks at it" in shown.words


def test_it_is_not_copied(studio: StandInStudio, character_id: str, tmp_path: Path) -> None:
    services = studio.services
    document = character_document(services.record, services.store, character_id)
    held = {each["style"]: each["held_back"] for each in document["variants"]}
    assert held == {"watercolor": REASON, "anime": None}
    out = tmp_path / "out"
    out.mkdir()
    copy_out(partial(outgoing_picture, services.runtime), document, out)
    assert [file.name.split("-")[1] for file in out.iterdir()] == ["anime"]
