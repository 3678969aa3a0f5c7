"""The outbox of notices on both databases: told once, spread once, taken by one."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from db.engine import Record
from db.ids import utc_now
from db.models import DeliveryState, Notice, NoticeDelivery, NoticeKind
from db.repositories import notices

LONG_AGO = utc_now() - timedelta(days=365)


def an_hour(_attempt: int) -> float:
    return 3600.0


def spread(record: Record, *channels: str) -> int:
    with record.writing() as session:
        ways = [(channel, 0.0) for channel in channels]
        return notices.spread(session, lambda _kind: ways, 10, since=LONG_AGO)


def test_the_same_thing_is_told_once_and_delivered_once_a_channel(record: Record) -> None:
    with record.writing() as session:
        assert notices.tell(session, NoticeKind.BACKUP_FAILED, once="today", code="backup_lost")
    with record.writing() as session:
        assert not notices.tell(session, NoticeKind.BACKUP_FAILED, once="today", code="other")
        assert notices.tell(session, NoticeKind.WORKER_LOST, once="today")
    assert spread(record, "webhook:a", "mail") == 2
    assert spread(record, "webhook:a", "mail") == 0
    with record.reading() as session:
        assert {each.data.get("code") for each in session.scalars(select(Notice))} == {"backup_lost", None}
        assert notices.counts(session) == {
            ("webhook:a", DeliveryState.WAITING): 2,
            ("mail", DeliveryState.WAITING): 2,
        }


def test_what_one_has_taken_is_nobody_elses_until_it_is_due_again(record: Record) -> None:
    for number in range(3):
        with record.writing() as session:
            notices.tell(session, NoticeKind.TEST, once=str(number))
    spread(record, "a")
    with record.writing() as session:
        first = notices.take_due(session, "a", 2, put_off=an_hour)
    with record.writing() as session:
        assert len(notices.take_due(session, "a", 9, put_off=an_hour)) == 1
        assert notices.take_due(session, "a", 9, put_off=an_hour) == []
        notices.mark_delivered(session, [first[0].id])
        notices.note_failure(session, [first[1].id], "No answer.")
        notices.hurry(session, "a")  # what failed, and not what is under way
        assert [each.id for each in notices.take_due(session, "a", 9, put_off=an_hour)] == [first[1].id]
    with record.writing() as session:
        assert notices.forget_before(session, utc_now() + timedelta(days=1), 2) == 2
        assert session.query(NoticeDelivery).count() == 1  # with their notices


def test_the_database_keeps_what_was_told_and_what_has_arrived(record: Record) -> None:
    with record.writing() as session:
        notices.tell(session, NoticeKind.TEST, once="1")
    spread(record, "a")
    with record.writing() as session:
        notices.mark_delivered(session, [session.scalars(select(NoticeDelivery.id)).one()])
    for change in ("notices SET kind = 'batch.done'", "notice_deliveries SET state = 'waiting'"):
        with pytest.raises(IntegrityError), record.writing() as session:
            session.execute(text(f"UPDATE {change}"))
