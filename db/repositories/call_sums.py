"""What the calls add up to: by day, style, character and state, and the list of them, page by page.

Money is in integer micro-dollars throughout. All but the list comes from the sums that the database keeps
(`db.models.spending`), so that it takes no longer as the calls grow.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, func, literal_column, select
from sqlalchemy.orm import Session

from db.called import called
from db.days import Day
from db.models import (
    BudgetSlot,
    CallDaySum,
    CallKind,
    CallState,
    Character,
    CharacterSpending,
    ProviderCall,
)
from db.models.spending import OPEN
from db.repositories.calls import ASSUMED_PAID, ENDS, KNOWN_MICROUSD, OUTPUT_LOST, RESERVED_MICROUSD


@dataclass(frozen=True)
class CallSum:
    """What some calls have cost, what is reserved for them beyond that, and how many they are."""

    spent_microusd: int = 0
    reserved_microusd: int = 0
    calls: int = 0

    @property
    def total_microusd(self) -> int:
        """What has to be reckoned with."""
        return self.spent_microusd + self.reserved_microusd


@dataclass(frozen=True)
class DaySum:
    """One provider's calls that left on one day."""

    day: date
    provider: str
    sum: CallSum


@dataclass(frozen=True)
class StyleSum:
    """The calls of one kind in one style; None for a look at a photo."""

    kind: CallKind
    style: str | None
    sum: CallSum


@dataclass(frozen=True)
class CharacterSum:
    """One character's calls; `name` is what it is called on a list."""

    character_id: str
    name: str
    sum: CallSum


@dataclass(frozen=True)
class ListedCall:
    """One line of the list. `known_microusd` is the actual price, 0 while it is not known."""

    id: str
    created_at: datetime
    sent_at: datetime | None
    kind: CallKind
    style: str | None
    character_id: str | None
    character_name: str | None
    provider: str
    model: str
    state: CallState
    attempts: int
    estimate_microusd: int
    actual_microusd: int | None
    known_microusd: int
    reserved_microusd: int
    error_code: str | None
    error_sentence: str | None
    provider_id: str | None

    @property
    def waits_for_a_person(self) -> bool:
        """Whether nobody but a person can have this work done again."""
        lost = self.state is CallState.FAILED and self.error_code == OUTPUT_LOST
        return lost or self.state is CallState.WRITTEN_OFF


@dataclass(frozen=True)
class CallPage:
    """One page of the list, newest first, and what the whole list comes to."""

    items: list[ListedCall]
    sum: CallSum


_NEWEST_FIRST = (
    func.coalesce(ProviderCall.sent_at, ProviderCall.created_at).desc(),
    ProviderCall.id.desc(),
)
_OLDEST_FIRST = (
    func.coalesce(ProviderCall.sent_at, ProviderCall.created_at).asc(),
    ProviderCall.id.asc(),
)
_SPENT = func.coalesce(func.sum(KNOWN_MICROUSD), 0)
_RESERVED = func.coalesce(func.sum(RESERVED_MICROUSD), 0)
_SUMS = (_SPENT, _RESERVED, func.count())
_COUNT = func.coalesce(func.sum(CallDaySum.calls), 0)
_ADDED = (func.sum(CallDaySum.spent_microusd), func.sum(CallDaySum.reserved_microusd), _COUNT)


def total(session: Session) -> CallSum:
    """Every call there is."""
    return _sum_of(session.execute(select(*_ADDED)).one())


def by_day(session: Session, days: Sequence[Day]) -> list[DaySum]:
    """The calls that left on each of `days` (the oldest first), by provider; empty days absent.

    The days' bounds come from here, so that both databases agree on what a day is.
    """
    day = case(*((BudgetSlot.began_at < each.end, each.date.isoformat()) for each in days)).label("day")
    query = (
        select(
            day,
            BudgetSlot.provider,
            func.sum(BudgetSlot.spent_microusd),
            func.sum(BudgetSlot.reserved_microusd),
            func.sum(BudgetSlot.calls),
        )
        .where(BudgetSlot.began_at >= days[0].start, BudgetSlot.began_at < days[-1].end)
        .group_by(literal_column("1"), literal_column("2"))
        .having(func.sum(BudgetSlot.calls) > 0)
    )
    found = [DaySum(date.fromisoformat(row[0]), row[1], _sum_of(row[2:])) for row in session.execute(query)]
    return sorted(found, key=lambda each: (each.day, each.provider))


def by_style(session: Session) -> list[StyleSum]:
    """Every call, by kind and style, the dearest first."""
    query = select(CallDaySum.kind, CallDaySum.style, *_ADDED).group_by(CallDaySum.kind, CallDaySum.style)
    rows = session.execute(query.having(_COUNT > 0))
    found = [StyleSum(CallKind(row[0]), row[1] or None, _sum_of(row[2:])) for row in rows]
    return sorted(found, key=lambda each: (-each.sum.total_microusd, each.kind, each.style or ""))


