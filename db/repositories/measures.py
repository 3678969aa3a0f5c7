"""What a look from outside wants to know, in a fixed number of statements: of sums, and of what is under way.

Nothing here grows with the characters or the calls that there were, only with what is at work now.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, literal_column, select
from sqlalchemy.orm import Session

from db.models import Batch, BatchChunk, CallDaySum, CallKind, CallState, Character, ProviderCall
from db.models.spending import OPEN
from db.repositories import clock, limits
from db.repositories.batches import UNDER_WAY
from db.repositories.calls import LEASED

LEFT_BEHIND = (CallState.SENDING, CallState.ACCEPTED, CallState.DELIVERED)  # what a dead worker may have paid


@dataclass(frozen=True)
class CallTotal:
    """All calls of a provider and model that ended so ("open": not yet), and what they are known to cost."""

    provider: str
    model: str
    kind: CallKind
    outcome: str
    calls: int
    spent_microusd: int


@dataclass(frozen=True)
class Backlog:
    """What waits: how much, and since when the oldest does."""

    count: int
    since: datetime | None


@dataclass(frozen=True)
class BatchesAtWork:
    """The batches that have not ended: how many run or are paused, their chunks, since when one waits."""

    running: int
    paused: int
    chunks_done: int
    chunks_left: int
    since: datetime | None


@dataclass(frozen=True)
class Leases:
    """Calls that a worker is on, and those that one which is gone may have paid for."""

    held: int
    expired: int


def call_totals(session: Session) -> list[CallTotal]:
    """By provider, model, kind and outcome, from the sums of the days."""
    key = (CallDaySum.provider, CallDaySum.model, CallDaySum.kind, CallDaySum.state)
    query = select(*key, func.sum(CallDaySum.calls), func.sum(CallDaySum.spent_microusd)).group_by(*key)
    return [
        CallTotal(provider, model, kind, str(state), int(calls), int(spent))
        for provider, model, kind, state, calls, spent in session.execute(query.order_by(*key))
        if calls or state == OPEN
    ]


def queued(session: Session) -> Backlog:
    """Characters whose run has not begun."""
    # Said outright and not by a parameter: the index is of these alone.
    waits: ColumnElement[bool] = literal_column("characters.status = 'queued'")
    query = select(func.count(), func.min(Character.status_at)).select_from(Character).where(waits)
    count, since = session.execute(query).one()
    return Backlog(count, since)


def batches_at_work(session: Session) -> BatchesAtWork:
    """Of all batches that have not ended."""
    ended = func.coalesce(func.sum(case((BatchChunk.ended_at.is_not(None), 1), else_=0)), 0)
    mine = (Batch.id, Batch.created_at, Batch.paused_at)
    query = select(*mine, func.count(BatchChunk.id), ended).outerjoin(
        BatchChunk, BatchChunk.batch_id == Batch.id
    )
    rows = session.execute(query.where(Batch.state.in_(UNDER_WAY)).group_by(*mine)).all()
    running = [row for row in rows if row.paused_at is None]
    return BatchesAtWork(
        running=len(running),
        paused=len(rows) - len(running),
        chunks_done=sum(int(row[4]) for row in rows),
        chunks_left=sum(int(row[3] - row[4]) for row in rows),
        since=min((row.created_at for row in running), default=None),
    )


def leases(session: Session, *, free: Collection[str] = ()) -> Leases:
    """Of the calls that have not ended, by the steady clock.

    Expired are those that housekeeping settles: sent or accepted, and not to a provider of `free`. A call
    that was not sent, or whose picture is here, costs nothing more and waits for its run to be gone on with.
    """
    late = ProviderCall.lease_expires_at <= clock.steady(session)
    left = ProviderCall.state.in_(LEFT_BEHIND) & ProviderCall.provider.not_in(free)
    query = select(_how_many(~late), _how_many(late & left)).where(ProviderCall.state.in_(LEASED))
    held, expired = session.execute(query).one()
    return Leases(int(held), int(expired))


def _how_many(rows: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((rows, 1), else_=0)), 0)


def providers_left_alone(session: Session) -> dict[str, bool]:
    """Each provider on record, and whether nothing is sent to it now (breaker open, or paused)."""
    now = clock.steady(session)
    return {
        row.provider: any(until is not None and until > now for until in (row.open_until, row.paused_until))
        for row in limits.all_limits(session)
    }
