"""The record's own id, and when a store took it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.ids import utc_now
from db.models import Installation
from db.repositories.insert_once import insert_once

_THE_ROW = 1


def find(session: Session) -> Installation | None:
    """The installation's row as it is now; None before a store was ever needed."""
    query = select(Installation).where(Installation.slot == _THE_ROW)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def ensure(session: Session, new_id: str) -> Installation:
    """The installation's row, made with `new_id` if there is none. Of two that make it one does."""
    values = {
        "slot": _THE_ROW,
        "id": new_id,
        "created_at": utc_now(),
        "generation": 0,
        "scrubbed_to": "",
    }
    insert_once(session, Installation, values)
    found = find(session)
    assert found is not None  # just inserted, by us or by another
    return found


def mark_bound(session: Session) -> None:
    """A store has taken the id."""
    found = find(session)
    assert found is not None
    found.bound_at = found.bound_at or utc_now()
    session.flush()


def next_generation(session: Session, number: int, generation_id: str) -> None:
    """This record's turn at the store has a new number."""
    found = find(session)
    assert found is not None
    found.generation, found.generation_id = number, generation_id
    session.flush()


def record_scrub_position(session: Session, storage_key: str) -> None:
    """How far the store's bytes have been verified; "" begins again."""
    found = find(session)
    if found is not None:
        found.scrubbed_to = storage_key
        session.flush()
