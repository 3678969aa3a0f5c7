"""The timeline: in order, and never rewritten."""

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError

from db.engine import Record
from db.errors import AppendOnly
from db.event_kinds import EventKind
from db.lifecycle import move
from db.models import Batch, Character, CharacterStatus, Event
from db.repositories import events
from tests.support.rows import a_character


@pytest.fixture
def character_id(record: Record) -> str:
    with record.writing() as session:
        character = a_character(session)
        for number in range(5):
            events.add(
                session,
                kind=EventKind.STEP_STARTED,
                actor="system",
                message=f"Step {number}",
                character_id=character.id,
                run_token="run-1",
                data={"step": number},
            )
        return character.id


def test_a_run_is_read_from_its_beginning_or_from_where_one_was(record: Record, character_id: str) -> None:
    with record.reading() as session:
        whole = events.of_run(session, "run-1")
        assert [event.data["step"] for event in whole] == [0, 1, 2, 3, 4]
        assert [event.data["step"] for event in events.of_run(session, "run-1", whole[2].id)] == [3, 4]
        assert events.of_run(session, "run-2") == []
        assert [event.character_id for event in whole] == [character_id] * 5


def test_a_timeline_shows_the_newest_first(record: Record, character_id: str) -> None:
    with record.reading() as session:
        newest = events.timeline(session, character_id, limit=2)
    assert [event.message for event in newest] == ["Step 4", "Step 3"]


def test_the_events_of_a_batch_go_with_it(record: Record) -> None:
    with record.writing() as session:
        batch = Batch(run_token="b", filter={}, plan={})
        session.add(batch)
        session.flush()
        events.add(session, kind=EventKind.BATCH_STARTED, actor="system", message="Go", batch_id=batch.id)
    with pytest.raises(IntegrityError), record.writing() as session:
        session.execute(delete(Event))
    with record.writing() as session:
        session.execute(delete(Batch))
        assert session.scalars(select(Event)).all() == []


def test_no_event_is_changed_through_the_models(record: Record, character_id: str) -> None:
    with pytest.raises(AppendOnly), record.writing() as session:
        events.of_run(session, "run-1")[0].message = "It never happened"
    with pytest.raises(AppendOnly), record.writing() as session:
        session.delete(events.of_run(session, "run-1")[0])
    with record.reading() as session:
        assert events.timeline(session, character_id)[-1].message == "Step 0"


@pytest.mark.parametrize("rewriting", [update(Event).values(message="no"), delete(Event)])
def test_no_event_is_changed_past_the_models(record: Record, character_id: str, rewriting: object) -> None:
    """Steps alone may be forgotten, one day: what somebody asked for stays."""
    with record.writing() as session:
        events.add(
            session,
            kind=EventKind.RUN_ASKED,
            actor="you",
            message="Asked",
            character_id=character_id,
            run_token="run-1",
        )
    with pytest.raises(IntegrityError, match="append-only"), record.writing() as session:
        session.execute(rewriting)  # type: ignore[call-overload]
    with record.reading() as session:
        assert len(events.of_run(session, "run-1")) == 6


def test_the_events_of_an_erased_character_may_be_deleted(record: Record, character_id: str) -> None:
    with record.writing() as session:
        move(session, session.get_one(Character, character_id), CharacterStatus.ERASED)
    with record.writing() as session:
        session.execute(delete(Event).where(Event.character_id == character_id))
    with record.reading() as session:
        assert events.timeline(session, character_id) == []


@pytest.mark.postgres
def test_the_table_can_not_be_emptied_in_one_go(postgres_url: str) -> None:
    record = Record(postgres_url)
    with pytest.raises(IntegrityError, match="append-only"), record.writing() as session:
        session.execute(text("TRUNCATE events"))
    record.close()
