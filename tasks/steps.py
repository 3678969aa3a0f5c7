"""The thin Prefect layer: each step as a named, retried, timed task. The only file here that knows Prefect.

Caching: looking is keyed by the character's photo and the model, drawing by its work key, so a rerun in
which nothing changed is a cache hit on the dashboard. The record is the authority all the same: a lost
cache costs nothing, because the ledger hands out what exists.
"""

from typing import Any

from prefect import Task, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext

from db.digests import digest_of
from db.repositories import characters, users
from tasks import step_functions as plain
from tasks.retries import DELAYS, worth_retrying
from tasks.workshop import workshop


async def _try_again(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    """Prefect's retry condition, answered by the one table of `tasks.retries`."""
    try:
        await state.aresult()
    except Exception as error:
        return worth_retrying(error)
    return False


def _installation() -> str:
    """Which record this is, so that a cache left by another one is never believed."""
    with workshop().record.writing() as session:
        return users.ensure_operator(session).id


def _looking_key(_context: TaskRunContext, arguments: dict[str, Any]) -> str:
    tools = workshop()
    character_id = arguments["character_id"]
    with tools.record.reading() as session:
        photo = characters.get(session, character_id).photo_asset_id
    return digest_of(["look", _installation(), character_id, photo, tools.vision.name, tools.vision.model])


def _drawing_key(_context: TaskRunContext, arguments: dict[str, Any]) -> str:
    return digest_of(["draw", _installation(), arguments["work"].work_key])


_PATIENT: dict[str, Any] = {
    "retries": len(DELAYS),
    "retry_delay_seconds": list(DELAYS),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": _try_again,
}

PREFECT = plain.Steps(
    check_photo=task(name="check-photo", task_run_name="check the photo", timeout_seconds=60, **_PATIENT)(
        plain.check_photo
    ),
    describe_photo=task(
        name="describe-photo",
        task_run_name="look at the person",
        tags=["vision"],
        timeout_seconds=180,
        cache_key_fn=_looking_key,
        persist_result=True,
        **_PATIENT,
    )(plain.describe_photo),
    write_prompt=task(name="build-prompt", task_run_name="prompt: {style}", timeout_seconds=30, **_PATIENT)(
        plain.write_prompt
    ),
    illustrate=task(
        name="illustrate",
        task_run_name="draw: {work.style}",
        tags=["image"],
        timeout_seconds=900,
        cache_key_fn=_drawing_key,
        persist_result=True,
        **_PATIENT,
    )(plain.illustrate),
    score_likeness=task(name="score-likeness", task_run_name="likeness: {work.style}", timeout_seconds=60)(
        plain.score_likeness
    ),
    record_image=task(
        name="record-image", task_run_name="record: {work.style}", timeout_seconds=30, **_PATIENT
    )(plain.record_image),
)
