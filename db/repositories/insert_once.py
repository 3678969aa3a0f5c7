"""INSERT that leaves an existing row alone, in the words of either database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.models import Base


def insert_once(session: Session, table: type[Base], values: Mapping[str, Any]) -> None:
    """Insert a row unless a unique constraint is taken already: then nothing happens, and nothing breaks.

    Of two at the same moment the second waits for the first; reading by the key afterwards finds the one
    row there is. Give an `id` to see whether it is yours.
    """
    insert_each_once(session, table, [values])


def insert_each_once(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """The same for any number of rows: those that are there already are left alone."""
    session.flush()
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(table).on_conflict_do_nothing(), [dict(row) for row in rows])
