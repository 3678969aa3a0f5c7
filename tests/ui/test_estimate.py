"""What will be paid, told before it is: beside the styles, at "Draw it again", and on the command line."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from db.models import CallKind, CallState, ProviderCall
from flows.launch.demo import PHOTO
from tasks.errors import OverBudget
from tasks.providers.protocols import ImageRequest, Photo
from tasks.styles.packs import style_names
from tests.support.commands import storykin
from tests.support.rows import call_at
from tests.support.studio import StandInImage, StandInStudio, StandInVision
from tests.support.style_packs import write_papercut
from tests.tasks.styles.conftest import own_styles
from tests.ui.test_cli import NAME, environment, weights
from tests.ui.test_views import Page
from ui.cli.generate import print_price
from ui.handlers.detail import character_page
from ui.handlers.estimate import estimate_for_new
from ui.services import StudioServices
from ui.views.detail import stage_html
from ui.views.estimate import estimate_words

__all__ = ["environment", "own_styles", "weights"]


@dataclass
class PaidImage(StandInImage):
    charges: bool = True
    answer_seconds: float = 30.0

    def estimate_microusd(self, request: ImageRequest) -> int:
        return 39_000


class PaidVision(StandInVision):
    charges = True
    answer_seconds = 30.0

    def estimate_microusd(self, photo: Photo) -> int:
        return 12_000


def paying(
    studio: StandInStudio,
    *,
    vision: bool = False,
    image: bool = True,
    budget: int | None = None,
    cap: int | None = None,
) -> StudioServices:
    """The studio's services with providers that charge; `budget` and `cap` in micro-dollars."""
    runtime = replace(
        studio.services.runtime,
        vision=PaidVision() if vision else StandInVision(),
        image=PaidImage() if image else StandInImage(),
        daily_budget_microusd=budget,
        run_cap_microusd=cap,
    )
    return replace(studio.services, runtime=runtime)


@pytest.mark.parametrize(
    ("vision", "image", "styles", "words"),
    [
        (False, False, style_names(), "Free: drawn on this machine."),
        (False, True, style_names(), "About $0.20 for 5 pictures."),
        (False, True, ("flat",), "About $0.04 for 1 picture."),
        (True, True, style_names(), "About $0.21 for 5 pictures and one look at the photo."),
        (
            True,
            False,
            style_names(),
            "About $0.01 for one look at the photo; the pictures are drawn on this machine.",
        ),
        (True, True, (), "Choose at least one style."),
        (False, True, ("cubism", "flat", "flat"), "About $0.04 for 1 picture."),
    ],
)
def test_the_estimate_is_one_sentence(
    studio: StandInStudio, vision: bool, image: bool, styles: tuple[str, ...], words: str
) -> None:
    services = paying(studio, vision=vision, image=image)
    assert estimate_words(estimate_for_new(services.runtime, styles)) == words


def test_what_would_be_refused_says_so_beforehand(studio: StandInStudio) -> None:
    services = paying(studio, cap=100_000)
    assert "above the cap of $0.10" in estimate_for_new(services.runtime, style_names()).problem
    assert estimate_for_new(services.runtime, style_names()[:2]).problem == ""
    assert "Choose fewer styles" in estimate_for_new(services.runtime, style_names()).problem


@pytest.mark.parametrize(
    ("image", "styles", "words", "missing"),
    [
        ("local", ("papercut",), "Choose at least one style.", True),
        ("local", ("flat", "papercut"), "Free: drawn on this machine.", True),
        ("local", ("flat",), "Free: drawn on this machine.", False),
        ("replicate", ("papercut",), "About $0.04 for 1 picture.", False),
    ],
)
def test_a_style_that_nobody_here_draws_is_told_beforehand(
    studio: StandInStudio, own_styles: Path, image: str, styles: tuple[str, ...], words: str, missing: bool
) -> None:
    write_papercut(own_styles)
    services = paying(studio, image=image != "local")
    services.runtime.image.name = image
    told = estimate_for_new(services.runtime, styles)
    assert estimate_words(told) == words
    assert told.problem.startswith("Papercut will be missing") is missing


