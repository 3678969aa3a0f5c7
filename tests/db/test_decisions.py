"""Decisions about pictures: each an event that can be taken back, and told to whoever comes second."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.engine import Record
from db.errors import DecidedMeanwhile, NotFound
from db.models import CharacterImage, Event, RejectCode, Review
from db.repositories import characters, decisions, events, images, review_queue
from db.repositories.decisions import Seen
from tests.support.racing import race_threads
from tests.support.rows import a_character, a_picture, a_ready_character

COLUMNS = ("review", "review_reason", "review_code", "is_selected", "selected_at", "awaits_review")


@pytest.fixture
def pictures(record: Record) -> list[str]:
    """The ids of three pictures of one ready character."""
    with record.writing() as session:
        owner = a_ready_character(session).id
        return [a_picture(session, owner, style).id for style in ("anime", "flat", "storybook")]


def state(record: Record) -> dict[str, tuple[object, ...]]:
    with record.reading() as session:
        rows = session.scalars(select(CharacterImage).order_by(CharacterImage.id))
        return {row.id: tuple(getattr(row, name) for name in COLUMNS) for row in rows}


def newest(session: Session) -> str:
    return session.scalars(select(Event.id).order_by(Event.id.desc())).first() or ""


def decide(record: Record, what: str, image: str) -> str:
    """Decide so about a picture; the id of the event."""
    with record.writing() as session:
        match what:
            case "select":
                images.select(session, image, actor="ada")
            case "unselect":
                images.unselect(session, image, actor="ada")
            case "reject":
                images.review(
                    session,
                    image,
                    review=Review.REJECTED,
                    reason="Six fingers",
                    code=RejectCode.BADLY_DRAWN,
                    actor="ada",
                )
            case _:
                images.review(session, image, review=Review(what), actor="ada")
        return newest(session)


@pytest.mark.parametrize("what", ["select", "unselect", "reject", "approved", "locked"])
def test_undo_restores_exactly_what_was_before(record: Record, pictures: list[str], what: str) -> None:
    decide(record, "reject", pictures[1])
    decide(record, "select", pictures[0])
    before = state(record)
    event = decide(record, what, pictures[2] if what == "select" else pictures[0])
    assert state(record) != before
    with record.writing() as session:
        decisions.undo(session, event, actor="ada")
    assert state(record) == before
    with record.reading() as session:
        told = session.get(Event, newest(session))
        assert told is not None
        assert (told.kind, told.actor, told.data["undoes"]) == ("variant.undone", "ada", event)


def test_decisions_are_taken_back_one_after_the_other(record: Record, pictures: list[str]) -> None:
    before = state(record)
    made = [decide(record, what, pictures[0]) for what in ("select", "approved", "locked", "unselect")]
    for event in reversed(made):
        with record.writing() as session:
            decisions.undo(session, event, actor="ada")
    assert state(record) == before


def test_what_has_been_decided_again_is_not_taken_back(record: Record, pictures: list[str]) -> None:
    event = decide(record, "approved", pictures[0])
    decide(record, "locked", pictures[0])
    before = state(record)
    with pytest.raises(DecidedMeanwhile), record.writing() as session:
        decisions.undo(session, event, actor="ada")
    assert state(record) == before


def test_a_favourite_that_was_rejected_since_does_not_come_back(record: Record, pictures: list[str]) -> None:
    decide(record, "select", pictures[0])
    event = decide(record, "select", pictures[1])
    decide(record, "reject", pictures[0])
    before = state(record)
    with pytest.raises(DecidedMeanwhile, match="rejected"), record.writing() as session:
        decisions.undo(session, event, actor="ada")
    assert state(record) == before


def test_only_decisions_are_taken_back(record: Record, pictures: list[str]) -> None:
    with record.writing() as session:
        other = newest(session)
    for event in (other, "no-such-event"):
        with pytest.raises(NotFound), record.writing() as session:
            decisions.undo(session, event, actor="ada")


def test_whoever_comes_second_is_told_and_changes_nothing(record: Record, pictures: list[str]) -> None:
    decide(record, "select", pictures[0])
    decide(record, "reject", pictures[1])
    before = state(record)
    with (
        pytest.raises(DecidedMeanwhile, match="another picture is the favourite"),
        record.writing() as session,
    ):
        images.select(session, pictures[2], actor="bea", seen=Seen(favourite=""))
    with pytest.raises(DecidedMeanwhile, match="it is rejected"), record.writing() as session:
        seen = Seen(review=Review.PROPOSED)
        images.review(session, pictures[1], review=Review.APPROVED, actor="bea", seen=seen)
    assert state(record) == before


def test_of_two_at_once_one_decides_and_the_other_is_told(record: Record, pictures: list[str]) -> None:
    choices = iter([Review.APPROVED, Review.REJECTED])
    told: list[str] = []

    def say() -> None:
        review = next(choices)
        try:
            with record.writing() as session:
                seen = Seen(review=Review.PROPOSED)
                images.review(session, pictures[0], review=review, actor="x", reason="so", seen=seen)
        except DecidedMeanwhile as error:
            told.append(error.sentence)

    race_threads(2, say)
    assert len(told) == 1
    with record.reading() as session:
        written = select(func.count()).where(Event.kind.in_(("variant.approved", "variant.rejected")))
        assert session.scalar(written) == 1


def test_an_approval_has_seen_the_others_and_a_later_picture_waits(
    record: Record, pictures: list[str]
) -> None:
    def waiting() -> tuple[int, list[str]]:
        with record.reading() as session:
            found = review_queue.queue(session, review_queue.waiting_for_review())
            return review_queue.count_waiting(session), found

    with record.reading() as session:
        owner = images.get(session, pictures[0]).character_id
    assert waiting() == (1, [owner])
    decide(record, "reject", pictures[1])
    assert waiting() == (1, [owner])
    decide(record, "approved", pictures[0])
    assert waiting() == (0, [])
    with record.writing() as session:
        a_picture(session, owner, "watercolor")
    assert waiting() == (1, [owner])


def test_what_the_machine_holds_back_waits_for_a_person(record: Record, pictures: list[str]) -> None:
    for image in pictures:
        with record.writing() as session:
            code = RejectCode.UNDRESSED if image == pictures[0] else RejectCode.UNSAFE
            images.review(
                session, image, review=Review.REJECTED, reason="Held back", code=code, actor="system"
            )
    with record.reading() as session:
        assert review_queue.count_waiting(session) == 1
        assert review_queue.count_favourite_missing(session) == 0  # nothing that could be it


def test_who_has_no_favourite_is_found(record: Record, pictures: list[str]) -> None:
    with record.writing() as session:
        a_character(session)  # no pictures: none is missing
        running = a_ready_character(session, run_token="first")
        a_picture(session, running.id)
        characters.begin_run(session, running.id, "second")
    with record.reading() as session:
        owner = images.get(session, pictures[0]).character_id
        missing = review_queue.favourite_missing()
        assert review_queue.queue(session, missing) == [owner]
        assert characters.page(session).total == 3
    decide(record, "select", pictures[2])
    with record.reading() as session:
        assert review_queue.count_favourite_missing(session) == 0
        assert review_queue.queue(session, missing, also=owner) == [owner]
        assert events.timeline(session, owner)[0].actor == "ada"
