"""The sums of the calls (`db.models.spending`): read, locked to weigh a budget by, and added up anew.

Money is in integer micro-dollars. What a call is counted as, and on which day, the database's triggers
decide; here it is said a second time, to find out where they differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    case,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy import union_all as union
from sqlalchemy.orm import Session

from db.days import Day
from db.models import (
    BudgetDay,
    BudgetSlot,
    CallDaySum,
    CharacterSpending,
    ProviderCall,
    ProviderLimit,
    SumAudit,
)
from db.models.spending import OPEN
from db.repositories import clock
from db.repositories.calls import ENDS, KNOWN_MICROUSD, RESERVED_MICROUSD
from db.repositories.insert_once import insert_each_once, insert_once
from db.repositories.limits import BUDGET_ROW

SLOT = timedelta(minutes=15)
AUDITS_KEPT = 100
_SLOT_OF_CALL = {
    "sqlite": "substr(provider_calls.sent_at, 1, 14) || "
    "printf('%02d:00.000000', CAST(substr(provider_calls.sent_at, 15, 2) AS INTEGER) / 15 * 15)",
    "postgresql": "(date_trunc('hour', provider_calls.sent_at AT TIME ZONE 'UTC') + interval '15 minutes' "
    "* floor(extract(minute FROM provider_calls.sent_at AT TIME ZONE 'UTC') / 15)) AT TIME ZONE 'UTC'",
}
_DAY_OF_CALL = {
    "sqlite": "substr(coalesce(provider_calls.sent_at, provider_calls.created_at), 1, 10) "
    "|| ' 00:00:00.000000'",
    "postgresql": "date_trunc('day', coalesce(provider_calls.sent_at, provider_calls.created_at) "
    "AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'",
}


@dataclass(frozen=True)
class Spending:
    """What calls are known to have cost, and what is reserved for those whose price nobody has told yet."""

    spent_microusd: int
    reserved_microusd: int

    @property
    def total_microusd(self) -> int:
        """Spent and reserved together: what the budget counts."""
        return self.spent_microusd + self.reserved_microusd


@dataclass(frozen=True)
class SumsAudit:
    """What came of adding every sum up again: of how many calls, how many sums differed, and when."""

    calls: int
    different: int
    at: datetime

    @property
    def agrees(self) -> bool:
        """Whether every sum came to the same."""
        return self.different == 0


def lock_days(session: Session, day: Day) -> None:
    """Until the transaction ends nobody else weighs a budget of `day`, or of one that overlaps it.

    What is sent on other days waits for nobody. Days of two time zones overlap in a day of UTC: those are
    held, the earliest first.
    """
    dates = _days_of_utc(day)
    query = select(BudgetDay.began_at).where(BudgetDay.began_at.in_(dates)).order_by(BudgetDay.began_at)
    if len(session.scalars(query.with_for_update()).all()) < len(dates):
        insert_each_once(session, BudgetDay, [{"began_at": each} for each in dates])
        session.scalars(query.with_for_update()).all()
    # A worker of a release before this one weighs the budget under this row, which we share among us.
    older = select(ProviderLimit.provider).where(ProviderLimit.provider == BUDGET_ROW)
    if session.scalars(older.with_for_update(read=True)).first() is None:
        insert_once(session, ProviderLimit, {"provider": BUDGET_ROW})
        session.scalars(older.with_for_update(read=True)).one()


def of_day(session: Session, day: Day) -> Spending:
    """What was sent on `day`, of every provider together, from at most a hundred slots a provider."""
    query = select(func.sum(BudgetSlot.spent_microusd), func.sum(BudgetSlot.reserved_microusd))
    spent, reserved = session.execute(query.where(*_within(day))).one()
    return Spending(int(spent or 0), int(reserved or 0))


def spent_in_all(session: Session) -> int:
    """What all calls are known to have cost."""
    return int(session.scalar(select(func.sum(CallDaySum.spent_microusd))) or 0)


def _within(day: Day) -> list[ColumnElement[bool]]:
    return [BudgetSlot.began_at > day.start - SLOT, BudgetSlot.began_at < day.end]


def _days_of_utc(day: Day) -> list[datetime]:
    first = day.start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    count = -(-(day.end - first) // timedelta(days=1))
    return [first + timedelta(days=number) for number in range(count)]


@dataclass(frozen=True)
class _Kept:
    """A table of sums, its key as a call tells it, and which calls are in it."""

    table: Any
    key: Mapping[str, SQLColumnExpression[Any]]
    counted: ColumnElement[bool] | None = None
    total: bool = False  # it holds spent and reserved together, too

    def columns(self) -> list[ColumnElement[Any]]:
        """Its key and its amounts."""
        names = [*self.key, "spent_microusd", "reserved_microusd", "calls"]
        if self.total:
            names.append("total_microusd")
        return [self.table.__table__.c[name] for name in names]

    def added_up(self, sign: int) -> Select[Any]:
        """The same of each call."""
        keys: list[Any] = [each.label(name) for name, each in self.key.items()]
        amounts: list[Any] = [KNOWN_MICROUSD * sign, RESERVED_MICROUSD * sign, literal(sign)]
        if self.total:
            amounts.append((KNOWN_MICROUSD + RESERVED_MICROUSD) * sign)
        query = select(*keys, *amounts).select_from(ProviderCall)
        return query if self.counted is None else query.where(self.counted)


def _kept(session: Session) -> tuple[_Kept, ...]:
    dialect = session.get_bind().dialect.name
    provider = ProviderCall.provider
    day = {
        "day_at": literal_column(_DAY_OF_CALL[dialect]),
        "provider": provider,
        "model": ProviderCall.model,
        "kind": ProviderCall.kind,
        "style": func.coalesce(ProviderCall.style, ""),
        "state": case((ProviderCall.state.in_(ENDS), ProviderCall.state), else_=OPEN),
    }
    slot = {"began_at": literal_column(_SLOT_OF_CALL[dialect]), "provider": provider}
    whose = {"character_id": ProviderCall.character_id}
    return (
        _Kept(BudgetSlot, slot, ProviderCall.sent_at.is_not(None)),
        _Kept(CallDaySum, day),
        _Kept(CharacterSpending, whose, ProviderCall.character_id.is_not(None), total=True),
    )


def audit(session: Session) -> SumsAudit:
    """Add every sum up again from the calls, in one statement: what is written meanwhile counts in neither.

    It reads every call, so it is nothing for a page. `keep_audit` puts the outcome on record.
    """
    different = [_differing(each) for each in _kept(session)]
    calls = select(func.count()).select_from(ProviderCall).scalar_subquery()
    row = session.execute(select(calls, *different)).one()
    return SumsAudit(int(row[0]), sum(int(each) for each in row[1:]), clock.now(session))


def _differing(kept: _Kept) -> Any:
    both = union(select(*kept.columns()), kept.added_up(-1)).subquery()
    keys, amounts = list(both.c)[: len(kept.key)], list(both.c)[len(kept.key) :]
    unlike = or_(*(func.sum(each) != 0 for each in amounts))
    found = select(literal(1)).select_from(both).group_by(*keys).having(unlike).subquery()
    return select(func.count()).select_from(found).scalar_subquery()


def keep_audit(session: Session, outcome: SumsAudit) -> None:
    """Put an audit on record; the oldest give way to it, and those of a clock that was once ahead: they would
    pass for the newest.
    """
    session.execute(delete(SumAudit).where(SumAudit.created_at > outcome.at))
    session.add(SumAudit(calls=outcome.calls, different=outcome.different, created_at=outcome.at))
    session.flush()
    kept = select(SumAudit.id).order_by(SumAudit.id.desc()).limit(AUDITS_KEPT)
    session.execute(delete(SumAudit).where(SumAudit.id.not_in(kept)))


def last_audit(session: Session) -> SumsAudit | None:
    """The newest audit; None before the first."""
    row = session.scalars(select(SumAudit).order_by(SumAudit.id.desc()).limit(1)).first()
    return None if row is None else SumsAudit(row.calls, row.different, row.created_at)


def count_anew(session: Session) -> None:
    """Make every sum from the calls again. Whoever writes a call waits until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE provider_calls IN SHARE ROW EXCLUSIVE MODE"))
    for each in _kept(session):
        parts = each.added_up(1).subquery()
        keys, amounts = list(parts.c)[: len(each.key)], list(parts.c)[len(each.key) :]
        sums = [func.sum(amount) for amount in amounts]
        session.execute(delete(each.table))
        names = [column.name for column in each.columns()]
        session.execute(insert(each.table).from_select(names, select(*keys, *sums).group_by(*keys)))
