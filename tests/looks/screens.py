"""The main screens, and a studio with enough in it that each has something to show."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from db.engine import Session
from db.models import BatchItemState, Role
from db.repositories import batches, images
from db.repositories.batches import Candidate
from tasks.accounts import people
from tasks.proof.consent import ask_consent
from tasks.proof.links import make_link
from tests.support.rows import a_character
from tests.support.served_studio import ServedStudio
from tests.support.studio import photo_bytes
from ui.handlers.detail import draw_again

LONG_NAME = "Maximiliane-Rosalindewilhelmine von Hohenquillfederstein"
STYLES = ("watercolor", "storybook", "anime", "flat", "colored-pencil")


@dataclass(frozen=True)
class Screen:
    """One screen: its address, what is there once it is all there, and what is opened on it."""

    name: str
    address: str
    ready: str
    tab: int = 0  # which of the page's tabs is opened, counted from 0; the first is open anyway
    press: str = ""  # what is pressed after that
    then: str = ""  # and what comes of it


_TABS = ("profile", "details", "customer", "consent", "compare", "lineage", "timeline")
PASSWORD = "seven green lanterns"
PEOPLE = ("Maya", "Omar", "Zoë", LONG_NAME, "Kai")


def furnished(served: ServedStudio, people: Sequence[str] = PEOPLE) -> tuple[Screen, ...]:
    """Fill the studio: `people` who are ready, one who failed, a draft, a batch that drew anew, two links."""
    studio = served.studio
    studio.prefect.in_background = False
    studio.image.failing = set()
    first = last = ""
    for number, name in enumerate(people):
        photo = photo_bytes(("#b98f6f", "#8d5f43", "#e0b394", "#6f4a35", "#c9a07e")[number])
        made = studio.character(name=name, styles=STYLES, photo_key=studio.upload(photo))
        first, last = first or made, made
    studio.image.failing = {"anime"}
    studio.character(name="Lena", styles=("anime",), photo_key=studio.upload(photo_bytes("#caa98f")))
    studio.image.failing = set()
    draw_again(studio.services, last, "anime")
    with studio.services.record.writing() as session:
        a_character(session, "Draft")
        _a_batch(session, last)
    links = {
        "proof": make_link(studio.services.runtime, character_id=first, by=None).path,
        "consent-link": ask_consent(
            studio.services.runtime, character_id=last, by=None, processors=["replicate"]
        ).path,
    }
    return screens(first, links)


def _a_batch(session: Session, character_id: str) -> None:
    """One that has drawn the newest anime picture anew and is over."""
    drawn = [each.image for each in images.of_character(session, character_id)]
    newest = max((each for each in drawn if each.style == "anime"), key=lambda each: each.ordinal)
    pairs = [Candidate(character_id, "anime", newest.ordinal)]
    made = batches.create(session, run_token="looks", pairs=pairs, filter={}, plan={})
    (item,) = batches.items(session, made.id)
    batches.set_item(session, item.id, state=BatchItemState.DONE, image_id=newest.id)


def with_accounts(served: ServedStudio) -> tuple[Screen, ...]:
    """From now on an administrator and a colleague have accounts: the screens that this brings."""
    record = served.studio.services.record
    for email, name, role in (("anna@example.org", "Anna", None), ("ben@example.org", "Ben", Role.REVIEWER)):
        people.add_person(record, email=email, name=name, role=role, password=PASSWORD, by=None, via="looks")
    return (
        Screen("account", "/account", "[data-testid=account] h1"),
        Screen("people", "/people", "[data-testid=person]"),
        Screen("person", "/people", "h1", press="[data-email='ben@example.org'] .sk-button", then="h1"),
        Screen("tokens", "/tokens", "[data-testid=account] h1"),
        Screen("audit", "/audit", "[data-testid=account] h1"),
        Screen("sign-in", "/account", "h1", press="form[action$=sign-out] button", then="#email"),  # the last
    )


def sign_in(page: Page, url: str) -> None:
    """`page` is the administrator's."""
    page.goto(f"{url}/sign-in")
    page.locator("[name=email]").fill("anna@example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form [type=submit]").click()
    page.wait_for_url(re.compile("/studio/"))


def screens(character: str, links: Mapping[str, str]) -> tuple[Screen, ...]:
    """Every main screen; `character` is the one whose page is shown, `links` are those that strangers get."""
    person = f"/studio/character?id={character}"
    return (
        Screen("characters", "/studio/", "[data-testid=card] img"),
        Screen("filtered", "/studio/?q=a&status=ready", "[data-testid=card] img"),
        Screen("today", "/studio/today", "[data-testid=tonight]"),
        Screen("review", "/studio/review", "sk-review[data-state=shown]"),
        Screen("new", "/studio/new", "[data-testid=photo-zone][data-ready=yes]"),
        Screen("character", person, "img.sk-large"),
        *(Screen(name, person, "img.sk-large", tab) for tab, name in enumerate(_TABS) if tab),
        Screen("batches", "/studio/batches", "[data-testid=batch]"),
        Screen(
            "begin",
            "/studio/batches",
            "[data-testid=batch-form]",
            press="[data-testid=batch-form] > details > summary",
            then="[data-testid=batch-plan]",
        ),
        Screen(
            "after",
            "/studio/batches",
            "[data-testid=batch]",
            press="[data-batch-after]",
            then="[data-testid=batch-after]",
        ),
        Screen("costs", "/studio/costs", "[data-testid=costs]"),
        Screen("health", "/studio/health", "[data-looking=no] [data-testid=check]"),
        Screen("help", "/studio/help", "h1"),
        Screen("privacy", "/studio/privacy", "[data-testid=privacy]"),
        Screen("nowhere", "/studio/nowhere", "[data-testid=error-page]"),
        *(Screen(name, path, "[data-state=open]") for name, path in links.items()),
    )


def open_screen(page: Page, url: str, screen: Screen) -> None:
    """Go there, and wait until all of it has come and stands still."""
    page.goto(f"{url}{screen.address}")
    expect(page.locator(screen.ready).first).to_be_visible()
    if screen.tab:
        tab = page.get_by_role("tab").nth(screen.tab)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
    if screen.press:
        page.locator(screen.press).first.click()
        expect(page.locator(screen.then).first).to_be_visible()
    expect(page.locator("sk-part:not([data-state=ready], [data-state=away]):visible")).to_have_count(0)
    expect(page.locator("sk-fragment:empty:visible")).to_have_count(0)
    expect(page.locator(".sk-loading:visible, [aria-busy=true]:visible")).to_have_count(0)
    page.evaluate(
        """() => Promise.all([
            document.fonts.ready,
            ...[...document.images].filter((each) => each.checkVisibility()
                && (each.loading !== "lazy" || each.getBoundingClientRect().top < innerHeight))
                .map((each) => each.decode().catch(() => {})),
        ])"""
    )


def sticks_out(page: Page) -> Sequence[str]:
    """What makes the page scroll sideways: the elements that reach past its edges, innermost."""
    found: list[str] = page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            const out = [...document.body.querySelectorAll("*")].filter((each) => {
                const box = each.getBoundingClientRect();
                return box.width && each.checkVisibility() && (box.right > width + 1 || box.left < -1);
            });
            return out.filter((each) => !out.some((other) => other !== each && each.contains(other)))
                .map((each) => `${each.tagName}.${each.className} ${each.textContent.trim().slice(0, 40)}`);
        }"""
    )
    return found
