"""The database's own time: a server has one, a file has none."""

from datetime import timedelta

from db.engine import Record
from db.ids import utc_now
from db.repositories.clock import database_now


def test_a_server_tells_its_time_and_a_file_has_none(record: Record) -> None:
    with record.reading() as session:
        told = database_now(session)
    if record.engine.dialect.name == "sqlite":
        assert told is None
    else:
        assert told is not None and abs(told - utc_now()) < timedelta(minutes=1)
