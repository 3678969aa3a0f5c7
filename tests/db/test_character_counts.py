"""The counts of characters by status are right after every change on either database, whoever writes."""

from contextlib import suppress

from sqlalchemy import delete, func, select, text, update

from db.engine import Record, Session
from db.lifecycle import move
from db.models import Character, CharacterCount, CharacterStatus
from db.repositories import character_counts
from tests.support.rows import a_character, a_ready_character


def agrees(session: Session) -> bool:
    """With the characters, one by one."""
    query = select(Character.status, func.count()).group_by(Character.status)
    counted = {row[0]: row[1] for row in session.execute(query)}
    read = character_counts.read(session)
    assert set(read) == set(CharacterStatus)
    assert {status: number for status, number in read.items() if number} == counted
    return character_counts.count_different(session) == 0


def test_the_counts_follow_every_change_and_are_added_up(record: Record) -> None:
    with record.writing() as session:
        a_ready_character(session, "Ready")
        gone = a_character(session, "Gone")
        for name in ("Draft", "Drawn"):
            a_character(session, name)
        move(session, gone, CharacterStatus.ERASED)
        session.flush()
        assert agrees(session)
    with record.writing() as session:
        session.execute(update(Character).values(notes="nothing that counts"))
        assert character_counts.fold(session) >= 0
        assert session.scalar(select(func.count()).select_from(CharacterCount)) == 3
        assert agrees(session)
        assert character_counts.fold(session) == 0
    with record.writing() as session:
        session.execute(delete(Character).where(Character.status == CharacterStatus.DRAFT))
        assert agrees(session)
        assert character_counts.read(session)[CharacterStatus.DRAFT] == 0


def test_what_was_undone_was_never_counted_and_a_wrong_count_is_found(record: Record) -> None:
    with record.writing() as session:
        a_character(session, "Stays")
    with suppress(KeyError), record.writing() as session:
        a_character(session, "Undone")
        session.flush()
        raise KeyError("it is undone")
    with record.writing() as session:
        assert agrees(session)
        assert character_counts.read(session)[CharacterStatus.DRAFT] == 1
        session.execute(text("UPDATE character_counts SET characters = characters + 1"))
        assert character_counts.count_different(session) == 1
        character_counts.count_anew(session)
        assert agrees(session)
        if record.engine.dialect.name == "postgresql":  # who folds waits, too
            locked = text(
                "SELECT relation::regclass::text FROM pg_locks WHERE mode = 'ShareRowExclusiveLock' "
                "AND pid = pg_backend_pid() AND relation IS NOT NULL"
            )
            assert {"characters", "character_counts"} <= set(session.scalars(locked))
