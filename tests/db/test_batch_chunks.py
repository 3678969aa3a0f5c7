"""Chunks of a batch on either database: parted, taken by one, granted within the room, given back."""

from datetime import timedelta
from threading import get_ident

from sqlalchemy import event, select

from db.engine import Record, Session
from db.ids import utc_now
from db.models import BatchChunk, BatchItemState
from db.repositories import batch_chunks, batch_selection, batches, images
from db.repositories.batches import Candidate
from tests.support.racing import race_threads
from tests.support.rows import a_picture, a_ready_character


def a_batch(record: Record, count: int, size: int) -> str:
    with record.writing() as session:
        people = sorted(a_ready_character(session).id for _ in range(count))
        batch = batches.create(
            session,
            run_token="token",
            pairs=[Candidate(each, style) for each in people for style in ("anime", "flat")],
            estimates=dict.fromkeys(people, 10),
            filter={},
            plan={},
        )
        batches.start(session, batch.id)
        assert batch_chunks.part(session, batch.id, size) == -(-count // size)
        assert batch_chunks.part(session, batch.id, size) == -(
            -count // size
        )  # again: nothing is left to part
        return batch.id


def first_chunk(session: Session, batch_id: str) -> BatchChunk:
    return session.scalars(select(BatchChunk).filter_by(batch_id=batch_id, number=1)).one()


def take(record: Record, batch_id: str, owner: str, seconds: float = 60) -> int | None:
    with record.writing() as session:
        chunk = batch_chunks.take(
            session, batch_id, owner=owner, seconds=seconds, is_gone=lambda _owner: False
        )
        return chunk.number if chunk else None


def test_of_several_that_take_at_once_each_gets_one_of_its_own(record: Record) -> None:
    batch_id = a_batch(record, 5, 2)
    taken = race_threads(5, lambda: take(record, batch_id, f"process-{get_ident()}"))
    assert sorted(each for each in taken if each) == [1, 2, 3]
    with record.reading() as session:
        assert batch_chunks.count_held(session, batch_id) == 3


def test_no_more_is_granted_than_there_is_room_for_and_what_is_left_can_be_taken(record: Record) -> None:
    batch_id = a_batch(record, 3, 3)
    assert take(record, batch_id, "one", seconds=-1) == 1
    with record.writing() as session:
        chunk = first_chunk(session, batch_id)
        granted = batch_chunks.grant(session, chunk, 25)
        assert (len(granted.styles), granted.whole) == (2, False)
        assert batch_chunks.reserved_microusd(session, batch_id) == 20
        batch_chunks.begin(session, batch_id, next(iter(granted.styles)))
    assert take(record, batch_id, "two") == 1
    with record.writing() as session:
        chunk = first_chunk(session, batch_id)
        again = batch_chunks.grant(session, chunk, None)
        assert (len(again.styles), again.whole, len(again.suspects)) == (3, True, 1)
        for item in batches.items(session, batch_id):
            batches.set_item(session, item.id, state=BatchItemState.DONE)
        batch_chunks.leave(session, chunk.id, owner="one", begun=())  # it holds nothing any more
        assert (batch_chunks.count(session, batch_id), batches.has_left(session, batch_id)) == ((1, 0), False)
        batch_chunks.leave(session, chunk.id, owner="two", begun=())
    with record.reading() as session:
        assert batch_chunks.count_open(session, batch_id) == 0
        assert batch_chunks.count(session, batch_id) == (1, 1)


def test_a_batch_is_parted_in_as_many_statements_whatever_its_size(record: Record) -> None:
    with record.writing() as session:
        people = sorted(a_ready_character(session).id for _ in range(7))
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    def parted(token: str, of: list[str], size: int) -> tuple[list[int], int]:
        with record.writing() as session:
            pairs = [Candidate(each, style) for each in of for style in ("anime", "flat")]
            batch = batches.create(session, run_token=token, pairs=pairs, filter={}, plan={})
            event.listen(record.engine, "before_cursor_execute", note)
            sent.clear()
            batch_chunks.part(session, batch.id, size)
            event.remove(record.engine, "before_cursor_execute", note)
            return [item.chunk for item in batches.items(session, batch.id)], len(sent)

    few, one_chunk = parted("few", people[:1], 100)
    many, four_chunks = parted("many", people, 2)
    assert few == [1, 1]
    assert many == [1] * 4 + [2] * 4 + [3] * 4 + [4] * 2
    assert four_chunks == one_chunk


def test_what_is_drawn_anew_is_asked_in_the_same_words(record: Record) -> None:
    with record.writing() as session:
        one = a_ready_character(session)
        a_picture(session, one.id, "flat")
        newest = a_picture(session, one.id, "flat")
        newest.likeness = {"identity": 0.25}
    with record.reading() as session:
        only = batch_selection.who(created_from=utc_now() - timedelta(days=1), ids=[one.id])
        found = [
            pair
            for piece in batch_selection.to_draw_anew(
                session,
                only,
                10,
                style_versions={"flat": "none"},
                drawn_before=utc_now() + timedelta(days=1),
                likeness_below=0.3,
                unreviewed=True,
            )
            for pair in piece
        ]
        assert found == [Candidate(one.id, "flat", 3)]
        assert batch_selection.left_out(session, only) == {}
        assert images.seconds_lately(session, 10) is None or images.seconds_lately(session, 10)


def test_what_a_character_may_cost_is_shared_by_its_pictures_to_the_last_micro_dollar(record: Record) -> None:
    """Else the rest of a character whose first picture is done would be begun without room for it."""
    with record.writing() as session:
        people = sorted(a_ready_character(session).id for _ in range(2))
        styles = ("anime", "flat", "papercut")
        pairs = [Candidate(each, style) for each in people for style in styles]
        batch = batches.create(
            session, run_token="token", pairs=pairs, estimates={people[0]: 100}, filter={}, plan={}
        )
        costs = {
            each: [item.estimate_microusd for item in batches.items_of_character(session, batch.id, each)]
            for each in people
        }
    assert costs == {people[0]: [34, 33, 33], people[1]: [0, 0, 0]}
