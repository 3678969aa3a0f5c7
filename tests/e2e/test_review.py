"""A morning's review in a real browser: ten decisions by keyboard, each kept by the server."""

import pytest
from playwright.sync_api import Page, expect

from db.models import Review
from db.repositories import images, profiles
from tests.support.rows import a_picture, a_ready_character
from tests.support.served_studio import ServedStudio
from tests.support.studio import PROFILE

pytestmark = pytest.mark.browser

REFUSED = {"code": "record_away", "sentence": "The database is busy. Try again in a moment."}
STYLES = ("watercolor", "storybook", "anime", "flat", "colored-pencil")


def waiting(served: ServedStudio, *names: str) -> list[str]:
    """Characters with five pictures each; their files are not there, which the page has to bear."""
    with served.studio.services.record.writing() as session:
        ids = []
        for name in names:
            owner = a_ready_character(session, name, f"run-{name}").id
            for style in STYLES:
                a_picture(session, owner, style)
            profiles.add(
                session,
                character_id=owner,
                source="local",
                content=PROFILE.model_dump(mode="json"),
                photo_sha256="p" * 64,
                model="local-1",
            )
            ids.append(owner)
        return ids


def kept(served: ServedStudio, character: str) -> dict[str, tuple[Review, bool]]:
    with served.studio.services.record.reading() as session:
        rows = [each.image for each in images.of_character(session, character)]
        return {row.style: (row.review, row.is_selected) for row in rows}


def shown(page: Page, character: str) -> None:
    expect(page.locator(f"sk-review[data-state=shown][data-shown='{character}']")).to_be_visible(
        timeout=60_000
    )


def confirmed(page: Page, count: int) -> None:
    expect(page.get_by_test_id("review")).to_have_attribute("data-confirmed", str(count))


def test_ten_decisions_by_keyboard(served: ServedStudio, page: Page) -> None:
    ada, ben, cleo = waiting(served, "Ada", "Ben", "Cleo")
    page.route(
        "**/scaled/**",
        lambda route: route.fulfill(
            status=200, content_type="image/svg+xml", body="<svg xmlns='http://www.w3.org/2000/svg'/>"
        ),
    )
    page.goto(f"{served.url}/studio/review")
    shown(page, ada)
    expect(page.get_by_test_id("tile")).to_have_count(5)
    bar = page.get_by_role("toolbar", name="Decide").bounding_box()
    assert bar is not None and bar["y"] + bar["height"] <= 900  # above the fold
    for keys in ("3f", "a"):  # one, two
        for key in keys:
            page.keyboard.press(key)
    shown(page, ben)
    for key in ("1", "r", "4", "2", "r", "1", "5", "f", "l"):  # three to six
        page.keyboard.press(key)
    shown(page, cleo)
    for key in ("2", "r", "6"):
        page.keyboard.press(key)
    page.keyboard.type("two left hands")
    page.keyboard.press("Enter")  # seven
    for key in ("1", "f", "3", "f", "a"):  # eight, nine, ten
        page.keyboard.press(key)
    confirmed(page, 10)
    proposed, rejected = (Review.PROPOSED, False), (Review.REJECTED, False)
    assert kept(served, ada)["anime"] == (Review.APPROVED, True)
    assert kept(served, ben) == {
        "watercolor": rejected,
        "storybook": rejected,
        "anime": proposed,
        "flat": proposed,
        "colored-pencil": (Review.LOCKED, True),
    }
    assert kept(served, cleo)["storybook"] == rejected
    assert kept(served, cleo)["anime"] == (Review.APPROVED, True)
    expect(page.locator("[data-count=waiting]")).to_have_text("0")

    for count in range(1, 4):  # the last three are taken back, the favourite before, too
        page.keyboard.press("u")
        expect(page.get_by_test_id("review")).to_have_attribute("data-undone", str(count))
    assert kept(served, cleo) == dict.fromkeys(STYLES, proposed) | {"storybook": rejected}

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys of the review")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    expect(page.get_by_test_id("lightbox")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.get_by_label("Left shows").press("ArrowRight")
    expect(page.get_by_test_id("comparison").locator("[data-mode]")).to_have_attribute(
        "style", "--split: 51%;"
    )


def test_what_the_studio_did_not_take_is_as_it_was_and_told(served: ServedStudio, page: Page) -> None:
    (ada, ben) = waiting(served, "Ada", "Ben")
    page.route("**/review/decide", lambda route: route.fulfill(status=409, json=REFUSED))
    page.goto(f"{served.url}/studio/review?id={ada}")
    shown(page, ada)
    page.keyboard.press("a")
    shown(page, ben)
    expect(page.locator("[data-trouble]")).to_contain_text("as it was: The database is busy.")
    page.get_by_role("button", name="Back to Ada").click()
    shown(page, ada)
    expect(page.locator("[data-testid=tile][data-review=approved]")).to_have_count(0)
    assert {review for review, _ in kept(served, ada).values()} == {Review.PROPOSED}
