"""What the templates make of data, and above all of hostile data."""

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from db.models import CharacterStatus
from tasks.styles.packs import style_packs
from tests.support.studio import StandInStudio
from ui.handlers.characters import list_characters
from ui.handlers.correction import details_panel, profile_panel
from ui.handlers.detail import character_page
from ui.handlers.runs import run_view
from ui.handlers.start import faults_when_empty
from ui.views import detail as view
from ui.views import words
from ui.views.characters import Filter, listing_html
from ui.views.correction import ProfilePanel, details_panel_html, profile_panel_html
from ui.views.detail import CharacterPage
from ui.views.intake import intake_html
from ui.views.new import ConsentAsked
from ui.views.page import Heading, heading_html, topbar_html
from ui.views.runs import RunState, before_run_html, run_html

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "${Object.assign(window,{PWNED:1})}",
    "{{constructor.constructor('alert(1)')()}}",
    "' onmouseover='alert(1)",
    "</textarea></title><svg onload=alert(1)>",
]
VOID = {"img", "input", "br", "link", "meta"}


class Page(HTMLParser):
    """The tags, attributes and words of a piece of HTML; well-formedness is checked on the way."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(" ".join(data.split()))

    def having(self, attribute: str, value: str | None = None) -> list[dict[str, str | None]]:
        return [
            attributes
            for _, attributes in self.tags
            if attribute in attributes and value in (None, attributes[attribute])
        ]


def _panel(studio: StandInStudio, character_id: str) -> ProfilePanel:
    panel = profile_panel(studio.services, character_id, compare="1-1")
    assert panel is not None
    return panel


def every_view(studio: StandInStudio, character_id: str) -> dict[str, str]:
    page = character_page(studio.services, character_id)
    return {
        "listing": listing_html(list_characters(studio.services, Filter())),
        "heading": view.detail_heading_html(page),
        "banner": view.banner_html(page),
        "stage": view.stage_html(page),
        "profile": profile_panel_html(_panel(studio, character_id)),
        "details": details_panel_html(details_panel(studio.services, character_id)),
        "compare": view.compare_html(page),
        "lineage": view.lineage_html(page),
        "timeline": view.timeline_html(page),
        "run": run_html(page.run),
        "before": before_run_html(),
        "topbar": topbar_html("new"),
        "intake": intake_html(
            list(style_packs().values()),
            ["anime"],
            can_print=True,
            faults=faults_when_empty(),
            consent=ConsentAsked("", "en"),
        ),
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_ever_text(studio: StandInStudio, name: str) -> None:
    studio.image.failing = {"anime"}
    character_id = studio.character(name=name)
    for part, html in every_view(studio, character_id).items():
        page = Page(html)
        drawn = {"svg"} if part == "topbar" else set()  # its own symbols; nobody's text is in it
        assert not ({"script", "svg", "iframe"} - drawn) & {tag for tag, _ in page.tags}, part
        handlers = [key for _, attributes in page.tags for key in attributes if key.startswith("on")]
        assert handlers == [], part
    assert name in "".join(
        Page(view.detail_heading_html(character_page(studio.services, character_id))).words
    )


def hostile(value: Any) -> Any:
    """`value` with every text in it replaced by a script."""
    if isinstance(value, str) and type(value) is str:
        return HOSTILE[1]
    if isinstance(value, tuple):
        return tuple(hostile(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        named = {each.name: hostile(getattr(value, each.name)) for each in fields(value) if each.init}
        return replace(value, **named)
    return value


def test_no_text_of_a_character_s_page_is_trusted_wherever_it_came_from(studio: StandInStudio) -> None:
    page = character_page(studio.services, studio.character())
    poisoned: CharacterPage = replace(hostile(page), gender="girl")
    renderers = (
        view.detail_heading_html,
        view.banner_html,
        view.stage_html,
        view.compare_html,
        view.lineage_html,
        view.timeline_html,
    )
    told = [render(poisoned) for render in renderers]
    told.append(profile_panel_html(hostile(_panel(studio, page.character_id))))
    told.append(details_panel_html(hostile(details_panel(studio.services, page.character_id))))
    for html in told:
        assert "<img src=x" not in html
        assert "onerror" not in {key for _, attributes in Page(html).tags for key in attributes}


def test_every_view_is_well_formed(studio: StandInStudio) -> None:
    for html in every_view(studio, studio.character()).values():
        Page(html)


def test_every_picture_has_words_or_is_marked_as_decoration(studio: StandInStudio) -> None:
    for html in every_view(studio, studio.character()).values():
        assert all("alt" in attributes for tag, attributes in Page(html).tags if tag == "img")


def test_the_favourite_and_the_shown_variant_are_told_to_screen_readers(studio: StandInStudio) -> None:
    character_id = studio.character()
    page = Page(view.stage_html(character_page(studio.services, character_id)))
    assert len(page.having("aria-current", "true")) == 1
    assert page.having("data-testid", "make-favourite")[0]["aria-pressed"] == "false"


def test_while_a_run_is_under_way_nothing_else_can_be_asked_for(studio: StandInStudio) -> None:
    studio.prefect.away = "Prefect does not answer."
    html = view.stage_html(character_page(studio.services, studio.character()))
    asking = Page(html).having("data-event", "draw_style")
    assert len(asking) == 5
    assert all("disabled" in button for button in asking)


def test_a_run_that_was_not_taken_offers_to_try_again(studio: StandInStudio) -> None:
    studio.prefect.away = "Prefect does not answer."
    page = character_page(studio.services, studio.character())
    for html in (run_html(page.run), view.banner_html(page)):
        assert len(Page(html).having("data-event", "try_again")) == 1


def test_a_ready_character_has_no_banner_and_its_run_leads_to_it(studio: StandInStudio) -> None:
    page = character_page(studio.services, studio.character())
    assert Page(view.banner_html(page)).words == []
    assert page.run is not None and page.run.state is RunState.READY
    link = Page(run_html(page.run)).having("data-testid", "open-character")[0]
    assert link["href"] == f"/studio/character?id={page.character_id}"


def test_the_run_panel_says_each_step_s_state_in_words_too(studio: StandInStudio) -> None:
    page = character_page(studio.services, studio.character())
    panel = Page(run_html(run_view(studio.services, page.run.run_token if page.run else "")))
    assert [step["data-state"] for step in panel.having("data-testid", "step")] == ["done"] * 6
    assert panel.words.count("(done)") == 6


def test_an_empty_studio_and_an_empty_search_say_different_things(studio: StandInStudio) -> None:
    nothing = Page(listing_html(list_characters(studio.services, Filter())))
    assert "The first page is still blank" in nothing.words
    unfound = Page(listing_html(list_characters(studio.services, Filter("x"))))
    assert "Nobody fits" in unfound.words


def test_the_current_page_is_marked_in_the_bar() -> None:
    assert [link["href"] for link in Page(topbar_html("new")).having("aria-current")] == ["/studio/new"]
    assert Page(topbar_html("")).having("aria-current") == []


def test_every_status_has_a_pill() -> None:
    for status in CharacterStatus:
        pill = Page(heading_html(Heading("Maya", status=status))).having("data-testid", "status")[0]
        assert pill["data-status"] == status.value


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, ""), (0.04, "0.0 s"), (0.84, "0.8 s"), (12.4, "12 s"), (65, "1 min 05 s")]
)
def test_durations(seconds: float | None, said: str) -> None:
    assert words.seconds_words(seconds) == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=-3), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=40), "13 October 2026"),
    ],
)
def test_how_long_ago(ago: timedelta, said: str) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert words.ago_words(now - ago, now) == said
