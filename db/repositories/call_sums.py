"""What the calls add up to: by day, style, character and state, and the list of them, page by page.

Money is in integer micro-dollars throughout, and added up by the database.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.orm import Session

from db.days import Day
from db.models import CallKind, CallState, Character, PromptArtifact, ProviderCall
from db.repositories.calls import ASSUMED_PAID, KNOWN_MICROUSD, OUTPUT_LOST, RESERVED_MICROUSD


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
    """The calls of one kind in one style; None for a look at a photo, and where the prompt is erased."""

    kind: CallKind
    style: str | None
    sum: CallSum


@dataclass(frozen=True)
class CharacterSum:
    """One character's calls."""

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


@dataclass(frozen=True)
class Audit:
    """The same money added up in four ways, from one moment; unless they agree something is miscounted."""

    total_microusd: int
    listed_microusd: int
    by_style_microusd: int
    by_character_microusd: int

    @property
    def agrees(self) -> bool:
        """Whether every way comes to the same."""
        ways = (self.listed_microusd, self.by_style_microusd, self.by_character_microusd)
        return all(each == self.total_microusd for each in ways)


_NEWEST_FIRST = (
    func.coalesce(ProviderCall.sent_at, ProviderCall.created_at).desc(),
    ProviderCall.id.desc(),
)
_SPENT = func.coalesce(func.sum(KNOWN_MICROUSD), 0)
_RESERVED = func.coalesce(func.sum(RESERVED_MICROUSD), 0)
_SUMS = (_SPENT, _RESERVED, func.count())


def total(session: Session) -> CallSum:
    """Every call there is."""
    return _sum_of(session.execute(select(*_SUMS).select_from(ProviderCall)).one())


def by_day(session: Session, days: Sequence[Day]) -> list[DaySum]:
    """The calls that left on each of `days` (the oldest first), by provider; empty days absent.

    The days' bounds come from here, so that both databases agree on what a day is.
    """
    day = case(*((ProviderCall.sent_at < each.end, each.date.isoformat()) for each in days))
    left = (
        select(
            day.label("day"),
            ProviderCall.provider,
            KNOWN_MICROUSD.label("known"),
            RESERVED_MICROUSD.label("reserved"),
        )
        .where(ProviderCall.sent_at >= days[0].start, ProviderCall.sent_at < days[-1].end)
        .subquery()
    )
    query = select(
        left.c.day, left.c.provider, func.sum(left.c.known), func.sum(left.c.reserved), func.count()
    ).group_by(left.c.day, left.c.provider)
    found = [DaySum(date.fromisoformat(row[0]), row[1], _sum_of(row[2:])) for row in session.execute(query)]
    return sorted(found, key=lambda each: (each.day, each.provider))


def by_style(session: Session) -> list[StyleSum]:
    """Every call, by kind and style, the dearest first."""
    query = _with_style(select(ProviderCall.kind, PromptArtifact.style, *_SUMS))
    rows = session.execute(query.group_by(ProviderCall.kind, PromptArtifact.style))
    found = [StyleSum(row[0], row[1], _sum_of(row[2:])) for row in rows]
    return sorted(found, key=lambda each: (-each.sum.total_microusd, each.kind, each.style or ""))


def by_character(session: Session, *, limit: int = 10) -> list[CharacterSum]:
    """The characters that have cost most, the dearest first; those that cost nothing are left out."""
    query = (
        select(Character.id, Character.name, *_SUMS)
        .join(ProviderCall, ProviderCall.character_id == Character.id)
        .group_by(Character.id, Character.name)
        .having(_SPENT + _RESERVED > 0)
        .order_by((_SPENT + _RESERVED).desc(), Character.id)
        .limit(limit)
    )
    return [CharacterSum(row[0], row[1], _sum_of(row[2:])) for row in session.execute(query)]


def by_state(session: Session) -> dict[CallState, CallSum]:
    """Every call, by state; every state is named."""
    query = select(ProviderCall.state, *_SUMS).group_by(ProviderCall.state)
    found = {row[0]: _sum_of(row[1:]) for row in session.execute(query)}
    return {state: found.get(state, CallSum()) for state in CallState}


def page(session: Session, *, state: CallState | None = None, offset: int = 0, limit: int = 50) -> CallPage:
    """One page of the calls in `state` (or of all), by when they were last sent, newest first."""
    wanted = [ProviderCall.state == state] if state is not None else []
    sums = session.execute(select(*_SUMS).select_from(ProviderCall).where(*wanted)).one()
    query = _listed().where(*wanted).order_by(*_NEWEST_FIRST).offset(offset).limit(limit)
    return CallPage([ListedCall(*row) for row in session.execute(query)], _sum_of(sums))


def every(session: Session) -> Iterator[ListedCall]:
    """Every call, newest first, from one moment; read piece by piece, so that there may be many."""
    rows = session.execute(_listed().order_by(*_NEWEST_FIRST), execution_options={"yield_per": 500})
    return (ListedCall(*row) for row in rows)


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


def audit(session: Session) -> Audit:
    """Add everything up in four ways, in one statement: what is being written meanwhile counts in none."""
    every = _listed().subquery()
    listed = func.sum(every.c.known_microusd + every.c.reserved_microusd)
    by_style_parts = _with_style(
        select((_SPENT + _RESERVED).label("part")).group_by(ProviderCall.kind, PromptArtifact.style)
    )
    by_character_parts = select((_SPENT + _RESERVED).label("part")).group_by(ProviderCall.character_id)
    ways = (
        select(_SPENT + _RESERVED).select_from(ProviderCall).scalar_subquery(),
        select(func.coalesce(listed, 0)).scalar_subquery(),
        _sum_of_parts(by_style_parts),
        _sum_of_parts(by_character_parts),
    )
    row = session.execute(select(*ways)).one()
    return Audit(*(int(each) for each in row))


def _listed() -> Select[Any]:
    """The list's lines, in the order of `ListedCall`."""
    query = select(
        ProviderCall.id,
        ProviderCall.created_at,
        ProviderCall.sent_at,
        ProviderCall.kind,
        PromptArtifact.style,
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
    return _with_style(query).outerjoin(Character, Character.id == ProviderCall.character_id)


def _with_style(query: Select[Any]) -> Select[Any]:
    return query.select_from(ProviderCall).outerjoin(
        PromptArtifact, PromptArtifact.id == ProviderCall.prompt_artifact_id
    )


def _sum_of_parts(parts: Select[Any]) -> ColumnElement[Any]:
    found = parts.subquery()
    return select(func.coalesce(func.sum(found.c.part), literal(0))).scalar_subquery()


def _sum_of(row: Any) -> CallSum:
    """Postgres adds bigints up to a Decimal."""
    spent, reserved, count = row
    return CallSum(int(spent or 0), int(reserved or 0), int(count))
