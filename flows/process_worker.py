"""`python -m flows.process_worker`: Prefect's own `process` worker, held to runs of ours.

It stands on fewer of Prefect's inner parts than the warm worker does, and starts runs more slowly.
"""

import shlex
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

from flows import engine
from flows.meters import worker_meters
from flows.own_runs import OwnRuns
from flows.run_spans import run_span, span_environment
from flows.run_worker import run_worker
from flows.same_record import SameRecord
from flows.steady_worker import SteadyWorker
from flows.worker.prefect_internals import EngineCommandStarter, FlowRunExecutorContext, ProcessHandle


class OwnProcessConfiguration(OwnRuns, ProcessJobConfiguration):
    """A process with the worker's own environment, for an entrypoint of ours."""


class OwnProcessWorker(SteadyWorker, ProcessWorker):
    """A new Python for each run, told by us what to run: it asks the server for no code and no steps."""

    type = "storykin-process"
    job_configuration = OwnProcessConfiguration

    async def setup(self) -> None:
        """Connect to Prefect."""
        self._same_record = SameRecord()
        await super().setup()

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """One poll."""
        if not await self._same_record.is_given():
            return []
        worker_meters().polled()
        return await super().get_and_submit_flow_runs()

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

        with (
            tempfile.TemporaryDirectory(prefix="storykin-run-") as folder,
            worker_meters().timing(flow_run) as end,
            run_span(flow_run),
        ):
            async with FlowRunExecutorContext() as context:
                starter = EngineCommandStarter(
                    entrypoint=entrypoint,
                    command=shlex.join([sys.executable, "-m", engine.MODULE]),
                    cwd=Path(folder),
                    env={**configuration.env, **span_environment()},
                    control_channel=context.control_channel,
                )
                executor = context.create_executor(
                    flow_run, starter, resolve_flow=ours, propose_submitting=False
                )
                result = await executor.submit(task_status=_TellPid(task_status))
            end.code = None if result is None else result.status_code
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


if __name__ == "__main__":
    run_worker(OwnProcessWorker)
