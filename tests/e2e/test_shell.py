"""What Gradio's shell leaves out: radio groups, toasts, words for a studio that is away."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.conftest import PHONE
from tests.e2e.studio_steps import open_new, toast
from tests.support.served_studio import ServedStudio


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A phone's page that is not watched: browsers print what fails, and here something has to fail."""
    context = browser.new_context(viewport=PHONE)
    yield context.new_page()
    context.close()


def test_radios_toasts_and_a_studio_that_is_away(served: ServedStudio, phone: Page) -> None:
    page = phone
    open_new(page, served.url)

    girl, boy = page.get_by_label("Girl"), page.get_by_label("Boy")
    girl.check()
    girl.press("ArrowRight")
    expect(boy).to_be_checked()
    expect(boy).to_be_focused()
    stops = page.eval_on_selector_all("#gender input", "all => new Set(all.map((each) => each.name)).size")
    assert stops == 1  # one name is one tab stop

    generate = page.get_by_role("button", name="Generate character")
    generate.click()
    said = toast(page, "Add a photo first")
    expect(said).to_have_attribute("role", "alert")
    assert said.locator("[role=button] button").count() == 0
    box, button = said.bounding_box(), generate.bounding_box()
    assert box and button
    assert box["y"] + box["height"] <= button["y"] or box["y"] >= button["y"] + button["height"]
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
        girl.check() if boy.is_checked() else boy.check()
        generate.click()
        expect(notice).to_contain_text(words)
        expect(page.get_by_text("Could not parse")).to_have_count(0)
        expect(page.locator("[data-testid=toast-body]:visible")).to_have_count(0)
        for place in away:
            page.unroute(place)
        expect(notice).to_have_count(0)  # it goes by itself


def _cut(route: Route) -> None:
    route.abort("connectionrefused")