def by_character(session: Session, *, limit: int = 10) -> list[CharacterSum]:
    """The characters that have cost most, the dearest first; those that cost nothing are left out."""
    kept = CharacterSpending
    query = (
        select(Character.id, Character.name, kept.spent_microusd, kept.reserved_microusd, kept.calls)
        .join(Character, Character.id == kept.character_id)
        .where(kept.total_microusd > 0)
        .order_by(kept.total_microusd.desc(), kept.character_id.desc())
        .limit(limit)
    )
    return [CharacterSum(row[0], called(row[1], row[0]), _sum_of(row[2:])) for row in session.execute(query)]


def by_state(session: Session) -> dict[CallState, CallSum]:
    """Every call, by state; every state is named."""
    ended = select(CallDaySum.state, *_ADDED).where(CallDaySum.state != OPEN).group_by(CallDaySum.state)
    open_ones = (
        select(ProviderCall.state, *_SUMS)
        .where(ProviderCall.state.in_([state for state in CallState if state not in ENDS]))
        .group_by(ProviderCall.state)
    )
    rows = [*session.execute(ended), *session.execute(open_ones)]
    found = {CallState(row[0]): _sum_of(row[1:]) for row in rows}
    return {state: found.get(state, CallSum()) for state in CallState}


def page(session: Session, *, state: CallState | None = None, offset: int = 0, limit: int = 50) -> CallPage:
    """One page of the calls in `state` (or of all), by when they were last sent, newest first.

    What is before it is passed over in the index, from whichever end is nearer; only its own lines are read.
    """
    wanted = [ProviderCall.state == state] if state is not None else []
    sums = total(session) if state is None else by_state(session)[state]
    order = _NEWEST_FIRST
    if offset > sums.calls // 2 > 0:
        end = min(offset + limit, sums.calls)
        order, offset, limit = _OLDEST_FIRST, sums.calls - end, max(0, end - offset)
    chosen = select(ProviderCall.id).where(*wanted).order_by(*order).offset(offset).limit(limit)
    ids = list(session.scalars(chosen))
    lines = {row[0]: _line(row) for row in session.execute(_listed().where(ProviderCall.id.in_(ids)))}
    ids = ids if order is _NEWEST_FIRST else ids[::-1]
    return CallPage([lines[each] for each in ids if each in lines], sums)


def every(session: Session) -> Iterator[ListedCall]:
    """Every call, newest first, from one moment; read piece by piece, so that there may be many."""
    rows = session.execute(_listed().order_by(*_NEWEST_FIRST), execution_options={"yield_per": 500})
    return (_line(row) for row in rows)


def assumed_paid(session: Session, *, day: Day | None = None, attempts_of: str | None = None) -> int:
    """How many lost calls were booked as paid by policy: on that day, as attempts at that call."""
    query = select(func.count()).where(
        ProviderCall.state == CallState.FAILED, ProviderCall.error_code == ASSUMED_PAID
    )
    if day is not None:
        query = query.where(ProviderCall.ended_at >= day.start, ProviderCall.ended_at < day.end)
    if attempts_of is not None:
        query = query.where(ProviderCall.attempt_of == attempts_of)
    return session.scalar(query) or 0


def _listed() -> Select[Any]:
    """The list's lines, in the order of `ListedCall`."""
    query = select(
        ProviderCall.id,
        ProviderCall.created_at,
        ProviderCall.sent_at,
        ProviderCall.kind,
        ProviderCall.style,
        ProviderCall.character_id,
        Character.name.label("character_name"),
        ProviderCall.provider,
        ProviderCall.model,
        ProviderCall.state,
        ProviderCall.attempts,
        ProviderCall.estimate_microusd,
        ProviderCall.actual_microusd,
        KNOWN_MICROUSD.label("known_microusd"),
        RESERVED_MICROUSD.label("reserved_microusd"),
        ProviderCall.error_code,
        ProviderCall.error_sentence,
        ProviderCall.provider_id,
    )
    characters = Character.id == ProviderCall.character_id
    return query.select_from(ProviderCall).outerjoin(Character, characters)


def _line(row: Sequence[Any]) -> ListedCall:
    call = ListedCall(*row)
    if call.character_id is None or call.character_name is None:
        return call
    return replace(call, character_name=called(call.character_name, call.character_id))


def _sum_of(row: Any) -> CallSum:
    """Postgres adds bigints up to a Decimal."""
    spent, reserved, count = row
    return CallSum(int(spent or 0), int(reserved or 0), int(count))
