"""What time the database thinks it is."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def database_now(session: Session) -> datetime | None:
    """The database server's time, aware; None for SQLite, which has no clock but this machine's."""
    if session.get_bind().dialect.name == "sqlite":
        return None
    moment: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment
