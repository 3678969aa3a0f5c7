"""What time the database thinks it is: the one clock that every machine on this record shares."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.ids import utc_now


def now(session: Session) -> datetime:
    """The time that the ledger writes down and reckons days by: the database server's.

    SQLite is a file on one machine and has no clock but that machine's.
    """
    return database_now(session) or utc_now()


def database_now(session: Session) -> datetime | None:
    """The database server's time, aware; None for SQLite, which has no clock but this machine's."""
    if session.get_bind().dialect.name == "sqlite":
        return None
    moment: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment
