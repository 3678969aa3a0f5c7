"""The timeline: added to, read, never changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, exists, func, insert, select, text
from sqlalchemy.orm import Session

from db.audit.of_events import enter_event
from db.event_kinds import EventKind
from db.ids import first_id_of, new_id, utc_now
from db.models import Character, Event
from db.models.events import OF_STEPS
from db.repositories import facets
from db.repositories.notices_of_events import enter_notice

_OF_A_PICTURE = "variant."  # what happens to one changes what the list finds its character by
_FOUND_ALREADY = EventKind.VARIANT_RECORDED  # `images.record`, which it tells of, has seen to that


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
    """Add one event, about a character or a batch. `message` is a sentence for people, cut at 500 signs.

    What a person did by it is entered in the audit log as well. Raises AuditUnusable then.
    """
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
    enter_event(session, event)
    enter_notice(session, event)
    if character_id is not None and kind.startswith(_OF_A_PICTURE) and kind is not _FOUND_ALREADY:
        facets.refresh(session, character_id)
    return event


def of_step(
    *,
    kind: EventKind,
    actor: str,
    message: str,
    character_id: str,
    run_token: str,
    data: Mapping[str, Any],
) -> dict[str, Any]:
    """An event of a step as it happens now, to be written by `add_of_steps`."""
    return {
        "id": new_id(),
        "created_at": utc_now(),
        "kind": kind,
        "actor": actor,
        "message": message,
        "character_id": character_id,
        "batch_id": None,
        "run_token": run_token,
        "data": dict(data),
    }


def add_of_steps(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add events that happened a moment ago (`of_step`), in one statement. They tell of the house's own work:
    nothing of it is entered in the audit log, or told as a notice.
    """
    if rows:
        session.connection().execute(insert(Event), [dict(row) for row in rows])


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


def of_kind(session: Session, character_id: str, kind: EventKind) -> list[Event]:
    """A character's events of one kind, oldest first."""
    query = select(Event).where(Event.character_id == character_id, Event.kind == kind)
    return list(session.scalars(query.order_by(Event.id)))


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


def oldest_step(session: Session) -> str | None:
    """The id of the oldest event of a step."""
    return session.scalar(select(Event.id).where(text(OF_STEPS)).order_by(Event.id).limit(1))


@dataclass(frozen=True)
class StepsForgotten:
    """How many events of steps were deleted, and the id up to which was looked; None at the end."""

    deleted: int
    up_to: str | None


def forget_steps(session: Session, *, after: str, before: str, limit: int) -> StepsForgotten:
    """Of the first `limit` events of steps with an id after `after` and before `before`, delete those of runs
    that ended well and are not their character's newest. Of another run nothing else says what failed. All
    that a person did, what became of a run and what was bought stays.
    """
    there = select(Event.id, Event.run_token).where(text(OF_STEPS), Event.id > after, Event.id < before)
    found = session.execute(there.order_by(Event.id).limit(limit)).all()
    if not found:
        return StepsForgotten(0, None)
    ids, tokens = [each.id for each in found], {each.run_token for each in found if each.run_token}
    ended = select(Event.run_token).where(
        Event.run_token.in_(tokens), Event.kind == EventKind.CHARACTER_READY
    )
    well = set(session.scalars(ended))
    newest = exists().where(Character.id == Event.character_id, Character.run_token == Event.run_token)
    old = delete(Event).where(
        text(OF_STEPS),
        Event.id >= ids[0],
        Event.id <= ids[-1],
        Event.run_token.in_(well) | Event.run_token.is_(None),
        ~newest,
    )
    gone = session.connection().execute(old)
    return StepsForgotten(gone.rowcount, ids[-1] if len(ids) == limit else None)


def of_batch(session: Session, batch_id: str) -> list[Event]:
    """A batch's own events, oldest first."""
    return list(session.scalars(select(Event).where(Event.batch_id == batch_id).order_by(Event.id)))