def test_today_s_budget_counts_what_is_reserved_too(studio: StandInStudio) -> None:
    services = paying(studio, budget=220_000)
    assert estimate_for_new(services.runtime, style_names()).problem == ""
    with services.record.writing() as session:
        session.add(
            ProviderCall(
                **call_at(
                    CallState.UNKNOWN,
                    work_key="k" * 64,
                    kind=CallKind.IMAGE,
                    provider="replicate",
                    model="nano",
                    estimate_microusd=39_000,
                )
            )
        )
    assert "has $0.039 used or reserved" in estimate_for_new(services.runtime, style_names()).problem


def test_what_is_free_is_never_over_a_budget(studio: StandInStudio) -> None:
    services = paying(studio, image=False, budget=0, cap=0)
    assert estimate_for_new(services.runtime, style_names()).problem == ""


def test_drawing_again_has_its_price_on_the_button(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    free = stage_html(character_page(studio.services, character_id))
    assert Page(free).having("data-testid", "price") == []
    paid = Page(stage_html(character_page(paying(studio), character_id)))
    assert "about $0.04" in paid.words
    refused = paying(studio, budget=10_000)
    assert Page(stage_html(character_page(refused, character_id))).having("data-testid", "over-budget")


def test_each_style_that_is_missing_has_its_price_on_its_tile(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    assert "tile-price" not in stage_html(character_page(studio.services, character_id))
    page = Page(stage_html(character_page(paying(studio), character_id)))
    assert len(page.having("data-testid", "tile-price")) == len(style_names()) - 1


def test_a_tile_counts_the_look_where_that_is_to_be_paid_too(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    services = paying(studio, vision=True)
    services.runtime.vision.model = "other-eyes"
    prices = {each.microusd for each in character_page(services, character_id).missing}
    assert prices == {12_000 + 39_000}


def test_the_command_line_tells_the_price_on_stderr_unless_it_is_quiet_or_free(
    studio: StandInStudio, capsys: pytest.CaptureFixture[str]
) -> None:
    print_price(paying(studio).runtime, style_names(), quiet=True)
    print_price(studio.services.runtime, style_names(), quiet=False)
    assert capsys.readouterr() == ("", "")
    print_price(paying(studio).runtime, style_names(), quiet=False)
    assert capsys.readouterr() == ("", "storykin: About $0.20 for 5 pictures.\n")
    with pytest.raises(OverBudget):
        print_price(paying(studio, cap=1).runtime, style_names(), quiet=True)


def test_the_command_line_refuses_before_it_spends_or_writes(environment: dict[str, str]) -> None:
    cloud = environment | {
        "STORYKIN_IMAGE": "replicate",
        "REPLICATE_API_TOKEN": "r8_" + "0" * 37,
        "REPLICATE_BASE_URL": "http://127.0.0.1:9",  # nothing listens: a request would be told
        "STORYKIN_RUN_CAP_USD": "0.01",
    }
    for more in ((), ("--json",)):
        done = storykin(cloud, "generate", str(PHOTO), "--name", NAME, *more)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("storykin: over_run_cap: This run would cost about $")
        assert len(done.stderr.splitlines()) == 1


def test_the_usual_styles_are_those_of_the_first_provider(
    environment: dict[str, str], tmp_path: Path
) -> None:
    write_papercut(tmp_path / "styles")  # which the local engine can't draw
    both = environment | {
        "STORYKIN_STYLES_DIR": str(tmp_path / "styles"),
        "STORYKIN_IMAGE": "local,replicate",
        "REPLICATE_API_TOKEN": "r8_" + "0" * 37,
        "STORYKIN_RUN_CAP_USD": "0.01",
    }
    usual = storykin(both, "generate", str(PHOTO), "--name", NAME).stderr
    five = [argument for style in FIVE for argument in ("--style", style)]
    assert usual == storykin(both, "generate", str(PHOTO), "--name", NAME, *five).stderr
    assert usual != storykin(both, "generate", str(PHOTO), "--name", NAME, "--style", "all").stderr
    assert usual.startswith("storykin: over_run_cap: ")


FIVE = ("watercolor", "storybook", "anime", "flat", "colored-pencil")
