"""The list of characters and the studio as a whole, in a real browser."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import DESKTOP, IN_FIREFOX, PHONE
from tests.e2e.studio_steps import (
    fill_in,
    generate,
    open_character,
    open_new,
    run_panel,
    scrolls_sideways,
    upload,
)
from tests.support.rows import a_character
from tests.support.served_studio import ServedStudio
from tests.support.slices import in_slices
from tests.support.studio import photo_bytes

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>${Object.assign(window,{PWNED:1})}{{PWNED=1}}"


def people(served: ServedStudio, *names: str) -> None:
    with served.studio.services.record.writing() as session:
        for name in names:
            a_character(session, name)


def test_an_empty_studio_leads_to_the_first_character(served: ServedStudio, page: Page) -> None:
    page.goto(served.url)
    expect(page.get_by_test_id("quiet")).to_be_visible()
    page.get_by_test_id("today").get_by_role("link", name="New character").click()
    expect(page.get_by_role("heading", name="New character")).to_be_visible()
    page.goto(f"{served.url}/studio/")
    page.get_by_role("link", name="Create the first character").click()
    expect(page.get_by_role("heading", name="New character")).to_be_visible()


def test_a_search_is_in_the_address_and_survives_a_reload(served: ServedStudio, page: Page) -> None:
    people(served, "Maya", "Omar", "Zoë")
    page.goto(f"{served.url}/studio/")
    expect(page.get_by_test_id("card")).to_have_count(3)
    page.get_by_role("searchbox", name="Search").press_sequentially("zoe")
    expect(page.get_by_test_id("card")).to_have_count(1)
    expect(page).to_have_url(f"{served.url}/studio/?q=zoe")
    page.reload()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("zoe")
    expect(page.get_by_test_id("card")).to_contain_text("Zoë")


def test_a_status_is_a_filter(served: ServedStudio, page: Page) -> None:
    people(served, "Draft")
    served.studio.prefect.in_background = False
    served.studio.character(name="Maya", styles=("anime",))
    page.goto(f"{served.url}/studio/")
    expect(page.get_by_test_id("card")).to_have_count(2)
    page.get_by_role("radio", name="Ready").check()
    expect(page.get_by_test_id("card")).to_have_count(1)
    expect(page).to_have_url(f"{served.url}/studio/?status=ready")
    # Nobody has failed, so there is no such choice; an address may ask for it all the same.
    page.goto(f"{served.url}/studio/?status=failed")
    expect(page.get_by_text("Nobody fits")).to_be_visible()


def test_pages_are_turned_and_can_be_linked_to(served: ServedStudio, page: Page) -> None:
    people(served, *(f"Person {number:02d}" for number in range(30)))
    page.goto(f"{served.url}/studio/")
    expect(page.get_by_test_id("card")).to_have_count(24)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_test_id("card")).to_have_count(6)
    expect(page).to_have_url(f"{served.url}/studio/?p=2")
    page.reload()
    expect(page.get_by_test_id("card")).to_have_count(6)
    expect(page.get_by_role("link", name="Next")).to_have_count(0)


@pytest.mark.parametrize("page", in_slices([PHONE, DESKTOP], [PHONE]), indirect=True)
def test_no_page_scrolls_sideways(served: ServedStudio, page: Page) -> None:
    served.studio.prefect.in_background = False
    name = "Maximiliane-Rosalindewilhelmine von und zu Hohenquillfederstein"
    character_id = served.studio.character(name=name)
    page.goto(f"{served.url}/studio/")
    expect(page.get_by_test_id("card")).to_be_visible()
    assert not scrolls_sideways(page)
    open_new(page, served.url)
    assert not scrolls_sideways(page)
    open_character(page, served.url, character_id)
    for tab in ("Profile", "Details", "Compare", "Lineage", "Timeline"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        assert not scrolls_sideways(page)


def test_a_hostile_name_is_only_text(served: ServedStudio, page: Page, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(photo_bytes())
    open_new(page, served.url)
    upload(page, photo)
    fill_in(page, HOSTILE)
    generate(page)
    expect(run_panel(page, "ready").get_by_role("heading")).to_have_text(f"{HOSTILE} is ready")
    page.get_by_test_id("open-character").click()
    expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    page.goto(f"{served.url}/studio/")
    expect(page.get_by_test_id("card")).to_contain_text(HOSTILE)
    assert page.evaluate("window.PWNED") is None


def test_eight_tabs_at_once_all_load(served: ServedStudio, browser: Browser) -> None:
    people(served, "Maya")
    context = browser.new_context()
    tabs = [context.new_page() for _ in range(8)]
    for tab in tabs:
        tab.goto(f"{served.url}/studio/", wait_until="commit")
    for tab in tabs:
        expect(tab.get_by_test_id("card")).to_be_visible()
    context.close()


@pytest.mark.skipif(IN_FIREFOX, reason="Firefox ESR can't be told which colours a system wishes for")
def test_dark_by_the_systems_wish_or_ones_own(served: ServedStudio, page: Page) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    open_new(page, served.url)
    switch = page.get_by_role("button", name="Dark mode")
    expect(switch).to_have_attribute("aria-pressed", "true")
    assert page.locator("body.dark").count() == 0  # Gradio's own dark colors stay away
    assert page.evaluate(paper) == "rgb(23, 19, 28)"
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(paper) == "rgb(250, 246, 239)"
    page.reload()
    expect(switch).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(paper) == "rgb(250, 246, 239)"


def test_nothing_about_a_character_stays_in_the_browser(
    served: ServedStudio, page: Page, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(photo_bytes())
    open_new(page, served.url)
    upload(page, photo)
    fill_in(page, "Rosalind Quillfeather")
    generate(page)
    expect(run_panel(page, "ready")).to_be_visible()
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "Quillfeather" not in kept and "incoming" not in kept, json.loads(kept)


def test_the_tab_is_named_after_the_page(served: ServedStudio, page: Page) -> None:
    served.studio.prefect.in_background = False
    character_id = served.studio.character(name="Maya")
    page.goto(f"{served.url}/studio/")
    expect(page).to_have_title("Characters · Storykin")
    open_character(page, served.url, character_id)
    expect(page).to_have_title("Maya · Storykin")
