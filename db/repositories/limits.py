"""The pace, the pauses and the breaker of a provider's account, shared by every process.

The pace is the generic cell rate algorithm: one timestamp a provider says when the next request is in
time, so any number of workers on any number of machines keep one limit with one short transaction. The
time is the database's, which does not jump.

By hand, as the packages for this keep their state in a process or in Redis, and the only thing that our
processes share is the database.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import CallState, NoticeKind, ProviderCall, ProviderLimit
from db.rate_limit import RateLimit
from db.repositories import clock
from db.repositories.insert_once import insert_once
from db.repositories.notices import tell

TRIPS_AFTER = 5  # failures in a row
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=10)
BUDGET_ROW = "(purse)"  # a stored value: the row for the money of all providers
BUSY, BUSY_SECONDS = "busy", 0.5  # as many are under way as the settings allow
SLOW_BELIEVED_FOR = timedelta(minutes=30)


@dataclass(frozen=True)
class SlotDecision:
    """How long to wait before asking again, and why (pace, busy, paused, breaker); 0 seconds means go."""

    seconds: float
    reason: str = ""


def acquire_slot(
    session: Session,
    provider: str,
    pace: RateLimit,
    now: datetime | None = None,
    at_once: int | None = None,
) -> SlotDecision:
    """Ask to send one request now. A place is taken only if the answer is to go.

    With `at_once` no more than about so many are under way, of all processes: those that are told to go at
    the same moment do not count each other yet.
    """
    row = _lock_row(session, provider)
    now = now or clock.steady(session)
    for until, reason in ((row.open_until, "breaker"), (row.paused_until, "paused")):
        if until is not None and until > now:
            return SlotDecision((until - now).total_seconds(), reason)
    if row.open_until is not None:
        # Half open: this one request goes and shows whether the provider is back; the others wait for it.
        row.open_until = now + _open_time(row.failures)
        return SlotDecision(0)
    if row.slow_until is not None and row.slow_until > now and row.slow_per_minute:
        pace = RateLimit(row.slow_per_minute, 1)
    if at_once is not None and _under_way(session, provider, now) >= at_once:
        return SlotDecision(BUSY_SECONDS, BUSY)
    step = timedelta(seconds=60 / pace.per_minute)
    due = max(row.next_free_at or now, now)
    early = due - now - step * (pace.burst - 1)
    if early > timedelta(0):
        return SlotDecision(early.total_seconds(), "pace")
    row.next_free_at = due + step
    return SlotDecision(0)


def _under_way(session: Session, provider: str, now: datetime) -> int:
    mine = (ProviderCall.provider == provider, ProviderCall.lease_expires_at > now)
    sent = ProviderCall.state.in_((CallState.SENDING, CallState.ACCEPTED))
    return session.scalar(select(func.count()).select_from(ProviderCall).where(sent, *mine)) or 0


def record_throttle(
    session: Session, provider: str, retry_after: float, *, per_minute: int | None = None
) -> None:
    """The provider said 429: nobody asks for `retry_after` seconds, and at `per_minute` for a while after."""
    row = _lock_row(session, provider)
    now = clock.steady(session)
    row.paused_until = max(row.paused_until or now, now + timedelta(seconds=retry_after))
    if per_minute is not None:
        row.slow_per_minute, row.slow_until = per_minute, now + SLOW_BELIEVED_FOR


def record_failure(session: Session, provider: str) -> bool:
    """The provider was down for a request; True when that opened the breaker (again)."""
    row = _lock_row(session, provider)
    row.failures += 1
    if row.failures < TRIPS_AFTER:
        return False
    row.open_until = clock.steady(session) + _open_time(row.failures)
    if row.failures == TRIPS_AFTER:
        tell(session, NoticeKind.PROVIDER_OUTAGE, once=f"{provider} {row.open_until}", provider=provider)
    return True


def record_success(session: Session, provider: str) -> None:
    """The provider answered: trust it again."""
    row = _lock_row(session, provider)
    if row.failures or row.open_until:
        row.failures, row.open_until = 0, None


def lock_budget(session: Session) -> None:
    """Until the transaction ends nobody else weighs a budget: two that look at once can't both fit."""
    _lock_row(session, BUDGET_ROW)


def all_limits(session: Session) -> list[ProviderLimit]:
    """Every provider's row, by name."""
    return list(
        session.scalars(
            select(ProviderLimit).where(ProviderLimit.provider != BUDGET_ROW).order_by(ProviderLimit.provider)
        )
    )


def _open_time(failures: int) -> timedelta:
    doublings = min(max(0, failures - TRIPS_AFTER), 10)
    return min(FIRST_REST * (1 << doublings), LONGEST_REST)


def _lock_row(session: Session, provider: str) -> ProviderLimit:
    """The provider's row, locked until the transaction ends; made where this is the first request to it."""
    query = select(ProviderLimit).where(ProviderLimit.provider == provider).with_for_update()
    query = query.execution_options(populate_existing=True)
    if (row := session.scalars(query).one_or_none()) is not None:
        return row
    insert_once(session, ProviderLimit, {"provider": provider})
    return session.scalars(query).one()
