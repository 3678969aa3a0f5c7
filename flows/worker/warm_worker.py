"""The worker: a process per flow run, forked out of one that has the flows imported already.

Everything about a run's life (cancelling, crashing, hooks, logs) is Prefect's own executor; only how its
process comes into being is ours.
"""

import asyncio
from typing import Any
from uuid import UUID

import anyio
import anyio.abc
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import WorkerFlowRunResponse
from prefect.workers.base import BaseVariables, BaseWorker, BaseWorkerResult

from db.settings import record_settings
from flows.meters import worker_meters
from flows.open_runs import OpenRuns, notes_folder
from flows.own_runs import OwnRuns
from flows.run_spans import run_span, span_environment
from flows.same_record import SameRecord
from flows.steady_worker import SteadyWorker
from flows.worker.ahead import ForkedAhead
from flows.worker.endings import Endings
from flows.worker.forks import ForkedProcess, Forks
from flows.worker.hand_back import hand_back
from flows.worker.hooks import ForkedHooks
from flows.worker.messages import ForkRequest
from flows.worker.prefect_internals import FlowRunExecutorContext, ProcessHandle
from flows.worker.preload import modules_to_preload
from flows.worker.slots import Slots
from flows.worker.starter import ForkStarter
from flows.worker.wake import WakeUps
from tasks.entry_point import prepare_process

NO_LIMIT = 1_000_000  # runs at once, where no limit is set
HAND_BACK_SECONDS = 20  # what a run gets to stop in when its worker is told to


class WarmConfiguration(OwnRuns):
    """The job configuration of a run: entrypoint and environment."""

    def fork_request(self, flow_run: FlowRun) -> ForkRequest:
        """The request for the child that runs `flow_run`."""
        environment = {name: value for name, value in self.env.items() if value is not None}
        environment["PREFECT__FLOW_RUN_ID"] = str(flow_run.id)
        # The worker runs these hooks, since a killed run can't.
        environment["PREFECT__ENABLE_CANCELLATION_AND_CRASHED_HOOKS"] = "false"
        environment["PREFECT__FLOW_ENTRYPOINT"] = self._entrypoint
        environment |= span_environment()
        return ForkRequest(number=0, entrypoint=self._entrypoint, environment=environment)


class WarmVariables(BaseVariables):
    """What a work pool of this type may set; all of it is ignored (`flows.own_runs`)."""


class WarmResult(BaseWorkerResult):
    """The exit code and process id of a run."""


class _PidStatus:
    """Passes the process id on from the executor's task status to the worker's."""

    def __init__(self, listener: anyio.abc.TaskStatus[int] | None) -> None:
        self._listener = listener

    def started(self, value: ProcessHandle | None = None) -> None:
        if self._listener is not None and value is not None and value.pid is not None:
            self._listener.started(value.pid)


class WarmWorker(SteadyWorker, BaseWorker[WarmConfiguration, WarmVariables, WarmResult]):
    """Takes runs of its work pool within a second of being scheduled."""

    type = "storykin-warm"
    job_configuration = WarmConfiguration
    job_configuration_variables = WarmVariables
    _description = "A process per flow run, forked from one that has the flows imported."
    _display_name = "Storykin warm worker"
    forked_ahead: ForkedAhead | None = None  # the fork server that this process has begun with

    async def setup(self) -> None:
        """Start the fork server, connect to Prefect, and listen for scheduled runs."""
        prepare_process()  # the runs inherit it, whoever started this worker
        self._one_poll_at_a_time = asyncio.Lock()
        self._same_record = SameRecord()
        ahead, WarmWorker.forked_ahead = self.forked_ahead, None
        # The stack unwinds from its end: runs first, then what watches them, the fork server last.
        self._forks = await self._exit_stack.enter_async_context(Forks(modules_to_preload(), ahead))
        self._executors = await self._exit_stack.enter_async_context(FlowRunExecutorContext())
        self._hooks = ForkedHooks(self._forks)
        self._notes = OpenRuns(notes_folder(record_settings().home))
        self._slots = Slots(self._limit if self._limit is not None else NO_LIMIT)
        self._ran: set[UUID] = set()
        self._wake_ups = WakeUps(self.get_and_submit_flow_runs, self._logger)
        await super().setup()
        self._limiter = None  # the slots stand in for it
        if self._runs_task_group is None:
            raise RuntimeError("the worker has no task group after its set-up")
        self._endings = Endings(self.client, self._hooks, self._notes, self._logger)
        self._waking = anyio.CancelScope()
        self._runs_task_group.start_soon(self._wake)

    async def teardown(self, *exc_info: Any) -> None:
        """Stop taking runs, give those that still run back to the pool, and close down."""
        self._waking.cancel()
        with anyio.move_on_after(HAND_BACK_SECONDS, shield=True):
            await hand_back(self._executors, self._logger)
        await super().teardown(*exc_info)

    async def _submit_scheduled_flow_runs(
        self, flow_run_response: "list[WorkerFlowRunResponse]"
    ) -> list[FlowRun]:
        """Submit those runs that a slot is free for; housekeeping has one of its own."""
        admitted = {run.id for run in self._slots.admit(entry.flow_run for entry in flow_run_response)}
        return await super()._submit_scheduled_flow_runs(
            [entry for entry in flow_run_response if entry.flow_run.id in admitted]
        )

    def _release_limit_slot(self, flow_run_id: UUID) -> None:
        ran = flow_run_id in self._ran  # else Prefect has refused it, and would at once again
        self._ran.discard(flow_run_id)
        if self._slots.release(flow_run_id) and ran:
            self._wake_ups.now()  # no event tells of a free slot
        super()._release_limit_slot(flow_run_id)

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """One poll. Polls of the clock and of a wake-up never overlap: both would submit the same runs."""
        async with self._one_poll_at_a_time:
            if not await self._same_record.is_given():
                return []
            worker_meters().polled()
            return await super().get_and_submit_flow_runs()

    async def run(
        self,
        flow_run: FlowRun,
        configuration: WarmConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> WarmResult:
        """Run `flow_run` in a forked process, to its end. `task_status` gets the process's id."""
        with worker_meters().timing(flow_run) as end, run_span(flow_run):
            self._ran.add(flow_run.id)
            request = configuration.fork_request(flow_run)
            self._hooks.remember(flow_run.id, request)
            self._notes.open(flow_run.id)
            executor = self._executors.create_executor(
                flow_run,
                ForkStarter(self._forks, request, self._executors.control_channel),
                hook_runner=self._hooks,
                propose_submitting=False,  # BaseWorker has
            )
            result = await executor.submit(task_status=_PidStatus(task_status))
            end.code = None if result is None else result.status_code
        if result is None or result.status_code is None:
            await self._endings.report_end(flow_run.id)
            raise RuntimeError("the flow run's process did not start")
        process = result.handle.raw_process
        if isinstance(process, ForkedProcess) and process.stopped_on_purpose:
            code = result.status_code  # whoever stopped it on purpose tells Prefect
        else:
            await self._endings.report_end(flow_run.id)
            code = 0  # Prefect knows, so the base class has nothing to add
        return WarmResult(status_code=code, identifier=str(result.handle.pid))

    async def _wake(self) -> None:
        with self._waking:
            async with anyio.create_task_group() as group:
                group.start_soon(self._endings.recover_orphaned_runs)
                group.start_soon(self._wake_ups.run)
