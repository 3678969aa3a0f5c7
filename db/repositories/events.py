"""The timeline: added to, read, never changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db.event_kinds import EventKind
from db.ids import first_id_of, new_id
from db.models import Event
from db.repositories import facets

_OF_A_PICTURE = "variant."  # what happens to one changes what the list finds its character by


def add(
    session: Session,
    *,
    kind: EventKind,
    actor: str,
    message: str,
    character_id: str | None = None,
    batch_id: str | None = None,
    run_token: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> Event:
    """Add one event, about a character or a batch. `message` is a sentence for people, cut at 500 signs."""
    event = Event(
        id=new_id(),
        kind=kind,
        actor=actor,
        message=message,
        character_id=character_id,
        batch_id=batch_id,
        run_token=run_token,
        data=dict(data or {}),
    )
    session.add(event)
    session.flush()
    if character_id is not None and kind.startswith(_OF_A_PICTURE):
        facets.refresh(session, character_id)
    return event


def of_run(
    session: Session, run_token: str, after_id: str | None = None, *, character_id: str | None = None
) -> list[Event]:
    """A run's events, oldest first; with `after_id` only those with a later id, of `character_id` if given.

    A live view does better to read the whole run each time (it is short): with several writers an event
    may be committed after one that has a later id, and asking only for what is newer would miss it.
    """
    query = select(Event).where(Event.run_token == run_token).order_by(Event.id)
    if after_id is not None:
        query = query.where(Event.id > after_id)
    if character_id is not None:
        query = query.where(Event.character_id == character_id)
    return list(session.scalars(query))


def count_of_run(session: Session, run_token: str) -> int:
    """How many events a run has: the number grows while it is at work."""
    return session.scalar(select(func.count()).where(Event.run_token == run_token)) or 0


def run_tokens(session: Session, character_id: str, kind: EventKind) -> set[str]:
    """The runs of a character that have an event of this kind."""
    query = select(Event.run_token).where(Event.character_id == character_id, Event.kind == kind)
    return {token for token in session.scalars(query) if token is not None}


def timeline(session: Session, character_id: str, limit: int = 200) -> list[Event]:
    """The newest `limit` events of a character, newest first."""
    query = select(Event).where(Event.character_id == character_id).order_by(Event.id.desc()).limit(limit)
    return list(session.scalars(query))


def newest_of_kinds(
    session: Session, kinds: Collection[EventKind], *, since: datetime, limit: int
) -> list[Event]:
    """The newest `limit` events of these kinds made after `since`, newest first."""
    query = select(Event).where(Event.id > first_id_of(since), Event.kind.in_(kinds))
    return list(session.scalars(query.order_by(Event.id.desc()).limit(limit)))


@dataclass(frozen=True)
class Happened:
    """That something happened, and to whom: all that a page needs to know to look again."""

    id: str
    character_id: str | None
    batch_id: str | None


def newest(session: Session, limit: int) -> list[Happened]:
    """The newest `limit` events of all, oldest first."""
    query = _happened().order_by(Event.id.desc()).limit(limit)
    return [Happened(*row) for row in session.execute(query)][::-1]


def after(session: Session, event_id: str, limit: int) -> list[Happened]:
    """The first `limit` events whose id is later than `event_id`, oldest first."""
    query = _happened().where(Event.id > event_id).order_by(Event.id).limit(limit)
    return [Happened(*row) for row in session.execute(query)]


def _happened() -> Select[tuple[str, str | None, str | None]]:
    return select(Event.id, Event.character_id, Event.batch_id)
