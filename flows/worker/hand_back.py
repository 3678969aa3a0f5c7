"""A worker that is told to stop gives its runs back to the pool: the next worker goes on with them."""

from uuid import UUID

import anyio
from prefect.exceptions import Abort
from prefect.states import AwaitingRetry
from prefect.utilities.engine import propose_state

from flows.worker.forks import ForkedProcess
from flows.worker.log import Log
from flows.worker.prefect_internals import ControlSignalStatus, FlowRunExecutorContext, ProcessHandle

GRACE_SECONDS = 10  # between asking a run to stop and stopping it


async def hand_back(executors: FlowRunExecutorContext, log: Log) -> None:
    """Stop every run of `executors` and have each scheduled again. Runs that just ended are left alone."""
    async with anyio.create_task_group() as group:
        for flow_run_id in executors.process_manager.flow_run_ids():
            handle = executors.process_manager.get(flow_run_id)
            if handle is not None:
                group.start_soon(_hand_back_one, executors, flow_run_id, handle, log)


async def _hand_back_one(
    executors: FlowRunExecutorContext, flow_run_id: UUID, handle: ProcessHandle, log: Log
) -> None:
    process = handle.raw_process
    if not isinstance(process, ForkedProcess):
        return
    acknowledgement = await executors.control_channel.signal(flow_run_id, "reschedule")
    if acknowledgement is ControlSignalStatus.ALREADY_CONCLUDED:
        await process.wait()
        return
    process.stopped_on_purpose = True
    await _stop(handle, process, gently=acknowledgement is ControlSignalStatus.ACKNOWLEDGED)
    try:
        state = (await executors.client.read_flow_run(flow_run_id)).state
        if state is None or state.is_final() or state.is_cancelling():
            return
        await propose_state(
            executors.client, AwaitingRetry(message="Its worker was stopped."), flow_run_id=flow_run_id
        )
    except Abort:
        return
    except Exception as error:
        log.warning("Run %s could not be handed back (%s).", flow_run_id, type(error).__name__)


async def _stop(handle: ProcessHandle, process: ForkedProcess, *, gently: bool) -> None:
    """End the run's process group. Only a process that knows why it is stopped may still say something."""
    try:
        if gently:
            handle.graceful_kill()
            with anyio.move_on_after(GRACE_SECONDS):
                await process.wait()
                return
        handle.hard_kill()
    except ProcessLookupError:
        return
    await process.wait()
