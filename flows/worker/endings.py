"""Reports to Prefect how each run ended, and repeats that until the server has answered.

Prefect's own executor reports once, with some retries: a run that ended while the server was down stayed
Running for ever.
"""

from uuid import UUID

import anyio
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import Abort, ObjectNotFound
from prefect.states import AwaitingRetry, Cancelled, Crashed

from flows.open_runs import OpenRuns
from flows.worker.hooks import ForkedHooks
from flows.worker.log import Log

POLL_SECONDS = 2.0
# A cancellation that is under way ends the process first and says so to the server next: leave it the time.
CANCELLATION_POLLS = 8
# A process that keeps ending without a word would be started again and again.
MOST_STARTS = 5


class Endings:
    """Reports the end of flow runs whose process is gone."""

    def __init__(self, client: PrefectClient, hooks: ForkedHooks, notes: OpenRuns, log: Log) -> None:
        self._client = client
        self._hooks = hooks
        self._notes = notes
        self._log = log

    async def recover_orphaned_runs(self) -> None:
        """Report the ends of the runs of dead workers on this machine."""
        async with anyio.create_task_group() as group:
            for flow_run_id in self._notes.left_over():
                group.start_soon(self.report_end, flow_run_id)

    async def report_end(self, flow_run_id: UUID) -> None:
        """Return once Prefect has a final state for the run or has rescheduled it. Its process is gone."""
        start = self._notes.start_of(flow_run_id)
        polls = 0
        while self._notes.start_of(flow_run_id) == start:  # else it has a living process again
            try:
                if await self._is_reported(flow_run_id, patient=polls < CANCELLATION_POLLS):
                    self._notes.close(flow_run_id)
                    return
                polls += 1
            except Exception as error:  # whatever a server in mid-restart answers: the worker has other runs
                self._log.warning(
                    "Prefect can't be told yet how run %s ended (%s).", flow_run_id, type(error).__name__
                )
            await anyio.sleep(POLL_SECONDS)

    async def _is_reported(self, flow_run_id: UUID, *, patient: bool) -> bool:
        """Report what can be reported now; whether nothing is left to do."""
        try:
            flow_run = await self._client.read_flow_run(flow_run_id)
        except ObjectNotFound:
            return True
        state = flow_run.state
        if state is None:
            return True
        if state.is_cancelling():
            return not patient and await self._cancelled(flow_run, state)
        if state.is_running() or state.is_pending():
            await self._run_again(flow_run)
        elif state.is_crashed() and not self._hooks.were_run(flow_run_id):
            await self._hooks.run_crashed_hooks(flow_run, state)
        return True

    async def _cancelled(self, flow_run: FlowRun, state: State[object]) -> bool:
        await self._client.set_flow_run_state(flow_run.id, Cancelled(), force=True)
        if not self._hooks.were_run(flow_run.id):
            await self._hooks.run_cancellation_hooks(flow_run, state)
        return True

    async def _run_again(self, flow_run: FlowRun) -> None:
        """Reschedule a run whose process left no final state; crashed after MOST_STARTS starts."""
        if flow_run.run_count >= MOST_STARTS:
            crashed: State[object] = Crashed(message="Its process kept ending without a word.")
            await self._client.set_flow_run_state(flow_run.id, crashed, force=True)
            await self._hooks.run_crashed_hooks(flow_run, crashed)
            return
        try:
            again: State[object] = AwaitingRetry(message="Its process ended while Prefect could not be told.")
            await self._client.set_flow_run_state(flow_run.id, again, force=True)
        except Abort:
            return
