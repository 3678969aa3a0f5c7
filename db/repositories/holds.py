"""Legal holds, and since when retention periods run."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db.models import LegalHold, RetentionClock
from db.repositories import clock
from db.repositories.insert_once import insert_once


def place(session: Session, character_id: str, *, reason: str, by: str | None) -> LegalHold:
    """Keep the character from being erased until the hold is lifted."""
    hold = LegalHold(character_id=character_id, reason=reason, placed_by=by)
    session.add(hold)
    session.flush()
    return hold


def lift(session: Session, character_id: str, *, by: str | None) -> int:
    """Lift every hold of the character; returns how many those were."""
    statement = (
        update(LegalHold)
        .where(LegalHold.character_id == character_id, LegalHold.lifted_at.is_(None))
        .values(lifted_at=clock.now(session), lifted_by=by)
    )
    return session.connection().execute(statement).rowcount


def held(session: Session) -> set[str]:
    """The ids of all characters under a hold."""
    return set(session.scalars(select(LegalHold.character_id).where(LegalHold.lifted_at.is_(None))))


def is_held(session: Session, character_id: str) -> bool:
    """Whether a hold of the character stands."""
    query = select(LegalHold.id).where(LegalHold.character_id == character_id, LegalHold.lifted_at.is_(None))
    return session.scalar(query.limit(1)) is not None


def clocks(session: Session, character_id: str) -> dict[str, datetime]:
    """Since when each period of the character runs, by its subject; steady time."""
    query = select(RetentionClock).where(RetentionClock.character_id == character_id)
    return {row.subject: row.started_at for row in session.scalars(query)}


def running(session: Session, subject: str) -> list[str]:
    """The ids of the characters that a period about `subject` runs for, in order."""
    query = select(RetentionClock.character_id).where(RetentionClock.subject == subject)
    return list(session.scalars(query.order_by(RetentionClock.character_id)))


def start_clock(session: Session, character_id: str, subject: str) -> None:
    """Let a period run from now on, unless it does already."""
    values = {"character_id": character_id, "subject": subject, "started_at": clock.steady(session)}
    insert_once(session, RetentionClock, values)


def stop_clocks(session: Session, character_id: str, subjects: set[str]) -> None:
    """What these were about is no more: were it to be again, its period would begin anew."""
    session.execute(
        delete(RetentionClock).where(
            RetentionClock.character_id == character_id, RetentionClock.subject.in_(subjects)
        )
    )
