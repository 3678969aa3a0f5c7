"""The database's own time: a server has one, a file has none."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from db.engine import Record
from db.ids import utc_now
from db.models import ClockAnchor
from db.repositories.clock import database_now, steady


def test_a_server_tells_its_time_and_a_file_has_none(record: Record) -> None:
    with record.reading() as session:
        told = database_now(session)
    if record.engine.dialect.name == "sqlite":
        assert told is None
    else:
        assert told is not None and abs(told - utc_now()) < timedelta(minutes=1)


def test_a_clock_that_was_set_in_a_transaction_that_is_taken_back_is_set_again(record: Record) -> None:
    def anchors() -> int:
        with record.reading() as session:
            return session.scalar(select(func.count()).select_from(ClockAnchor)) or 0

    with pytest.raises(ZeroDivisionError), record.writing() as session:
        steady(session), steady(session), 1 / 0
    assert anchors() == 0
    for _ in range(2):
        with record.writing() as session:
            steady(session)
        assert anchors() == (2 if record.engine.dialect.name == "sqlite" else 0)
