"""The steps of a run, as Prefect's tasks: each one's function, retries, timeout and cache side by side.

Nothing but this file of `tasks/` knows Prefect. A step is run by `tracked`, as a task run on the dashboard,
or by `untracked`, here and now through the task's own function. Prefect is told of the work, and the work
does not wait for it: a step that can't be tracked because the server is away is done all the same. Whether
it was done already is for the record to say.

Cached results only make a rerun in which nothing changed show as such on the dashboard. The record is the
authority: a lost cache costs nothing, because the ledger hands out what exists.

To add a step:
1. its work, without Prefect, as a function of the same name in `tasks/verb_noun.py`;
2. its task here: `FREE_STEP`, or `PAID_STEP` and a cache key where it may spend money;
3. its place in the timeline and in the progress of a run: `RunStep` in `db/event_kinds.py`;
4. its turn: a call in `flows/character_run.py`.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NotRequired, ParamSpec, Protocol, TypedDict, TypeVar

import httpx
from prefect import Task, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError
from prefect.context import TaskRunContext

import tasks.describe_photo
import tasks.illustrate
import tasks.recheck_photo
import tasks.record_image
import tasks.score_likeness
import tasks.write_prompt
from db.digests import digest_of
from db.log import Log
from tasks.describe_photo import VisionWork
from tasks.picture_options import AS_USUAL, PictureOptions
from tasks.retries import DELAYS, worth_retrying
from tasks.runtime import current_runtime
from tasks.write_prompt import PictureWork

P = ParamSpec("P")
R = TypeVar("R")
log = Log("steps")

SERVER_AWAY = (httpx.HTTPError, ConcurrencySlotAcquisitionError)


async def _may_succeed_again(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Prefect's retry condition, answered by the one table of `tasks.retries`."""
    try:
        await state.aresult()
    except Exception as error:
        return worth_retrying(error)
    return False


def _vision_cache_key(_context: TaskRunContext, arguments: dict[str, Any]) -> str:
    work: VisionWork = arguments["work"]
    return digest_of(
        ["look", work.operator_id, work.character_id, work.photo_asset_id, work.provider, work.model]
    )


def _picture_cache_key(_context: TaskRunContext, arguments: dict[str, Any]) -> str:
    work: PictureWork = arguments["work"]
    return digest_of(["draw", arguments["operator_id"], work.work_key])


class TaskOptions(TypedDict):
    """What Prefect's `task` takes, as far as steps have it in common."""

    retries: int
    retry_delay_seconds: list[float]
    retry_jitter_factor: float
    retry_condition_fn: Callable[[Task[..., Any], TaskRun, State[Any]], Awaitable[bool]]
    persist_result: NotRequired[bool]


FREE_STEP: TaskOptions = {
    "retries": len(DELAYS),
    "retry_delay_seconds": list(DELAYS),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": _may_succeed_again,
}
# What may be paid for: its result is kept, so that a rerun shows as cached.
PAID_STEP: TaskOptions = {**FREE_STEP, "persist_result": True}


@task(name="check-photo", task_run_name="check the photo", timeout_seconds=60, **FREE_STEP)
async def recheck_photo(character_id: str) -> list[str]:
    """Check that the stored photo is still one to work from; returns its warnings. Raises PhotoRefused."""
    return await asyncio.to_thread(tasks.recheck_photo.recheck_photo, current_runtime(), character_id)


@task(
    name="describe-photo",
    task_run_name="look at the person",
    timeout_seconds=600,  # longer than the wait for a rate slot and the exchange itself
    cache_key_fn=_vision_cache_key,
    **PAID_STEP,
)
async def describe_photo(work: VisionWork) -> str:
    """Describe the person by a vision call; returns the id of the profile to work from."""
    return await asyncio.to_thread(tasks.describe_photo.describe_photo, current_runtime(), work.character_id)


@task(name="build-prompt", task_run_name="prompt: {style}", timeout_seconds=30, **FREE_STEP)
async def write_prompt(
    character_id: str,
    profile_id: str,
    style: str,
    ordinal: int,
    provider: str = "",
    instead_of: tuple[str, ...] = (),
    options: PictureOptions = AS_USUAL,
) -> PictureWork:
    """Put the prompt of one style on record; returns the picture to be made, by name.

    `provider` draws it instead of those that are away; "" is the first.
    """
    return await asyncio.to_thread(
        tasks.write_prompt.write_prompt,
        current_runtime(),
        character_id=character_id,
        profile_id=profile_id,
        style=style,
        ordinal=ordinal,
        provider=provider,
        instead_of=tuple(instead_of),
        options=options,
    )


@task(
    name="illustrate",
    task_run_name="draw: {work.style}",
    timeout_seconds=900,
    cache_key_fn=_picture_cache_key,
    **PAID_STEP,
)
async def illustrate(work: PictureWork, operator_id: str) -> str:
    """Draw the picture; returns the id of its asset.

    Idempotent by `work.work_key`: the ledger decides, not Prefect's cache. `operator_id` is in its key, so
    that what another record has left there is never believed.
    """
    del operator_id
    return await asyncio.to_thread(tasks.illustrate.illustrate, current_runtime(), work)


@task(name="score-likeness", task_run_name="likeness: {work.style}", timeout_seconds=60)
async def score_likeness(work: PictureWork, asset_id: str) -> dict[str, Any]:
    """Measure the picture; returns the measures and warnings. Not retried: what fails is a warning itself."""
    return await asyncio.to_thread(tasks.score_likeness.score_likeness, current_runtime(), work, asset_id)


@task(name="record-image", task_run_name="record: {work.style}", timeout_seconds=30, **FREE_STEP)
async def record_image(
    work: PictureWork, asset_id: str, run_token: str, likeness: dict[str, Any] | None
) -> str:
    """Put the variant on record; returns its id. One without a likeness is held until it is compared."""
    return await asyncio.to_thread(
        tasks.record_image.record_image,
        current_runtime(),
        work,
        asset_id=asset_id,
        run_token=run_token,
        likeness=likeness,
        hold=likeness is None,
    )


class StepRunner(Protocol):
    """How the steps of a run are run: `tracked`, `untracked`, or as a test wants it."""

    def __call__(
        self, step: Task[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, R]:
        """Run `step` with its arguments to its end; returns or raises what it does."""


async def tracked(step: Task[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `step` as a task run of Prefect; untracked, once more from its start, when the server is away."""
    try:
        return await step(*args, **kwargs)
    except SERVER_AWAY as error:
        log.warning("a step goes on without Prefect", code=type(error).__name__)
        return await untracked(step, *args, **kwargs)


async def untracked(step: Task[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run the function of `step` here and now, with the retries that it has, and without Prefect."""
    for delay in DELAYS[: step.retries]:
        try:
            return await step.fn(*args, **kwargs)
        except Exception as error:
            if not worth_retrying(error):
                raise
            await asyncio.sleep(delay * random.uniform(1, 1.5))
    return await step.fn(*args, **kwargs)
