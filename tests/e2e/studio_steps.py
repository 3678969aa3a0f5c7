"""What a person does in the studio, as the browser tests say it."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect


def photo_zone(page: Page, state: str) -> Locator:
    return page.locator(f"[data-testid=photo-zone][data-state={state}]")


def intake_item(page: Page, state: str) -> Locator:
    """A photo in the form: "good", "fair", "which", "refused", "failed" once it is checked."""
    return page.locator(f"[data-testid=intake-item][data-state={state}]")


def queue_line(page: Page, state: str) -> Locator:
    return page.locator(f"[data-testid=queue-line][data-state={state}]")


def said(page: Page, words: str) -> Locator:
    """What the page says after a deed."""
    return page.get_by_test_id("intake-said").filter(has_text=words)


def run_panel(page: Page, state: str) -> Locator:
    return page.locator(f"[data-testid=run][data-state={state}]")


def tile(page: Page, style: str, state: str) -> Locator:
    return page.locator(f"[data-testid=tile][data-style={style}][data-state={state}]")


def variant(page: Page, style: str) -> Locator:
    return page.locator(f"[data-testid=variant][data-style={style}]")


def toast(page: Page, words: str) -> Locator:
    return page.get_by_test_id("toast-body").filter(has_text=words)


def open_new(page: Page, url: str) -> None:
    page.goto(f"{url}/studio/new")
    expect(page.locator("[data-testid=photo-zone][data-ready=yes]")).to_be_visible()
    # The answer to the page's first question: from here on nothing that a hand meets is laid anew.
    expect(page.get_by_test_id("estimate")).to_be_visible()


def upload(page: Page, *photos: Path, state: str = "good") -> None:
    """Choose photos and wait until each is checked and found to be `state`."""
    before = intake_item(page, state).count()
    page.set_input_files("#sk-photo-file", photos)
    expect(intake_item(page, state)).to_have_count(before + len(photos))


def fill_in(page: Page, name: str = "Maya") -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.locator("#consent input").check()


def choose_styles(page: Page, *labels: str) -> None:
    for label in ("Watercolor", "Storybook", "Anime", "Flat", "Colored pencil"):
        page.locator("#styles").get_by_label(label, exact=True).set_checked(label in labels)


def generate(page: Page) -> None:
    page.get_by_role("button", name="Generate character").click()


def open_character(page: Page, url: str, character_id: str) -> None:
    page.goto(f"{url}/studio/character?id={character_id}")
    expect(page.get_by_test_id("stage")).to_be_visible()


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
