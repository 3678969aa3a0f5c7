"""The studio in a real browser: the main job, and what may go wrong on its way."""

import re
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, TimeoutError, expect

from db.models import CharacterStatus
from db.repositories import characters
from tasks.correction.details import rename
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.studio_steps import (
    choose_styles,
    fill_in,
    generate,
    intake_item,
    open_character,
    open_new,
    photo_zone,
    queue_line,
    run_panel,
    said,
    scrolls_sideways,
    tile,
    toast,
    upload,
    variant,
)
from tests.support.served_studio import ServedStudio
from tests.support.studio import photo_bytes
from tests.support.waiting import until
from ui.handlers.detail import character_page
from ui.services import StudioServices
from ui.views.detail import CharacterPage
from ui.views.new import FaceThumbnail

pytestmark = pytest.mark.browser

LONGEST_HOLD = 60.0  # seconds; a test that fails in between must still end

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.jpg"
    file.write_bytes(photo_bytes())
    return file


@pytest.mark.parametrize("page", [DESKTOP, PHONE], indirect=True, ids=["desktop", "phone"])
def test_from_a_photo_to_a_favourite(served: ServedStudio, page: Page, photo: Path) -> None:
    served.gate.hold("storybook", "anime", "flat", "colored-pencil")
    open_new(page, served.url)
    upload(page, photo)
    fill_in(page)
    generate(page)

    # Pictures come one after another, and the run is in the address.
    expect(run_panel(page, "running")).to_be_visible()
    expect(tile(page, "watercolor", "done").locator("img")).to_be_visible()
    expect(tile(page, "anime", "done")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?run="))
    expect(photo_zone(page, "empty")).to_be_visible()  # the form is free again
    expect(page.get_by_role("button", name="Generate character")).to_be_enabled()

    # A reload changes nothing: the truth is in the record.
    page.reload()
    expect(tile(page, "watercolor", "done").locator("img")).to_be_visible()
    served.gate.release("storybook")
    expect(tile(page, "storybook", "done")).to_be_visible()
    served.gate.release()
    expect(run_panel(page, "ready")).to_be_visible()
    expect(page.locator("[data-testid=tile][data-state=done]")).to_have_count(5)
    expect(page.locator("[data-testid=step][data-state=done]")).to_have_count(6)
    expect(said(page, "Maya is ready.")).to_be_visible()
    assert not scrolls_sideways(page)

    page.get_by_test_id("open-character").click()
    expect(page.get_by_role("heading", name="Maya")).to_be_visible()
    variant(page, "anime").click()
    expect(page.get_by_role("img", name="Maya in Anime")).to_be_visible()
    page.get_by_test_id("make-favourite").click()
    expect(toast(page, "“Anime” is the favourite now.")).to_be_visible()
    page.reload()
    expect(page.locator("[data-testid=variant][data-favourite=yes]")).to_have_attribute("data-style", "anime")
    assert not scrolls_sideways(page)


def test_a_run_that_is_over_stops_asking(served: ServedStudio, page: Page, photo: Path) -> None:
    open_new(page, served.url)
    upload(page, photo)
    fill_in(page)
    choose_styles(page, "Flat")
    generate(page)
    expect(run_panel(page, "ready")).to_be_visible()
    expect(queue_line(page, "ready")).to_be_visible()
    # The stream is let go of once nothing moves, and nothing asks in its place: but for what was on its way.
    assert any(falls_silent(page) for _ in range(10))


def falls_silent(page: Page) -> bool:
    """Whether nothing is asked for three seconds."""
    try:
        page.wait_for_event("request", predicate=lambda r: "/api/" in r.url, timeout=3000)
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (photo_bytes("black"), "We can't find a face"),
        (photo_bytes("black")[:300] + b"no picture", "no photo"),
    ],
    ids=["no face", "no picture"],
)
def test_a_bad_photo_is_a_sentence_on_arrival_and_leaves_nothing(
    served: ServedStudio, page: Page, tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(content)
    open_new(page, served.url)
    upload(page, file, state="refused")
    expect(intake_item(page, "refused")).to_contain_text(words)
    generate(page)
    expect(page.get_by_text("None of these photos can be used.")).to_be_visible()
    expect(run_panel(page, "none")).to_be_visible()
    with served.studio.services.record.reading() as session:
        assert characters.page(session).total == 0


def test_a_file_that_is_no_photo_is_refused_as_soon_as_it_is_chosen(
    served: ServedStudio, page: Page, tmp_path: Path
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a photo")
    open_new(page, served.url)
    page.set_input_files("#sk-photo-file", file)
    expect(intake_item(page, "failed")).to_contain_text("This file holds text")
    page.get_by_role("button", name="Choose another").click()
    expect(photo_zone(page, "empty")).to_be_visible()
    expect(page.locator("#sk-photo-file")).to_be_focused()


def test_everything_that_is_missing_is_said_at_once_and_the_first_is_focused(
    served: ServedStudio, page: Page, photo: Path
) -> None:
    open_new(page, served.url)
    page.set_viewport_size({"width": 1366, "height": 650})  # a small laptop: nothing has to be scrolled
    expect(page.locator("#generate")).to_be_in_viewport(ratio=1)
    generate(page)
    expect(page.get_by_text("Add a photo first.")).to_be_visible()
    upload(page, photo)
    choose_styles(page)
    generate(page)
    expect(page.get_by_text("Give the character a name.")).to_be_visible()
    expect(page.get_by_text("Choose at least one style.").first).to_be_visible()
    expect(page.get_by_text("Confirm that you have permission")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("Maya")
    expect(page.get_by_text("Give the character a name.")).to_be_hidden()
    assert "?run=" not in page.url


def test_of_many_photos_good_ones_go_bad_ones_say_why_and_groups_ask_who_is_meant(
    served: ServedStudio, page: Page, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crops = (FaceThumbnail(1, PIXEL), FaceThumbnail(2, PIXEL))
    monkeypatch.setattr("ui.handlers.intake.face_thumbnails", lambda data: crops)
    bad, group = tmp_path / "bad.jpg", tmp_path / "group.jpg"
    bad.write_bytes(photo_bytes("black"))
    group.write_bytes(photo_bytes("white"))
    open_new(page, served.url)
    page.set_input_files("#sk-photo-file", [photo, bad, group])
    expect(intake_item(page, "good")).to_have_count(1)
    expect(intake_item(page, "refused")).to_contain_text("We can't find a face")
    expect(intake_item(page, "which")).to_have_count(1)

    choose_styles(page, "Anime")
    names = page.get_by_label("Name", exact=True).filter(visible=True)
    names.nth(0).fill("Maya")
    names.nth(1).fill("Omar")
    page.locator("#consent input").check()
    page.get_by_role("button", name="Generate 2 characters").click()
    expect(page.get_by_text("Choose the person to draw.")).to_be_visible()

    # What was begun survives a reload: names, styles, uploads.
    page.reload()
    expect(intake_item(page, "which")).to_have_count(1)
    expect(intake_item(page, "good")).to_have_count(1)
    page.get_by_role("radio", name="Person 2 from the left").check()
    expect(intake_item(page, "good")).to_have_count(2)
    page.get_by_role("button", name="Generate 2 characters").click()
    expect(queue_line(page, "ready")).to_have_count(2)
    expect(queue_line(page, "ready").first).to_contain_text("is ready")
    expect(intake_item(page, "refused")).to_have_count(1)  # and waits to be replaced
    with served.studio.services.record.reading() as session:
        made = characters.page(session).items
    assert {(each.name, *each.styles) for each in made} == {("Maya", "anime"), ("Omar", "anime")}


@pytest.mark.slow(
    covered_by="tests/e2e/test_studio.py"
    "::test_of_many_photos_good_ones_go_bad_ones_say_why_and_groups_ask_who_is_meant"
)
def test_what_was_begun_is_there_after_back(served: ServedStudio, page: Page, photo: Path) -> None:
    open_new(page, served.url)
    upload(page, photo)
    page.get_by_label("Name", exact=True).fill("Omar")
    choose_styles(page, "Anime")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Costs").click()
    expect(page.get_by_role("heading", name="Costs")).to_be_visible()
    page.go_back()
    expect(intake_item(page, "good")).to_have_count(1)
    expect(page.get_by_label("Name", exact=True)).to_have_value("Omar")
    expect(page.locator("#styles").get_by_label("Anime", exact=True)).to_be_checked()
    expect(page.locator("#styles").get_by_label("Flat", exact=True)).not_to_be_checked()


def test_while_prefect_is_away_nothing_is_lost(served: ServedStudio, page: Page, photo: Path) -> None:
    served.studio.prefect.away = "Prefect does not answer."
    open_new(page, served.url)
    upload(page, photo)
    fill_in(page)
    choose_styles(page, "Flat", "Anime")
    generate(page)
    expect(said(page, "Prefect does not answer.")).to_be_visible()
    expect(run_panel(page, "not_sent")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?run="))
    page.reload()
    expect(run_panel(page, "not_sent")).to_be_visible()
    served.studio.prefect.away = ""
    page.get_by_role("button", name="Try again").click()
    expect(run_panel(page, "ready")).to_be_visible()
    expect(page.locator("[data-testid=tile][data-state=done]")).to_have_count(2)


def test_a_style_that_failed_says_why_and_is_drawn_at_the_second_try(
    served: ServedStudio, page: Page, photo: Path
) -> None:
    served.studio.image.failing = {"anime"}
    open_new(page, served.url)
    upload(page, photo)
    fill_in(page)
    choose_styles(page, "Flat", "Anime")
    generate(page)
    expect(run_panel(page, "failed")).to_be_visible()
    expect(tile(page, "anime", "failed")).to_be_visible()
    expect(page.get_by_test_id("told")).to_contain_text("Anime. The brush broke.")
    expect(said(page, "1 of 2 styles is drawn. The brush broke.")).to_be_visible()

    page.get_by_test_id("open-character").click()
    expect(page.locator("[data-testid=banner][data-state=failed]")).to_contain_text("The brush broke.")
    served.studio.image.failing = set()
    page.get_by_role("button", name="Try again").click()
    expect(variant(page, "anime")).to_be_visible()
    expect(page.locator("[data-testid=banner][data-state=ready]")).to_be_attached()
    expect(toast(page, "Maya is ready.")).to_be_visible()


def test_another_picture_is_drawn_while_one_watches(served: ServedStudio, page: Page) -> None:
    served.studio.prefect.in_background = False
    character_id = served.studio.character(styles=("anime",))
    served.studio.prefect.in_background = True
    served.gate.hold("anime")
    open_character(page, served.url, character_id)
    page.get_by_role("button", name="Draw it again").click()
    expect(page.locator("[data-testid=banner][data-state=running]")).to_be_visible()
    expect(page.get_by_role("button", name="Draw it again")).to_be_disabled()
    served.gate.release()
    expect(page.get_by_text("Anime 2", exact=True)).to_be_visible()
    expect(variant(page, "anime")).to_have_count(2)


def test_the_favourite_is_picked_by_keyboard_alone(served: ServedStudio, page: Page) -> None:
    served.studio.prefect.in_background = False
    character_id = served.studio.character(styles=("watercolor", "storybook", "anime"))
    open_character(page, served.url, character_id)
    variant(page, "watercolor").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(variant(page, "anime")).to_be_focused()
    page.keyboard.press("Enter")
    expect(variant(page, "anime")).to_have_attribute("aria-current", "true")
    expect(variant(page, "anime")).to_be_focused()
    while not page.get_by_test_id("make-favourite").evaluate("element => element === document.activeElement"):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(variant(page, "anime")).to_have_attribute("data-favourite", "yes")
    expect(page.get_by_test_id("make-favourite")).to_have_attribute("aria-pressed", "true")


def test_photo_and_picture_are_compared_by_keyboard(served: ServedStudio, page: Page) -> None:
    served.studio.prefect.in_background = False
    open_character(page, served.url, served.studio.character(styles=("anime",)))
    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    assert page.locator(".sk-compare").evaluate("e => e.style.getPropertyValue('--split')") == "100%"


def test_an_unknown_character_is_a_page_with_a_way_back(served: ServedStudio, page: Page) -> None:
    page.goto(f"{served.url}/studio/character?id=nobody")
    expect(page.get_by_test_id("nobody")).to_be_visible()
    page.get_by_role("link", name="All characters").click()
    expect(page.get_by_test_id("listing")).to_be_visible()


def test_a_click_on_a_part_that_still_waits_for_its_scripts_is_heard(
    page: Page, served: ServedStudio
) -> None:
    character_id = served.studio.character(name="Maya")
    until(lambda: is_ready(served, character_id), "the pictures")
    kept: list[Route] = []

    def keep(route: Route) -> None:
        kept.append(route)

    page.route(re.compile(r"/static/(downloads|compare|comparing)\.js"), keep)
    open_character(page, served.url, character_id)
    expect(page.get_by_role("img", name="Maya in Watercolor")).to_be_visible()
    variant(page, "anime").click()
    assert kept, "the part has its scripts already"
    for each in kept:
        each.continue_()
    expect(page.get_by_role("img", name="Maya in Anime")).to_be_visible()
    page.goto("about:blank")  # nothing is asked of a studio that is gone


def is_ready(served: ServedStudio, character_id: str) -> bool:
    with served.studio.services.record.reading() as session:
        return characters.get(session, character_id).status is CharacterStatus.READY


def test_an_earlier_look_that_answers_late_takes_no_choice_back(
    page: Page, served: ServedStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    character_id = served.studio.character(name="Maya")
    look, held, released = character_page, threading.Event(), threading.Event()
    looked: list[str] = []

    def slow(services: StudioServices, of: str, shown: str = "") -> CharacterPage:
        found = look(services, of, shown)
        if not shown and not held.is_set() and page_is_open.is_set():
            held.set()  # a look as the page was, whose answer is on its way
            released.wait(LONGEST_HOLD)
        looked.append(shown)
        return found

    page_is_open = threading.Event()
    monkeypatch.setattr("ui.pages.detail.character_page", slow)
    until(lambda: is_ready(served, character_id), "the pictures")
    open_character(page, served.url, character_id)
    expect(page.get_by_role("img", name="Maya in Watercolor")).to_be_visible()
    page_is_open.set()
    rename(served.studio.services.runtime, character_id=character_id, name="Maja")  # news
    until(held.is_set, "the look")
    variant(page, "anime").click()
    expect(page.get_by_role("img", name="Maja in Anime")).to_be_visible()
    chosen = looked[-1]
    released.set()
    until(lambda: looked.count(chosen) > 1, "the choice to be made once more")
    expect(page.get_by_role("img", name="Maja in Anime")).to_be_visible()
    page.goto("about:blank")  # nothing is asked of a studio that is gone
