"""Sees to it that Prefect learns how each run ended, however long its server is away.

Prefect's own executor tells it once, with some retries, and then lets go: a run that ended while the server
was down stayed Running for ever. Here nobody lets go until the server has answered.
"""

from uuid import UUID

import anyio
import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import Abort, ObjectNotFound
from prefect.states import AwaitingRetry, Cancelled, Crashed

from flows.open_runs import OpenRuns
from flows.worker.hooks import ForkedHooks
from flows.worker.log import Log

SECONDS_BETWEEN_LOOKS = 2.0
# A cancellation that is under way ends the process first and says so to the server next: leave it the time.
LOOKS_AT_A_CANCELLATION = 8
# A process that keeps ending without a word would be started again and again.
MOST_STARTS = 5


class Endings:
    """What is done when a run's process is gone."""

    def __init__(self, client: PrefectClient, hooks: ForkedHooks, notes: OpenRuns, log: Log) -> None:
        self._client = client
        self._hooks = hooks
        self._notes = notes
        self._log = log

    async def recover_orphaned_runs(self) -> None:
        """The runs of this machine's workers that died."""
        async with anyio.create_task_group() as group:
            for flow_run_id in self._notes.left_over():
                group.start_soon(self.see_to, flow_run_id)

    async def see_to(self, flow_run_id: UUID) -> None:
        """Return when Prefect holds an end of the run, or will have it run again. Its process is gone."""
        start = self._notes.start_of(flow_run_id)
        looks = 0
        while self._notes.start_of(flow_run_id) == start:  # else it has a living process again
            try:
                if await self._is_settled(flow_run_id, patient=looks < LOOKS_AT_A_CANCELLATION):
                    self._notes.close(flow_run_id)
                    return
                looks += 1
            except (httpx.HTTPError, OSError) as error:
                self._log.warning(
                    "Prefect can't be told yet how run %s ended (%s).", flow_run_id, type(error).__name__
                )
            await anyio.sleep(SECONDS_BETWEEN_LOOKS)

    async def _is_settled(self, flow_run_id: UUID, *, patient: bool) -> bool:
        """Whether nothing is left to do, after doing it."""
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
        """It left without a word. Running it again makes nothing twice, and says how it ends."""
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
