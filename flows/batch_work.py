"""Drawing a chunk of a batch: in any process, beside any number of others."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import ParamSpec, TypeVar

from db.errors import RecordAway, RecordBusy, RecordFull, RecordReadOnly
from db.log import Log
from flows.character_run import run_character
from flows.run_request import RunRequest, RunResult
from tasks.batch.chunks import HeldChunk, begin_character, holds, keeping, leave_chunk, take_chunk
from tasks.batch.endings import disown
from tasks.batch.plan import planned_pictures, settle_items
from tasks.batch.proposal import options_of, ordinals_of
from tasks.errors import StorykinError
from tasks.pipeline import untracked
from tasks.runtime import current_runtime
from tasks.settings import provider_settings

P = ParamSpec("P")
R = TypeVar("R")
log = Log("batch")

RECORD_AWAY = (RecordAway, RecordBusy, RecordFull, RecordReadOnly)  # it may be back in a moment
PAUSES = (0.5, 1.0, 2.0, 4.0, *(5.0 for _ in range(12)))  # seconds: over a minute in all
OTHER_THREADS = 4  # beside those that draw: what keeps the books


class Worked(StrEnum):
    """What came of the try to work on a chunk."""

    NOTHING = "nothing"  # it is done, somebody else's, or the batch does not go on
    NO_ROOM = "no_room"  # the budgets pay for nothing of it
    INTERRUPTED = "interrupted"  # the record was away
    DONE = "done"  # as much of it as the budgets pay for


async def patiently(work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `work` in a thread; again while the record is away, for a minute at the most."""
    for pause in PAUSES:
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except RECORD_AWAY as error:
            log.warning("the record is away", code=error.code)
            await asyncio.sleep(pause)
    return await asyncio.to_thread(work, *args, **kwargs)


def use_threads(at_once: int) -> None:
    """Give this process as many threads as `at_once` characters need; asyncio's own are six on two cores.

    How many requests are under way is for the providers' slots to say.
    """
    count = at_once * provider_settings().pictures_at_once + OTHER_THREADS
    executor = ThreadPoolExecutor(count, thread_name_prefix="batch")
    asyncio.get_running_loop().set_default_executor(executor)


async def work_on(
    batch_id: str,
    number: int | None = None,
    taken: Callable[[HeldChunk], Awaitable[None]] | None = None,
    flow_run_id: str | None = None,
) -> Worked:
    """Take that chunk, or any that is free; draw what the budgets pay for. `taken` is told of it first.

    `flow_run_id` is the one that this is done in.
    """
    runtime = current_runtime()
    held = await patiently(take_chunk, runtime, batch_id, number, flow_run_id=flow_run_id)
    if held is None:
        return Worked.NOTHING
    try:
        if taken is not None:
            await taken(held)
        if held.styles:
            with keeping(runtime, held):
                await _draw(held)
    except RECORD_AWAY as error:
        log.warning("a chunk is interrupted", code=error.code, batch_id=batch_id)
        return Worked.INTERRUPTED
    finally:
        await patiently(leave_chunk, runtime, held)
    return Worked.DONE if held.styles or held.whole else Worked.NO_ROOM


async def _draw(held: HeldChunk) -> None:
    at_once = asyncio.Semaphore(held.at_once)

    async def one(character_id: str) -> None:
        async with at_once:
            await _draw_next(held, character_id)

    try:
        async with asyncio.TaskGroup() as group:
            for character_id in held.styles:
                if character_id not in held.suspects:
                    group.create_task(one(character_id))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    for character_id in held.styles:
        if character_id in held.suspects:
            await _draw_next(held, character_id)  # should it end this process again, no other is blamed


async def _draw_next(held: HeldChunk, character_id: str) -> None:
    if await patiently(begin_character, current_runtime(), held, character_id):
        styles = tuple(held.styles[character_id])
        await draw_character(held.batch_id, character_id, styles, lambda: holds(current_runtime(), held))
        held.begun.discard(character_id)


async def draw_character(
    batch_id: str, character_id: str, styles: tuple[str, ...], ours: Callable[[], bool] = lambda: True
) -> None:
    """Draw a character's pictures and write down what became of each. Raises RECORD_AWAY.

    Once it is not `ours` any more, what failed failed for that: it stays to be done.
    """
    try:
        planned = await asyncio.to_thread(planned_pictures, batch_id, character_id)
        request = RunRequest(
            character_id,
            styles,
            batch_id,  # as the run token, so that a batch carried on adds nothing twice
            ordinals=ordinals_of(planned),
            options_by_style=options_of(planned),
        )
        result = await run_character(request, untracked)
    except RECORD_AWAY:
        raise
    except Exception as error:
        log.error("character failed", error=error, batch_id=batch_id, character_id=character_id)
        internal_error = StorykinError("Something went wrong inside Storykin.", code="internal")
        result = RunResult(failures={"": internal_error})
    if result.failures and not await patiently(ours):
        result.failures = {}
        await patiently(disown, current_runtime(), batch_id, character_id)
    await patiently(
        settle_items,
        batch_id,
        character_id,
        made=result.made,
        found=result.found,
        failures=result.failures,
    )
