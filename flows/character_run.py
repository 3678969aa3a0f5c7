"""The order of work for one character: look, write, draw every style side by side, measure, record."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from db.errors import RecordFull
from db.models import CharacterStatus
from tasks.errors import CallFailed, NotReady, NotSent, StoreError, StorykinError, TookTooLong
from tasks.ledger.budget import check_run_cap
from tasks.pricing import estimate_pictures, estimate_run
from tasks.progress import Run
from tasks.record_image import existing_image, ordinal_of_run, styles_without_picture
from tasks.run_status import begin, end, enter, may_spend
from tasks.runtime import Runtime, current_runtime, spending_only_while
from tasks.settings import provider_settings
from tasks.step_functions import Steps
from tasks.styles.packs import style_pack
from tasks.write_prompt import PictureWork


@dataclass(frozen=True)
class Order:
    """What was asked for. `another` draws a new picture on purpose where one exists.

    `ordinals` says which picture of a style is meant where it is not the first, as a batch does.
    """

    character_id: str
    styles: tuple[str, ...]
    run_token: str
    another: bool = False
    ordinals: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Outcome:
    """What became of it: image ids by style, made or found, and the failures by style ("" is the photo's)."""

    profile_id: str | None = None
    made: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    failures: dict[str, StorykinError] = field(default_factory=dict)


async def run_character(order: Order, steps: Steps, runtime: Runtime | None = None) -> Outcome:
    """Carry the order out and leave the character in the status that tells how it went.

    Every failure that has a sentence is in the outcome and in the timeline; anything else is raised after
    the character was marked failed. Running the same order again makes nothing twice.
    """
    run = Run(runtime or current_runtime(), order.character_id, order.run_token)
    outcome = Outcome()
    try:
        begin(run)
        with spending_only_while(may_spend(run)):
            _check_cap_ahead(run, order)
            await _person(run, steps, outcome)
            enter(run, CharacterStatus.ILLUSTRATING)
            await _pictures(run, order, steps, outcome)
    except StorykinError as error:
        outcome.failures[""] = error
    except RecordFull as error:
        end(run, CharacterStatus.FAILED, error.code, error.sentence)
        raise
    except Exception:
        end(run, CharacterStatus.FAILED, "internal", "Something went wrong inside Storykin. Try again.")
        raise
    _close(run, order, outcome)
    return outcome


def _check_cap_ahead(run: Run, order: Order) -> None:
    """Refuse what is too dear before the look is paid for. What is there already counts nothing."""
    lacking = list(order.styles)
    if order.another:
        lacking = styles_without_picture(run.runtime, order.character_id, lacking, order.run_token)
    price = estimate_run(
        run.runtime, order.character_id, lacking, another=order.another, ordinals=order.ordinals
    )
    check_run_cap(run.runtime, price)


async def _person(run: Run, steps: Steps, outcome: Outcome) -> None:
    with run.step("photo", "Check the photo"):
        await steps.check_photo(run.character_id)
    with run.step("profile", "Look at the person"):
        outcome.profile_id = await steps.describe_photo(run.character_id)


async def _pictures(run: Run, order: Order, steps: Steps, outcome: Outcome) -> None:
    assert outcome.profile_id is not None
    with run.step("prompts", "Write the prompts"):
        work = await asyncio.gather(
            *(_prompt(run, order, style, outcome.profile_id, steps) for style in order.styles)
        )
    check_run_cap(run.runtime, estimate_pictures(run.runtime, work))
    at_once = asyncio.Semaphore(provider_settings().pictures_at_once)

    async def one(piece: PictureWork) -> None:
        async with at_once:
            try:
                await _picture(run, piece, steps, outcome)
            except StorykinError as error:
                outcome.failures[piece.style] = error

    await asyncio.gather(*(one(piece) for piece in work))


async def _prompt(run: Run, order: Order, style: str, profile_id: str, steps: Steps) -> PictureWork:
    ordinal = order.ordinals.get(style, 1)
    if order.another:
        ordinal = ordinal_of_run(run.runtime, order.character_id, style, order.run_token)
    return await steps.write_prompt(order.character_id, profile_id, style, ordinal)


async def _picture(run: Run, work: PictureWork, steps: Steps, outcome: Outcome) -> None:
    label = style_pack(work.style).label
    existing = existing_image(run.runtime, work, run.token)
    if existing is not None:
        run.skip("draw", f"{label} is already drawn", work.style)
        outcome.found[work.style] = existing
        return
    with run.step("draw", f"Draw {label}", work.style):
        asset_id = await steps.illustrate(work)
    with run.step("likeness", f"Compare {label} with the photo", work.style):
        likeness = await steps.score_likeness(work, asset_id)
    with run.step("save", f"Save {label}", work.style):
        outcome.made[work.style] = await steps.record_image(work, asset_id, run.token, likeness)


def _close(run: Run, order: Order, outcome: Outcome) -> None:
    if not outcome.failures:
        end(run, CharacterStatus.READY)
        return
    worst = outcome.failures.get("") or next(iter(outcome.failures.values()))
    drawn = len(outcome.made) + len(outcome.found)
    sentence = worst.sentence
    if drawn:
        are = "is" if drawn == 1 else "are"
        sentence = f"{drawn} of {len(order.styles)} styles {are} drawn. {sentence}"
    end(run, status_after(worst), worst.code, sentence)


def status_after(error: StorykinError) -> CharacterStatus:
    """Whether a person has to decide something, or it simply failed and may be tried again."""
    simply_failed = isinstance(error, NotSent | NotReady | CallFailed | StoreError | TookTooLong)
    return CharacterStatus.FAILED if simply_failed else CharacterStatus.NEEDS_ATTENTION
