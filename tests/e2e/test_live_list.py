"""The list in a real browser: what is pasted is heard, news comes by itself, Back comes back."""

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
    one = cards.nth(
        9
    )  # not the last: the bar of what is selected makes the page longer, and is gone after Back
    one.scroll_into_view_if_needed()
    page.wait_for_function("history.state && history.state.scroll === Math.round(scrollY) && scrollY > 300")
    where = page.evaluate("scrollY")
    one.click()
    expect(page.get_by_test_id("stage")).to_be_attached()
    page.go_back()
    expect(page).to_have_url(f"{served.url}/studio/?p=2")
    expect(cards).to_have_count(16)
    page.wait_for_function("where => Math.abs(scrollY - where) < 4", arg=where)
    page.go_back()
    expect(cards).to_have_count(24)
