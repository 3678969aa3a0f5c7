"""Flow `batch-chunk`: one chunk of a batch, on whichever worker takes it. Its batch asks for it."""

from typing import Any

from prefect import Flow, flow, runtime
from prefect.client.schemas.objects import FlowRun, State

from flows.batch_ends import end_if_over, publish_progress
from flows.batch_work import Worked, use_threads, work_on
from flows.batches import cancel
from tasks.batch.chunks import at_once_of, is_asked_of
from tasks.errors import UsageError
from tasks.runtime import current_runtime


def _run_name() -> str:
    parameters = runtime.flow_run.parameters
    return f"batch {parameters['batch_id'][-8:]} chunk {parameters['number']}"


def _cancel_batch(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """A person has cancelled it while it was drawn: the whole batch is meant.

    Not where the chunk has ended, or another draws it: then its follower had taken the run back.
    """
    del flow, state
    batch_id, number = flow_run.parameters["batch_id"], flow_run.parameters["number"]
    try:
        if is_asked_of(current_runtime(), batch_id, number, str(flow_run.id)):
            cancel(current_runtime(), batch_id=batch_id)
    except UsageError:
        return  # it has ended already


@flow(
    name="batch-chunk",
    flow_run_name=_run_name,
    persist_result=False,
    on_cancellation=[_cancel_batch],
)
async def batch_chunk(batch_id: str, number: int) -> str:
    """Draw what is left of chunk `number`; says what came of it.

    Nothing is done where another process has it, it is done, or the batch is paused or has ended.
    """
    use_threads(at_once_of(current_runtime(), batch_id))
    worked = await work_on(batch_id, number, flow_run_id=str(runtime.flow_run.id))
    if worked is Worked.INTERRUPTED:
        raise RuntimeError("The record was away for too long: the chunk is taken up by another run.")
    await publish_progress(batch_id)
    await end_if_over(batch_id)
    return worked.value
