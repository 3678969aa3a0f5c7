"""Flows that tell a file what happens to them, for the tests of the worker and the launcher."""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import Flow


def tell(what: str, run: str, **more: object) -> None:
    """Append one line to the file that the test reads."""
    line = json.dumps({"what": what, "run": run, "pid": os.getpid(), **more})
    with Path(os.environ["STUB_DIARY"]).open("a", encoding="utf-8") as diary:
        diary.write(line + "\n")


def _hook(what: str) -> Any:
    def told(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
        tell(what, flow_run.parameters["run"], state=state.name, name=flow.name)

    return told


CRASHED, CANCELLED = [_hook("on_crashed")], [_hook("on_cancellation")]


@flow(name="ping", on_crashed=CRASHED, on_cancellation=CANCELLED)
async def ping(run: str, seconds: float = 0, until: str = "") -> str:
    """An async flow that takes `seconds`, and if a file is named goes on until somebody has made it."""
    tell("began", run)
    await asyncio.sleep(seconds)
    while until and not Path(until).exists():  # noqa: ASYNC110, ASYNC240 - a process of its own, and a file
        await asyncio.sleep(0.05)
    tell("ended", run)
    return run


@flow(name="other-ping", on_crashed=CRASHED, on_cancellation=CANCELLED)
def other_ping(run: str, seconds: float = 0) -> str:
    """A sync flow that takes `seconds`."""
    tell("began", run)
    time.sleep(seconds)
    tell("ended", run)
    return run


@flow(name="generate-character")
async def generate_character(
    character_id: str, styles: list[str], run_token: str, another: bool = False
) -> list[str]:
    """Stands in for the real one: same name, same parameters."""
    tell("began", character_id, styles=styles, run_token=run_token, another=another)
    return styles
