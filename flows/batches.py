"""What studio and command line do with a batch: on record first (`tasks.batch.control`), then in Prefect.

A batch whose follower is gone is handed to another one here, by whoever notices.
"""

from collections.abc import Callable

from db.ids import new_id
from db.log import Log
from db.models import Batch, BatchState
from db.repositories import batches
from flows.batch_runs import cancel_all_waiting, seen_run, submit_following
from flows.submit import PrefectUnreachable
from tasks.audit.append import SYSTEM
from tasks.batch import control
from tasks.batch.chunks import USUAL_AT_ONCE
from tasks.batch.control import BatchActed, enter_start
from tasks.batch.endings import CANCELLED, LEASE_SECONDS, LOST, end_batch, interrupt_batch, nobody_knows
from tasks.batch.forecast import USUAL_LIMIT
from tasks.batch.lease import let_go
from tasks.batch.outlook import check_agreed, outlook
from tasks.batch.plan import USUAL_CHUNK, check_not_too_dear, open_batch
from tasks.batch.selection import Selection, check_at_least_one
from tasks.errors import StorykinError
from tasks.process_identity import is_gone
from tasks.runtime import Runtime, using_runtime

log = Log("batch")

MOST_TAKEUPS = 5  # by so many followers in a row without one chunk done, before it is given up
ON_ITS_WAY = frozenset({"SCHEDULED", "PENDING", "PAUSED"})
STOPPED = frozenset({"CANCELLED", "CANCELLING"})
RESUMED_LATER = "It goes on as soon as Prefect, which runs the work, can be told. {sentence}"
ENDED_LATER = (
    "It is cancelled here: nothing more of it begins. Prefect could not be told, so its dashboard shows what "
    "waits until it is back."
)


def start(
    runtime: Runtime,
    selection: Selection,
    *,
    limit: int = USUAL_LIMIT,
    at_once: int = USUAL_AT_ONCE,
    chunk_size: int = USUAL_CHUNK,
    budget_microusd: int | None = None,
    agreed: bool = False,
    seen_microusd: int | None = None,
    seen_digest: str | None = None,
    by: str | None = None,
    via: str = SYSTEM,
) -> BatchActed:
    """Plan a batch, and have it begun by whichever worker is free.

    Raises UsageError (`batch_under_way`, ConfirmPrice unless the price is `agreed` to, `choice_changed` where
    the plan that the person was shown had another digest, `price_changed` where it is dearer than
    `seen_microusd`, what they were told, NothingToDraw), and OverBudget where the plan is dearer than the
    batch's budget: then nothing was written.
    """
    check_at_least_one(limit, at_once, chunk_size)
    told = outlook(runtime, selection, limit=limit, at_once=at_once)
    check_agreed(told, agreed=agreed, seen_microusd=seen_microusd, seen_digest=seen_digest)
    check_not_too_dear(told.microusd, budget_microusd)
    with using_runtime(runtime):
        batch_id = open_batch(
            new_id(),
            None,
            limit,
            selection=selection.checked(),
            proposal=told.proposal,
            budget_microusd=budget_microusd,
            at_once=at_once,
            chunk_size=chunk_size,
        )
    with runtime.record.writing() as session:
        enter_start(session, batch_id, by=by, via=via)
    let_go(runtime, batch_id)  # whoever takes the flow run follows it
    problem = None
    try:
        hand_over(runtime, batch_id, least_silence=0)
    except PrefectUnreachable as error:
        problem = RESUMED_LATER.format(sentence=error.sentence)
    return BatchActed(batch_id, BatchState.PLANNED, True, budget_microusd, problem)


def pause(runtime: Runtime, *, batch_id: str, by: str | None = None, via: str = SYSTEM) -> BatchActed:
    """Let nothing more of the batch begin, on any machine; what is being drawn is finished.

    Raises NotFound, BatchOver.
    """
    return control.pause(runtime, batch_id=batch_id, by=by, via=via)


def resume(runtime: Runtime, *, batch_id: str, by: str | None = None, via: str = SYSTEM) -> BatchActed:
    """Let a paused batch, or one that has ended with something left, go on where it was.

    Raises NotFound, BatchOver where nothing is left, UsageError `batch_under_way` while another works.
    """
    done = control.resume(runtime, batch_id=batch_id, by=by, via=via)
    try:
        if done.changed:
            hand_over(runtime, batch_id, is_gone=is_gone, least_silence=0)
    except PrefectUnreachable as error:
        return _with_problem(done, RESUMED_LATER.format(sentence=error.sentence))
    return done


