"""The list in a real browser: what is pasted is heard, news comes by itself, Back comes back."""

import zipfile

import pytest
from playwright.sync_api import Page, expect

from db.repositories import characters
from tests.support.rows import a_character
from tests.support.served_studio import ServedStudio

pytestmark = pytest.mark.browser


def test_a_search_hears_what_is_pasted_news_comes_by_itself_and_back_comes_back(
    served: ServedStudio, page: Page
) -> None:
    with served.studio.services.record.writing() as session:
        ids = [a_character(session, f"Person {number:02d}").id for number in range(40)]
    page.goto(f"{served.url}/studio/")
    box, cards = page.get_by_role("searchbox", name="Search"), page.get_by_test_id("card")
    expect(cards).to_have_count(24)

    # Pasted, taken back letter by letter, cut: none of it is typed.
    box.focus()
    page.evaluate("document.execCommand('insertText', false, 'person 07')")
    expect(cards).to_have_count(1)
    box.press("Backspace")
    expect(cards).to_have_count(13)
    expect(page).to_have_url(f"{served.url}/studio/?q=person+0")
    box.press("Control+a")
    page.evaluate("document.execCommand('cut')")
    expect(cards).to_have_count(24)

    # Nothing is reloaded: a mark that a person made stays while another tab's news comes in.
    page.wait_for_function("Storykin.live.state === 'live'")
    page.locator(f"[data-pick='{ids[30]}']").check()
    with served.studio.services.record.writing() as session:
        characters.begin_run(session, ids[39], "run-1")
    expect(page.locator(f"#card-{ids[39]}")).to_have_attribute("data-status", "queued")
    expect(page.locator(f"[data-pick='{ids[30]}']")).to_be_checked()

    # A range by shift, as in every list of files.
    page.locator(f"[data-pick='{ids[33]}']").click(modifiers=["Shift"])
    assert page.locator("[data-pick]:checked").count() == 4

    page.get_by_role("link", name="Next").click()
    expect(cards).to_have_count(16)
    one = cards.nth(9)
    one.scroll_into_view_if_needed()
    page.wait_for_function("history.state && history.state.scroll === Math.round(scrollY) && scrollY > 300")
    where = page.evaluate("scrollY")
    one.click()
    expect(page.get_by_test_id("stage")).to_be_attached()
    page.go_back()
    expect(page).to_have_url(f"{served.url}/studio/?p=2")
    expect(cards).to_have_count(16)
    page.wait_for_function("where => Math.abs(scrollY - where) < 4", arg=where)
    expect(one).to_be_focused()
    expect(page.locator("[data-bulk-count]")).to_have_text("4")  # also what is selected on the first page
    page.go_back()
    expect(cards).to_have_count(24)
    expect(page.locator(f"[data-pick='{ids[31]}']")).to_be_checked()


def test_a_selection_is_saved_as_it_comes_or_refused_in_words(served: ServedStudio, page: Page) -> None:
    """The browser itself saves it: nothing of it is in the page's memory."""
    served.studio.prefect.in_background = False
    made = served.studio.character(name="Zoë", styles=("anime",))
    with served.studio.services.record.writing() as session:
        bare = a_character(session, "Nobody yet").id
    page.goto(f"{served.url}/studio/")
    page.locator(f"[data-pick='{bare}']").check()
    page.locator("[data-bulk=download]").click()
    told = page.locator("dialog[data-state=refused]")
    expect(told).to_contain_text("There is no picture to export yet.")
    told.get_by_role("button", name="Close").click()

    page.locator(f"[data-pick='{made}']").check()
    with page.expect_download() as download:
        page.locator("[data-bulk=download]").click()
    assert not download.value.url.startswith("blob:")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        assert sum(name.endswith(".png") for name in archive.namelist()) == 1
    expect(page.locator("[data-bulk=download]")).not_to_have_attribute("aria-busy", "true")
    expect(told).to_be_hidden()
