"""Flow `generate-character`: one character, every style asked for. The parameters are ids, nothing else."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from prefect import Flow, flow, runtime
from prefect.client.schemas.objects import FlowRun, State

from db.log import Log
from flows.artifacts import publish_run_artifacts
from flows.character_run import run_character
from flows.reconciler import take_up_crashed
from flows.request_run import check_run_token
from flows.run_request import RunRequest, RunResult
from flows.submit import PrefectUnreachable, run_name, tag_character_run
from tasks.design.shapes import Framing
from tasks.errors import StorykinError
from tasks.picture_options import Resolution, picture_options
from tasks.pipeline import tracked
from tasks.resumption import stop
from tasks.runtime import current_runtime
from tasks.styles.packs import chosen_styles

log = Log("run")


class CharacterNotReady(Exception):
    """The run ended without every picture; the message is the sentence that the studio shows."""


def _take_up_again(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Crashed: have the run go on by itself, unless it got to an end all the same."""
    del flow, state
    take_up_crashed(str(flow_run.id), flow_run.parameters["character_id"])


def _mark_stopped(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Cancelled: say so on the character, unless its run got to an end all the same."""
    del flow, state
    stop(current_runtime(), flow_run.parameters["character_id"], flow_run.parameters["run_token"])


def _run_name() -> str:
    parameters = runtime.flow_run.parameters
    return run_name(parameters["character_id"], parameters["styles"])


@flow(
    name="generate-character",
    flow_run_name=_run_name,
    persist_result=False,
    timeout_seconds=3600,
    on_crashed=[_take_up_again],
    on_cancellation=[_mark_stopped],
)
async def generate_character(
    character_id: str,
    styles: list[str],
    run_token: str,
    another: bool = False,
    framing: Framing = Framing.PORTRAIT,
    resolution: Resolution = Resolution.DRAFT,
) -> dict[str, Any]:
    """Draw `character_id` in `styles` (names, or "all"). Returns ids: profile, pictures made and found.

    Running it again with the same `run_token` adds nothing; with a new one, nothing that exists is drawn
    or paid again unless `another` asks for a new picture. RunTokenUsed for a token of another request.
    """
    options = picture_options(framing, resolution)
    request = RunRequest(character_id, tuple(chosen_styles(styles)), run_token, another, options=options)
    check_run_token(current_runtime(), request)
    await asyncio.to_thread(_tag_own_run, character_id, runtime.flow_run.id, runtime.flow_run.tags)
    result = await run_character(request, tracked)
    await publish_run_artifacts(request, result)
    if result.failures:
        raise CharacterNotReady(_summary(result)) from None
    return {"profile_id": result.profile_id, "made": result.made, "found": result.found}


def _tag_own_run(character_id: str, flow_run_id: str | None, tags: Sequence[str]) -> None:
    """A run that somebody asked Prefect for by hand is found by its character, as those of the studio are:
    the erasure of a person looks for them so. A server that is away does not keep anybody from drawing.
    """
    try:
        if flow_run_id is not None:
            tag_character_run(flow_run_id, character_id, tags)
    except PrefectUnreachable as error:
        log.warning("run not tagged", code=error.code, character_id=character_id)


def _summary(result: RunResult) -> str:
    def describe(style: str, error: StorykinError) -> str:
        return f"{style or 'photo'}: {error.code}. {error.sentence}"

    return " | ".join(describe(style, error) for style, error in result.failures.items())


if __name__ == "__main__":
    from flows.run_here import main

    sys.exit(main(sys.argv[1:]))
