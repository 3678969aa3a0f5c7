"""How a batch stands: items, money, rate and what remains, in a fixed number of statements."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from db.engine import Session
from db.models import Batch, BatchItemState
from db.repositories import batch_chunks, batch_pairs, batches, clock
from tasks.batch.control import shown_state
from tasks.errors import UsageError
from tasks.runtime import Runtime

RATE_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True)
class BatchStatus:
    """A batch at this moment. Items are pictures; money is in micro-dollars."""

    id: str
    state: str  # a BatchState, or "paused"
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    done: int
    skipped: int
    failed: int
    left: int
    chunks: int
    chunks_done: int
    workers: int  # processes that work on it now
    planned_microusd: int
    spent_microusd: int  # with what is reserved for calls under way
    budget_microusd: int | None
    per_minute: float | None  # items that came to an end, lately; None where nothing is known
    remaining_seconds: float | None
    left_out: int
    for_a_person: int
    not_allowed: int
    anew: int = 0  # pictures that were drawn where there was one

    @property
    def planned(self) -> int:
        """How many items there are."""
        return self.done + self.skipped + self.failed + self.left


def status_of(runtime: Runtime, *, batch_id: str) -> BatchStatus:
    """The batch as it stands. NotFound."""
    with runtime.record.reading() as session:
        return batch_status(session, batches.get(session, batch_id))


def newest_statuses(runtime: Runtime, *, limit: int = 20) -> list[BatchStatus]:
    """The newest batches, newest first."""
    with runtime.record.reading() as session:
        return [batch_status(session, each) for each in batches.newest(session, limit)]


def find_batch(runtime: Runtime, beginning: str) -> str:
    """The id that begins so; "" is the newest batch. UsageError where none does, or more than one."""
    with runtime.record.reading() as session:
        if not beginning:
            found = [each.id for each in batches.newest(session, 1)]
        else:
            found = batches.begins_with(session, beginning)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError("More than one batch begins so: give more of its id.", code="ambiguous_batch")
    raise UsageError("There is no such batch. `storykin batch list` names them.", code="no_such_batch")


def batch_status(session: Session, batch: Batch) -> BatchStatus:
    """The same within a transaction."""
    counts = batches.progress(session, batch.id)
    chunks, chunks_done = batch_chunks.count(session, batch.id)
    left = counts[BatchItemState.PENDING] + counts[BatchItemState.RUNNING]
    state = shown_state(batch)
    rate = _per_minute(session, batch) if state == "running" else None
    return BatchStatus(
        id=batch.id,
        state=state,
        created_at=batch.created_at,
        started_at=batch.started_at,
        ended_at=batch.ended_at,
        done=counts[BatchItemState.DONE],
        skipped=counts[BatchItemState.SKIPPED],
        failed=counts[BatchItemState.FAILED],
        left=left,
        chunks=chunks,
        chunks_done=chunks_done,
        workers=batch_chunks.count_held(session, batch.id),
        planned_microusd=int(batch.plan.get("microusd", 0)),
        spent_microusd=batches.spent_microusd(session, batch.id),
        budget_microusd=batch.budget_microusd,
        per_minute=rate,
        remaining_seconds=60 * left / rate if rate else None,
        left_out=int(batch.plan.get("left_out", 0)),
        for_a_person=int(batch.plan.get("for_a_person", 0)),
        not_allowed=int(batch.plan.get("not_allowed", 0)),
        anew=batch_pairs.count(session, batch.id),
    )


def _per_minute(session: Session, batch: Batch) -> float | None:
    if batch.started_at is None:
        return None
    now = clock.now(session)
    since = max(batch.started_at, now - RATE_WINDOW)
    minutes = (now - since).total_seconds() / 60
    count = batches.settled_since(session, batch.id, since)
    return count / minutes if count and minutes > 0 else None
