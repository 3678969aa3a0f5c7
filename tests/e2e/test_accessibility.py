"""axe on every screen, its dialogs and its toasts, light and dark; no screen is wider than its window."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import DESKTOP, PHONE
from tests.looks.screens import Screen, furnished, open_screen, sticks_out
from tests.support.served_studio import ServedStudio

pytestmark = pytest.mark.browser

TABLET = {"width": 768, "height": 1024}
CONTRAST: dict[str, object] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
IN_THE_GATE = ("characters", "review", "new", "character", "costs", "today")


def violations(page: Page, options: dict[str, object] | None = None) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"]} | (options or {})).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def _arrived(page: Page) -> None:
    """Until the toast has faded in: in between it has the contrast of the moment.

    Svelte's transitions are animations of the script, one after the other, which no style sheet and no wish
    for less motion ends. Longer than a second is the bar that counts down.
    """
    page.wait_for_function("""() => {
        const toast = document.querySelector("[data-testid=toast-body]");
        return getComputedStyle(toast).opacity === "1"
            && toast.getAnimations().every(each => each.effect.getComputedTiming().endTime > 1000);
    }""")


def _without_fault(page: Page, where: str) -> None:
    assert (where, violations(page), sticks_out(page)) == (where, [], [])
    page.emulate_media(color_scheme="dark")
    assert (f"{where}, dark", violations(page, CONTRAST)) == (f"{where}, dark", [])
    page.emulate_media(color_scheme="light")


@pytest.fixture
def still(page: Page) -> Iterator[Page]:
    """A page on which nothing moves: a color that is on its way is no color yet."""
    page.emulate_media(reduced_motion="reduce")
    yield page


def test_every_screen_dialog_and_toast(served: ServedStudio, still: Page) -> None:
    page = still
    screens = {each.name: each for each in furnished(served, ("Maya",))}
    for name in IN_THE_GATE:
        open_screen(page, served.url, screens[name])
        _without_fault(page, name)

    open_screen(page, served.url, screens["character"])
    favourite = page.get_by_test_id("make-favourite")
    favourite.evaluate("button => { button.dataset.image = 'gone-meanwhile'; }")
    favourite.click()
    expect(page.get_by_test_id("toast-body")).to_be_visible()
    _arrived(page)
    assert violations(page) == []  # it goes by itself soon
    open_screen(page, served.url, screens["character"])
    page.locator(".sk-look").first.click()
    expect(page.locator("dialog[open]")).to_be_visible()
    _without_fault(page, "the large picture")

    open_screen(page, served.url, screens["review"])
    for key in ("r", "?", "c"):
        page.keyboard.press(key)
        expect(page.locator("dialog[open]")).to_be_visible()
        _without_fault(page, f"the review's {key}")
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)


@pytest.mark.slow(covered_by="tests/e2e/test_accessibility.py::test_every_screen_dialog_and_toast")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("viewport", [DESKTOP, TABLET, PHONE], ids=["desktop", "tablet", "phone"])
def test_every_screen_at_every_width_in_german(
    served: ServedStudio, browser: Browser, viewport: dict[str, int]
) -> None:
    screens = furnished(served)
    context = browser.new_context(viewport=viewport, locale="de", reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    for screen in screens:
        open_screen(page, served.url, screen)
        _without_fault(page, screen.name)
    by_name = {each.name: each for each in screens}
    open_screen(page, served.url, by_name["characters"])
    page.locator("[data-pick-all]").check()
    page.locator("[data-bulk-menu] summary").click()
    _without_fault(page, "what can be done with many")
    page.locator("[data-bulk=erase]").click()
    expect(page.locator("dialog[data-state=asked]")).to_be_visible()
    _without_fault(page, "erasing many")
    open_screen(page, served.url, by_name["consent"])
    for opener in ("give", "withdraw", "erase"):
        page.get_by_test_id(opener).click()
        expect(page.locator("dialog[open]")).to_be_visible()
        _without_fault(page, f"the consent's {opener}")
        page.keyboard.press("Escape")
    open_screen(page, served.url, by_name["help"])
    page.locator("[data-tour=start]").click()
    _without_fault(page, "the tour")
    context.close()


def test_what_is_chosen_is_seen_where_the_system_forces_its_colors(
    served: ServedStudio, browser: Browser
) -> None:
    list_screen = Screen("characters", "/studio/?status=ready", "[data-testid=card]")
    served.studio.prefect.in_background = False
    served.studio.character(styles=("anime",))
    context = browser.new_context(viewport=DESKTOP, forced_colors="active")
    page = context.new_page()
    open_screen(page, served.url, list_screen)
    outline = (
        "element => getComputedStyle(element).outlineStyle + ' ' + getComputedStyle(element).outlineWidth"
    )
    chosen = page.locator(".sk-pills label:has(input:checked) span").first
    other = page.locator(".sk-pills label:has(input:not(:checked)) span").first
    assert chosen.evaluate(outline) == "solid 3px"
    assert other.evaluate(outline) != "solid 3px"
    assert page.locator(".sk-topbar [aria-current=page]").evaluate(outline) == "solid 3px"
    page.emulate_media(media="print", forced_colors="none")
    for gone in (".sk-topbar", ".sk-filters", ".sk-pick-all"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.get_by_test_id("card").first).to_be_visible()
    context.close()
