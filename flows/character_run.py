"""The run of one character: check, describe, write, draw every style side by side, measure, record."""

import asyncio

from db.errors import Erased, RecordFull
from db.event_kinds import RunStep
from db.log import Log, logged_with
from db.models import CharacterStatus
from db.told import told
from flows.run_request import RunRequest, RunResult
from tasks import image_fallback
from tasks.describe_photo import vision_work
from tasks.errors import CallFailed, NotReady, NotSent, StoreError, StorykinError, TookTooLong
from tasks.giving.kept_scaled import make_ahead
from tasks.ledger.budget import check_run_cap
from tasks.likeness_words import WITHHELD
from tasks.pipeline import (
    StepRunner,
    describe_photo,
    illustrate,
    recheck_photo,
    record_image,
    score_likeness,
    write_prompt,
)
from tasks.pricing import estimate_pictures, estimate_run
from tasks.progress import Run
from tasks.record_image import existing_image, ordinal_of_run, styles_without_picture
from tasks.run_status import begin, check_not_cancelled, may_spend, set_status
from tasks.runtime import Runtime, current_runtime, operator_id, spending_only_while, using_runtime
from tasks.settings import provider_settings
from tasks.styles.packs import style_pack
from tasks.traces.spans import span
from tasks.write_prompt import PictureWork

log = Log("run")


async def run_character(
    request: RunRequest, run_step: StepRunner, runtime: Runtime | None = None
) -> RunResult:
    """Carry the request out and leave the character in the status that tells how it went.

    Every failure that has a sentence is in the result and in the timeline; anything else is raised after
    the character was marked failed. Running the same request again makes nothing twice.
    """
    ids = {"character_id": request.character_id, "run_token": request.run_token}
    with (
        logged_with(**ids),
        span("run a character", character_id=request.character_id, run_token=request.run_token),
    ):
        run = Run(runtime or current_runtime(), request.character_id, request.run_token, gathers=True)
        return await _run(request, run_step, run)


async def _run(request: RunRequest, run_step: StepRunner, run: Run) -> RunResult:
    result = RunResult()
    try:
        begin(run)
        with using_runtime(run.runtime), spending_only_while(may_spend(run)):
            _check_cap_ahead(run, request)
            await _person(run, run_step, result)
            set_status(run, CharacterStatus.ILLUSTRATING)
            await _pictures(run, request, run_step, result)
    except StorykinError as error:
        result.failures[""] = error
    except Erased as error:  # before it began, or meanwhile: nothing more is spent
        result.failures[""] = StorykinError(error.sentence, code=error.code)
    except RecordFull as error:
        set_status(run, CharacterStatus.FAILED, error.code, error.sentence)
        raise
    except Exception:
        set_status(
            run, CharacterStatus.FAILED, "internal", "Something went wrong inside Storykin. Try again."
        )
        raise
    _close(run, request, result)
    return result


def _check_cap_ahead(run: Run, request: RunRequest) -> None:
    """Refuse what is too dear before the vision call is paid for. What is there already counts nothing."""
    if run.runtime.run_cap_microusd is None:
        return
    lacking = list(request.styles)
    if request.another:
        lacking = styles_without_picture(run.runtime, request.character_id, lacking, request.run_token)
    price = estimate_run(
        run.runtime,
        request.character_id,
        lacking,
        another=request.another,
        ordinals=request.ordinals,
        options={style: request.options_of(style) for style in lacking},
    )
    check_run_cap(run.runtime, price)


async def _person(run: Run, run_step: StepRunner, result: RunResult) -> None:
    with run.step(RunStep.PHOTO):
        await run_step(recheck_photo, run.character_id)
    with run.step(RunStep.PROFILE):
        result.profile_id = await run_step(describe_photo, vision_work(run.runtime, run.character_id))


