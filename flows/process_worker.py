"""`python -m flows.process_worker`: Prefect's own `process` worker, held to runs of ours.

It stands on fewer of Prefect's inner parts than the warm worker does, and starts runs more slowly.
"""

import asyncio
import contextlib
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
from prefect import Flow
from prefect.client.schemas.objects import FlowRun
from prefect.flows import load_flow_from_entrypoint
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker, ProcessWorkerResult

from flows.deployments import WORK_POOL
from flows.lone_worker import reconciling_alone
from flows.own_runs import OwnRuns
from flows.prefect_http import is_ours
from flows.settings import flow_settings
from flows.worker.prefect_internals import EngineCommandStarter, FlowRunExecutorContext, ProcessHandle
from tasks.entry_point import prepare_process

WORKER_NAME = "storykin"


class OwnProcessConfiguration(OwnRuns, ProcessJobConfiguration):
    """A process with the worker's own environment, for an entrypoint of ours."""


class OwnProcessWorker(ProcessWorker):
    """A new Python for each run, told by us what to run: it asks the server for no code and no steps."""

    type = "storykin-process"
    job_configuration = OwnProcessConfiguration

    async def run(
        self,
        flow_run: FlowRun,
        configuration: ProcessJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> ProcessWorkerResult:
        """Run `flow_run` in a new process, to its end. `task_status` gets the process's id."""
        assert isinstance(configuration, OwnProcessConfiguration)
        entrypoint = configuration._entrypoint

        async def ours(_flow_run: FlowRun) -> Flow[Any, Any]:
            return load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)

        with tempfile.TemporaryDirectory(prefix="storykin-run-") as folder:
            async with FlowRunExecutorContext() as context:
                starter = EngineCommandStarter(
                    entrypoint=entrypoint,
                    cwd=Path(folder),
                    env=dict(configuration.env),
                    control_channel=context.control_channel,
                )
                executor = context.create_executor(
                    flow_run, starter, resolve_flow=ours, propose_submitting=False
                )
                result = await executor.submit(task_status=_TellPid(task_status))
        if result is None or result.status_code is None:
            raise RuntimeError("the flow run's process did not start")
        return ProcessWorkerResult(status_code=result.status_code, identifier=str(result.handle.pid))


class _TellPid:
    """The executor tells of a started process, the worker wants to know its id."""

    def __init__(self, listener: anyio.abc.TaskStatus[int] | None) -> None:
        self._listener = listener

    def started(self, value: ProcessHandle | None = None) -> None:
        if self._listener is not None and value is not None and value.pid is not None:
            self._listener.started(value.pid)


async def _work() -> None:
    worker = OwnProcessWorker(
        work_pool_name=WORK_POOL,
        name=WORKER_NAME,
        limit=flow_settings().worker_limit,
        create_pool_if_not_found=is_ours(flow_settings().prefect_api_url),  # elsewhere only a deploy does
    )
    await worker.start()


async def main() -> None:
    """Work until told to stop."""
    working = asyncio.ensure_future(_work())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    with reconciling_alone(sys.argv[1:]), contextlib.suppress(asyncio.CancelledError):
        await working


if __name__ == "__main__":
    prepare_process()
    asyncio.run(main())
