"""The thin Prefect layer: each step as a named, retried, timed task. The only file here that knows Prefect.

Prefect is told of the work, and the work does not wait for it: a step that can't be tracked because the
server is away is done all the same. Whether it was done already is for the record to say.

Caching: looking is keyed by the character's photo and the model, drawing by its work key, so a rerun in
which nothing changed is a cache hit on the dashboard. The record is the authority all the same: a lost
cache costs nothing, because the ledger hands out what exists.
"""

from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

import httpx
from prefect import Task, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError
from prefect.context import TaskRunContext

from db.digests import digest_of
from db.log import Log
from db.repositories import characters, users
from tasks import step_functions as plain
from tasks.retries import DELAYS, worth_retrying
from tasks.runtime import current_runtime

P = ParamSpec("P")
R = TypeVar("R")
log = Log("steps")

SERVER_AWAY = (httpx.HTTPError, ConcurrencySlotAcquisitionError)


async def _try_again(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    """Prefect's retry condition, answered by the one table of `tasks.retries`."""
    try:
        await state.aresult()
    except Exception as error:
        return worth_retrying(error)
    return False


def _installation() -> str:
    """Which record this is, so that a cache left by another one is never believed."""
    with current_runtime().record.writing() as session:
        return users.ensure_operator(session).id


def _looking_key(_context: TaskRunContext, arguments: dict[str, Any]) -> str:
    runtime = current_runtime()
    character_id = arguments["character_id"]
    with runtime.record.reading() as session:
        photo = characters.get(session, character_id).photo_asset_id
    return digest_of(
        ["look", _installation(), character_id, photo, runtime.vision.name, runtime.vision.model]
    )


def _drawing_key(_context: TaskRunContext, arguments: dict[str, Any]) -> str:
    return digest_of(["draw", _installation(), arguments["work"].work_key])


_PATIENT: dict[str, Any] = {
    "retries": len(DELAYS),
    "retry_delay_seconds": list(DELAYS),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": _try_again,
}


def _tracked(
    as_task: Callable[[Callable[P, Awaitable[R]]], Any],
    step: Callable[P, Awaitable[R]],
    untracked: Callable[P, Awaitable[R]],
) -> Callable[P, Awaitable[R]]:
    """`step` as a task of Prefect, or `untracked` when the server is away."""
    told: Callable[P, Awaitable[R]] = as_task(step)

    async def done(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await told(*args, **kwargs)
        except SERVER_AWAY as error:
            log.warning("a step goes on without Prefect", code=type(error).__name__)
            return await untracked(*args, **kwargs)

    return done


PREFECT = plain.Steps(
    check_photo=_tracked(
        task(name="check-photo", task_run_name="check the photo", timeout_seconds=60, **_PATIENT),
        plain.check_photo,
        plain.PLAIN.check_photo,
    ),
    describe_photo=_tracked(
        task(
            name="describe-photo",
            task_run_name="look at the person",
            tags=["vision"],
            timeout_seconds=600,  # longer than the wait for a place in the traffic and the exchange itself
            cache_key_fn=_looking_key,
            persist_result=True,
            **_PATIENT,
        ),
        plain.describe_photo,
        plain.PLAIN.describe_photo,
    ),
    write_prompt=_tracked(
        task(name="build-prompt", task_run_name="prompt: {style}", timeout_seconds=30, **_PATIENT),
        plain.write_prompt,
        plain.PLAIN.write_prompt,
    ),
    illustrate=_tracked(
        task(
            name="illustrate",
            task_run_name="draw: {work.style}",
            tags=["image"],
            timeout_seconds=900,
            cache_key_fn=_drawing_key,
            persist_result=True,
            **_PATIENT,
        ),
        plain.illustrate,
        plain.PLAIN.illustrate,
    ),
    score_likeness=_tracked(
        task(name="score-likeness", task_run_name="likeness: {work.style}", timeout_seconds=60),
        plain.score_likeness,
        plain.PLAIN.score_likeness,
    ),
    record_image=_tracked(
        task(name="record-image", task_run_name="record: {work.style}", timeout_seconds=30, **_PATIENT),
        plain.record_image,
        plain.PLAIN.record_image,
    ),
)