async def _pictures(run: Run, request: RunRequest, run_step: StepRunner, result: RunResult) -> None:
    assert result.profile_id is not None
    with run.step(RunStep.PROMPTS):
        works = await asyncio.gather(
            *(_prompt(run, request, style, result.profile_id, run_step) for style in request.styles)
        )
    if run.runtime.run_cap_microusd is not None:
        check_run_cap(run.runtime, estimate_pictures(run.runtime, works))
    at_once = asyncio.Semaphore(provider_settings().pictures_at_once)

    async def one(work: PictureWork) -> None:
        async with at_once:
            try:
                check_not_cancelled(run)
                await _picture(run, work, run_step, result)
            except StorykinError as error:
                result.failures[work.style] = error
            if len(result.made) + len(result.found) + len(result.failures) < len(works):
                run.tell()  # the others may take long

    await asyncio.gather(*(one(work) for work in works))


async def _prompt(
    run: Run, request: RunRequest, style: str, profile_id: str, run_step: StepRunner
) -> PictureWork:
    ordinal, options = request.ordinals.get(style, 1), request.options_of(style)
    if request.another:
        ordinal = ordinal_of_run(run.runtime, request.character_id, style, request.run_token, options)
    provider = image_fallback.provider_to_draw(
        run.runtime,
        character_id=request.character_id,
        profile_id=profile_id,
        style=style,
        ordinal=ordinal,
        options=options,
    )
    return await run_step(
        write_prompt, request.character_id, profile_id, style, ordinal, provider, options=options
    )


async def _picture(run: Run, work: PictureWork, run_step: StepRunner, result: RunResult) -> None:
    existing = existing_image(run.runtime, work, run.token)
    if existing is not None:
        run.skip(
            RunStep.DRAW, told("%(style)s is already drawn", style=style_pack(work.style).label), work.style
        )
        result.found[work.style] = existing
        return
    with run.step(RunStep.DRAW, work.style):
        work, asset_id = await _draw(run, work, run_step, result)
    likeness = None
    if provider_settings().compares_here:
        with run.step(RunStep.LIKENESS, work.style) as details:
            likeness = await run_step(score_likeness, work, asset_id)
            if WITHHELD not in likeness.get("warnings", ()):
                details["asset_id"] = asset_id  # whoever watches sees it now, not once it is saved
    with run.step(RunStep.SAVE, work.style):
        result.made[work.style] = await run_step(record_image, work, asset_id, run.token, likeness)
    await asyncio.to_thread(make_ahead, run.runtime, asset_id)  # it is shown already, and paid and saved


async def _draw(
    run: Run, work: PictureWork, run_step: StepRunner, result: RunResult
) -> tuple[PictureWork, str]:
    """Have it drawn by the first provider that is not away; returns what was drawn in the end, and its asset.

    The next provider is asked after an outage alone, and only while nothing of the picture can be paid.
    """
    assert result.profile_id is not None
    away: tuple[str, ...] = ()
    while True:
        following = image_fallback.next_provider(run.runtime, work)
        if following is None or not image_fallback.is_left_alone(run.runtime, work):
            try:
                return work, await run_step(illustrate, work, operator_id(run.runtime))
            except NotSent as error:
                if following is None or not image_fallback.is_unpaid_outage(run.runtime, work, error):
                    raise
        log.warning("provider is away, the next one draws", provider=work.provider)
        away += (work.provider,)
        work = await run_step(
            write_prompt,
            work.character_id,
            result.profile_id,
            work.style,
            work.ordinal,
            following,
            away,
            work.options,
        )


def _close(run: Run, request: RunRequest, result: RunResult) -> None:
    if not result.failures:
        set_status(run, CharacterStatus.READY)
        return
    worst = result.failures.get("") or next(iter(result.failures.values()))
    drawn = len(result.made) + len(result.found)
    sentence = worst.sentence
    if drawn:
        asked = len(request.styles)
        if drawn == 1:
            sentence = told("1 of %(asked)s styles is drawn. %(why)s", asked=asked, why=sentence)
        else:
            sentence = told(
                "%(drawn)s of %(asked)s styles are drawn. %(why)s", drawn=drawn, asked=asked, why=sentence
            )
    set_status(run, status_after(worst), worst.code, sentence)


def status_after(error: StorykinError) -> CharacterStatus:
    """Whether a person has to decide something, or it simply failed and may be tried again."""
    simply_failed = isinstance(error, NotSent | NotReady | CallFailed | StoreError | TookTooLong)
    return CharacterStatus.FAILED if simply_failed else CharacterStatus.NEEDS_ATTENTION
