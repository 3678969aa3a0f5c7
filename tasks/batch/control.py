"""What a person does to a batch: pause, resume, cancel, another budget. On record first, which alone holds.

Whoever works on the batch asks the record before each character: a pause or an end reaches any machine,
whether or not Prefect can be told. `flows/batches.py` tells Prefect besides.
"""

from dataclasses import dataclass
from typing import Any

from db.engine import Session
from db.event_kinds import EventKind
from db.models import Batch, BatchItemState, BatchState
from db.repositories import batch_chunks, batches, clock, events
from tasks.amounts import dollars
from tasks.audit.acts import AuditAct
from tasks.audit.append import SYSTEM, append
from tasks.batch.endings import CANCELLED, check_no_other, end_batch
from tasks.correction.who import actor_of
from tasks.errors import UsageError
from tasks.process_identity import is_gone
from tasks.runtime import Runtime


@dataclass(frozen=True)
class BatchActed:
    """A batch after a person did something to it; `problem` says why Prefect does not know yet, if so."""

    batch_id: str
    state: str  # a BatchState, or "paused"
    changed: bool
    budget_microusd: int | None = None
    problem: str | None = None


class BatchOver(UsageError):
    """The batch has ended: there is nothing to pause, resume or cancel."""

    code = "batch_over"


def pause(runtime: Runtime, *, batch_id: str, by: str | None = None, via: str = SYSTEM) -> BatchActed:
    """Let nothing more of the batch begin; what is being drawn is finished. NotFound, BatchOver."""
    with runtime.record.writing() as session:
        batch = _going_on(session, batch_id)
        changed = batch.paused_at is None
        if changed:
            batch.paused_at = clock.now(session)
            _tell(session, batch, EventKind.BATCH_PAUSED, EventKind.BATCH_PAUSED.sentence, by, via)
        return acted(batch, changed=changed)


def resume(runtime: Runtime, *, batch_id: str, by: str | None = None, via: str = SYSTEM) -> BatchActed:
    """Let the batch go on with what is left, also one that has ended with something left.

    Raises NotFound, BatchOver where nothing is left, UsageError `batch_under_way` while another works.
    """
    with runtime.record.writing() as session:
        batch = batches.held(session, batch_id)
        if batch.state in batches.UNDER_WAY and batch.paused_at is None:
            return acted(batch, changed=False)
        counts = batches.progress(session, batch_id)
        if not counts[BatchItemState.PENDING] + counts[BatchItemState.RUNNING]:
            raise BatchOver("Nothing of this batch is left to do.")
        check_no_other(session, batch.run_token)
        batch.paused_at, batch.takeups = None, 0
        if batch.state not in batches.UNDER_WAY or batch.started_at is not None:
            batches.start(session, batch_id)
        batches.mark_resumed(session, batch, is_gone=is_gone)
        _tell(session, batch, EventKind.BATCH_RESUMED, EventKind.BATCH_RESUMED.sentence, by, via)
        return acted(batch, changed=True)


def cancel(runtime: Runtime, *, batch_id: str, by: str | None = None, via: str = SYSTEM) -> BatchActed:
    """End the batch; what is left of it stays to be done. What is at a provider is fetched. NotFound,
    BatchOver.
    """
    with runtime.record.writing() as session:
        batch = _going_on(session, batch_id)
        end_batch(session, batch, BatchState.CANCELLED, "Batch cancelled", CANCELLED, actor=actor_of(by))
        _enter(session, batch, EventKind.BATCH_CANCELLED, by, via)
        return acted(batch, changed=True)


def set_budget(
    runtime: Runtime, *, batch_id: str, budget_microusd: int | None, by: str | None = None, via: str = SYSTEM
) -> BatchActed:
    """Give the batch another budget, in micro-dollars, None for none of its own, also while it runs.

    It counts from the next chunk on; one that is below what is spent lets nothing more begin. NotFound,
    UsageError.
    """
    if budget_microusd is not None and budget_microusd < 0:
        raise UsageError("A budget can't be less than nothing.", code="bad_budget")
    with runtime.record.writing() as session:
        batch = batches.held(session, batch_id)
        changed = batch.budget_microusd != budget_microusd
        if changed:
            batch_chunks.ask_again(session, batch_id)  # what came before may have found no room
            batch.budget_microusd = budget_microusd
            now = (
                "no budget of its own"
                if budget_microusd is None
                else f"a budget of {dollars(budget_microusd)}"
            )
            _tell(session, batch, EventKind.BATCH_BUDGET, f"The batch has {now}", by, via)
        return acted(batch, changed=changed)


def acted(batch: Batch, *, changed: bool) -> BatchActed:
    """What is to be told of a batch."""
    return BatchActed(batch.id, shown_state(batch), changed, batch.budget_microusd)


def shown_state(batch: Batch) -> str:
    """The state of a batch as people are told it: "paused" is one."""
    return "paused" if batch.paused_at is not None and batch.state in batches.UNDER_WAY else batch.state.value


def _going_on(session: Session, batch_id: str) -> Batch:
    batch = batches.held(session, batch_id)
    if batch.state not in batches.UNDER_WAY:
        raise BatchOver("This batch has ended already.")
    return batch


def enter_start(session: Session, batch_id: str, *, by: str | None, via: str = SYSTEM) -> None:
    """Enter in the audit log that a person has begun a batch."""
    append(session, AuditAct.BATCH_STARTED, by=by, via=via, what=batch_id)


def _tell(session: Session, batch: Batch, kind: EventKind, message: str, by: str | None, via: str) -> None:
    events.add(session, kind=kind, actor=actor_of(by), message=message, batch_id=batch.id)
    _enter(session, batch, kind, by, via)


def _enter(session: Session, batch: Batch, kind: EventKind, by: str | None, via: str) -> None:
    data: dict[str, Any] = {"what": kind.value}
    if kind is EventKind.BATCH_BUDGET and batch.budget_microusd is not None:
        data["budget_microusd"] = batch.budget_microusd
    append(session, AuditAct.BATCH_CHANGED, by=by, via=via, what=batch.id, data=data)
