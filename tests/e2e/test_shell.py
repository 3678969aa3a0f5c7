"""Radio groups, and what Gradio's shell leaves out: toasts, words for a studio that is away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from db.models import Character
from db.repositories import images
from tests.e2e.conftest import PHONE
from tests.e2e.studio_steps import fill_in, open_character, open_new, queue_line, toast, upload
from tests.support.served_studio import ServedStudio
from tests.support.studio import photo_bytes

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A phone's page that is not watched: browsers print what fails, and here something has to fail."""
    context = browser.new_context(viewport=PHONE)
    yield context.new_page()
    context.close()


def test_arrow_keys_move_through_a_radio_group_and_what_is_chosen_is_drawn(
    served: ServedStudio, page: Page, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(photo_bytes())
    open_new(page, served.url)
    upload(page, photo)
    fill_in(page)
    girl, boy = page.get_by_label("Girl"), page.get_by_label("Boy")
    girl.check()
    girl.press("ArrowRight")
    expect(boy).to_be_checked()
    expect(boy).to_be_focused()
    boy.press("Tab")  # one group is one tab stop
    assert page.evaluate("document.activeElement.type") != "radio"
    page.locator("#framing").get_by_label("Full body").check()
    page.get_by_role("button", name="Generate character").click()
    expect(queue_line(page, "ready")).to_be_visible()
    with served.studio.services.record.reading() as session:
        (character,) = session.scalars(select(Character)).all()
        assert character.gender == "boy"
        assert {each.image.framing for each in images.of_character(session, character.id)} == {"full_body"}


def test_toasts_and_a_studio_that_is_away(served: ServedStudio, phone: Page) -> None:
    page = phone
    served.studio.prefect.in_background = False
    character_id = served.studio.character(styles=("anime",))
    open_character(page, served.url, character_id)
    favourite = page.get_by_test_id("make-favourite")
    favourite.evaluate("button => { button.dataset.image = 'gone-meanwhile'; }")
    favourite.click()
    said = toast(page, "This picture does not belong to this character")
    expect(said).to_have_attribute("role", "alert")
    assert said.locator("[role=button] button").count() == 0
    page.get_by_test_id("toast-close").click()

    notice = page.locator("#sk-connection")
    away = "**/healthz", "**/gradio_api/queue/join**"
    for answer, words in (
        (
            lambda route: route.fulfill(status=502, content_type="text/html", body="<h1>Bad"),
            "behind its proxy",
        ),
        (lambda route: route.fulfill(status=503, content_type="text/html", body="<h1>Busy"), "too busy"),
        (lambda route: route.fulfill(status=401, content_type="text/html", body="<h1>Who?"), "signed out"),
        (_cut, "can't be reached"),
    ):
        for place in away:
            page.route(place, answer)
        favourite.click()
        expect(notice).to_contain_text(words)
        expect(page.get_by_text("Could not parse")).to_have_count(0)
        expect(page.locator("[data-testid=toast-body]:visible")).to_have_count(0)
        for place in away:
            page.unroute(place)
        expect(notice).to_have_count(0)  # it goes by itself


def _cut(route: Route) -> None:
    route.abort("connectionrefused")