def cancel(runtime: Runtime, *, batch_id: str, by: str | None = None, via: str = SYSTEM) -> BatchActed:
    """End the batch: nothing more begins, and what is left stays to be done. What is at a provider already
    is finished, or fetched by housekeeping. Raises NotFound, BatchOver.
    """
    done = control.cancel(runtime, batch_id=batch_id, by=by, via=via)
    try:
        cancel_all_waiting(batch_id)
    except PrefectUnreachable as error:
        log.warning("Prefect not told of a cancelled batch", batch_id=batch_id, code=error.code)
        return _with_problem(done, ENDED_LATER)
    return done


def set_budget(
    runtime: Runtime, *, batch_id: str, budget_microusd: int | None, by: str | None = None, via: str = SYSTEM
) -> BatchActed:
    """Give the batch another budget in micro-dollars, None for none of its own, also while it runs.

    Raises NotFound, UsageError `bad_budget`.
    """
    return control.set_budget(runtime, batch_id=batch_id, budget_microusd=budget_microusd, by=by, via=via)


def hand_over(
    runtime: Runtime,
    batch_id: str,
    *,
    is_gone: Callable[[str | None], bool] = nobody_knows,
    least_silence: float = LEASE_SECONDS,
) -> bool:
    """Have somebody follow the batch if nobody does; whether Prefect was asked for that.

    Too many in a row who came to nothing end it. Raises PrefectUnreachable; the next to notice asks again.
    """
    with runtime.record.reading() as session:
        batch = batches.get(session, batch_id)
        lost = batches.is_abandoned(session, batch, seconds=least_silence, is_gone=is_gone)
    if batch.state not in batches.UNDER_WAY or batch.paused_at is not None or not lost:
        return False
    seen = seen_run(batch.flow_run_id) if batch.flow_run_id else None
    before = seen.state_type if seen else ""
    if before in STOPPED and batch.lease_owner != batches.RESUMED:
        interrupt_batch(
            runtime,
            batch.run_token,
            BatchState.CANCELLED,
            CANCELLED,
            only_if=lambda now: _followed_by(now) == _followed_by(batch),
        )
    elif before not in ON_ITS_WAY:
        return _follow_anew(runtime, batch_id, batch)
    return False


def _followed_by(batch: Batch) -> tuple[str | None, str | None]:
    return batch.flow_run_id, batch.lease_owner


def _follow_anew(runtime: Runtime, batch_id: str, looked: Batch) -> bool:
    before = looked.flow_run_id
    with runtime.record.writing() as session:
        batch = batches.held(session, batch_id)
        if _followed_by(batch) != _followed_by(looked) or batch.state not in batches.UNDER_WAY:
            return False  # another has noticed too
        if batch.takeups >= MOST_TAKEUPS:
            end_batch(session, batch, BatchState.FAILED, "Batch interrupted", LOST)
            return False
    flow_run_id = submit_following(batch_id, batch.run_token, after=before)
    with runtime.record.writing() as session:
        batch = batches.held(session, batch_id)
        if _followed_by(batch) == _followed_by(looked):  # else it has come already
            batches.hand_over(session, batch_id, flow_run_id=flow_run_id, seconds=LEASE_SECONDS)
    log.info("batch handed over", batch_id=batch_id, count=batch.takeups)
    return True


def hand_over_abandoned(runtime: Runtime) -> int:
    """Have every batch followed that nobody follows; returns how many Prefect was asked for.

    One that Prefect can't be asked about waits for the next to notice, and holds up nothing else.
    """
    with runtime.record.writing() as session:  # as `under_way` holds them
        waiting = [each.id for each in batches.under_way(session)]
    return sum(_hand_over_if_told(runtime, each) for each in waiting)


def _hand_over_if_told(runtime: Runtime, batch_id: str) -> bool:
    try:
        return hand_over(runtime, batch_id)
    except PrefectUnreachable as error:
        log.warning("a batch waits for Prefect", batch_id=batch_id, code=error.code)
        return False


def hand_over_crashed(
    runtime: Runtime, run_token: str, is_gone: Callable[[str | None], bool] = nobody_knows
) -> None:
    """What the hook of a follower that crashed does: have another go on at once. Reconcilers do later."""
    with runtime.record.reading() as session:
        batch = batches.by_token(session, run_token)
    try:
        if batch is not None:
            hand_over(runtime, batch.id, is_gone=is_gone)
    except StorykinError as error:
        log.warning("a crashed batch waits for the reconciler", batch_id=run_token, code=error.code)


def _with_problem(done: BatchActed, problem: str) -> BatchActed:
    return BatchActed(done.batch_id, done.state, done.changed, done.budget_microusd, problem)
