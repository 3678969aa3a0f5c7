"""A record without its guards for a moment: to stage what an older version, or an accident, has left."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"


@contextmanager
def unguarded(session: Session) -> Iterator[None]:
    """In this transaction, until the block ends, no trigger says a word."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL session_replication_role = replica"))
        yield
        session.flush()
        session.execute(text("SET LOCAL session_replication_role = origin"))
        return
    triggers = session.execute(text(TRIGGERS)).all()
    for name, _sql in triggers:
        session.execute(text(f"DROP TRIGGER {name}"))
    yield
    session.flush()
    for _name, sql in triggers:
        session.connection().exec_driver_sql(sql)
