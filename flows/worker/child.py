"""What a forked child does: run one flow run as `python -m prefect.engine` would, or run its hooks."""

import asyncio
import os
import runpy
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import SettingsContext, get_settings_context
from prefect.flows import load_flow_from_entrypoint
from prefect.logging.configuration import setup_logging
from prefect.settings import Settings

from db.log import configure_logging, logged_with
from flows.own_runs import own_entrypoint
from flows.run_spans import own_run_span
from flows.worker.messages import ForkRequest
from flows.worker.prefect_internals import HookRunner


def execute(request: ForkRequest) -> None:
    """Run the flow run or the hooks of `request` in this process; exits as Prefect's engine does."""
    os.environ.update(request.environment)
    with _own_settings():
        configure_logging(checked=False)  # after Prefect has configured its own; the worker has checked
        flow_run_id = request.environment.get("PREFECT__FLOW_RUN_ID")
        with logged_with(**({"flow_run_id": flow_run_id} if flow_run_id else {})), own_run_span():
            if request.hook:
                asyncio.run(_run_hooks(request))
            else:
                _run_engine()


@contextmanager
def _own_settings() -> Iterator[None]:
    """Prefect read its settings at import, before this run's environment was there: read them again."""
    profile = get_settings_context().profile
    with SettingsContext(profile=profile, settings=Settings()):
        setup_logging()
        yield


def _run_engine() -> None:
    sys.argv[:] = ["prefect.engine"]  # the run's id and the flow's entrypoint are in the environment
    with warnings.catch_warnings():
        # It is imported already, which is the point of a warm process.
        warnings.filterwarnings("ignore", message=".*found in sys.modules after import of package.*")
        runpy.run_module("prefect.engine", run_name="__main__")


async def _run_hooks(request: ForkRequest) -> None:
    async def resolve(flow_run: FlowRun) -> Flow[..., Any]:
        entrypoint = request.entrypoint or await _entrypoint_of(flow_run)
        return load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)

    flow_run = FlowRun.model_validate_json(request.flow_run)
    state: State[Any] = State.model_validate_json(request.state)
    hooks = HookRunner(resolve_flow=resolve)
    if request.hook == "crashed":
        await hooks.run_crashed_hooks(flow_run, state)
    else:
        await hooks.run_cancellation_hooks(flow_run, state)


async def _entrypoint_of(flow_run: FlowRun) -> str:
    """Of a run that an earlier worker started. Raises RunRefused where that is none of ours."""
    deployment = None
    if flow_run.deployment_id is not None:
        async with get_client() as client:
            deployment = await client.read_deployment(flow_run.deployment_id)
    return own_entrypoint(flow_run, deployment)
