"""A run that failed in parts tells each part: which style, what it cost, and what trying again would cost."""

from dataclasses import dataclass, replace

import pytest

from tasks.errors import CallFailed, OutcomeUnknown, Refused, StorykinError
from tasks.providers.protocols import ImageRequest
from tests.support.studio import StandInImage, StandInStudio
from tests.ui.test_views import Page
from ui.handlers.detail import character_page
from ui.handlers.runs import run_view
from ui.services import StudioServices
from ui.views.detail import banner_html, lineage_html
from ui.views.runs import run_html

STYLES = ("watercolor", "storybook", "anime", "flat")


@dataclass
class FailingImage(StandInImage):
    """A paid brush that fails in each style in a way of its own."""

    charges: bool = True
    answer_seconds: float = 30.0

    def estimate_microusd(self, request: ImageRequest) -> int:
        return 39_000

    def submit(self, request: ImageRequest) -> str:
        failures: dict[str, StorykinError] = {
            "watercolor": OutcomeUnknown("No answer came."),
            "storybook": Refused("It was refused.", charged_microusd=0),
            "anime": CallFailed("No picture was in it.", code="empty_output", charged_microusd=39_000),
        }
        if request.style in failures:
            raise failures[request.style]
        return super().submit(request)


def said(html: str) -> str:
    return " ".join(Page(html).words)


@pytest.fixture
def paying(studio: StandInStudio) -> StudioServices:
    runtime = replace(studio.services.runtime, image=FailingImage())
    studio.prefect.runtime = runtime
    studio.services = replace(studio.services, runtime=runtime)
    return studio.services


@pytest.fixture
def character_id(studio: StandInStudio, paying: StudioServices) -> str:
    return studio.character(styles=STYLES)


def test_the_panel_tells_each_style_and_the_price_of_trying_again(
    studio: StandInStudio, paying: StudioServices, character_id: str
) -> None:
    view = run_view(paying, studio.prefect.orders[0].run_token)
    assert view is not None
    assert view.again_microusd == 39_000  # the anime alone: the others are not sent again
    html = run_html(view)
    (told,) = Page(html).having("data-testid", "told")
    assert told
    words = said(html)
    assert "Storybook. It was refused. Nothing was charged." in words
    assert "Anime. No picture was in it. It cost $0.039 all the same." in words
    assert "Watercolor. No answer came. $0.039 is reserved for it" in words
    assert "Flat." not in words
    assert "Try again about $0.04" in words
    assert "1 of 4 styles is drawn." in words


def test_the_characters_page_names_what_each_call_was_for(paying: StudioServices, character_id: str) -> None:
    page = character_page(paying, character_id)
    lines = {
        line.label: (line.spent_microusd, line.reserved_microusd, line.note) for line in page.costs.lines
    }
    assert lines["Anime"] == (39_000, 0, "charged, and no picture came of it")
    assert lines["Storybook"] == (0, 0, "refused by the provider")
    assert lines["Watercolor"] == (0, 39_000, "possibly paid: no answer came")
    assert lines["Flat"] == (0, 0, "")  # as this brush says of what succeeds
    assert "Try again about $0.04" in said(banner_html(page))
    assert "$0.00 refused by the provider" in said(lineage_html(page))
    moments = [each for group in page.timeline for each in group.moments]
    assert any(each.message.startswith("Storybook: It was refused.") for each in moments)
