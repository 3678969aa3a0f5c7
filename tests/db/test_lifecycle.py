"""A character's life: legal steps, consent, reasons, and one run that speaks for it."""

import pytest
from sqlalchemy import select

from db.engine import Record
from db.errors import ConsentMissing, IllegalStep
from db.lifecycle import EXPLAINED, check, move
from db.models import Character, CharacterStatus, Event
from db.repositories import characters, events
from tests.support.racing import race_threads
from tests.support.rows import a_character, a_character_at, a_ready_character

S = CharacterStatus

# Written out, so that the table under test is not its own judge.
MAY_FOLLOW = {
    "draft": {"queued", "erased"},
    "queued": {"profiling", "illustrating", "ready", "needs_attention", "failed", "erased"},
    "profiling": {"queued", "illustrating", "ready", "needs_attention", "failed", "erased"},
    "illustrating": {"queued", "profiling", "ready", "needs_attention", "failed", "erased"},
    "ready": {"queued", "needs_attention", "erased"},
    "needs_attention": {"queued", "ready", "erased"},
    "failed": {"queued", "ready", "erased"},
    "erased": set(),
}


def put(record: Record, status: CharacterStatus) -> str:
    """A character that stands at `status` already."""
    with record.writing() as session:
        return a_character_at(session, status).id


def reason_for(status: CharacterStatus) -> str | None:
    return "no_face" if status in EXPLAINED else None


@pytest.mark.parametrize("status", list(S))
def test_only_the_allowed_steps_can_be_taken(record: Record, status: CharacterStatus) -> None:
    for to in set(S) - {status, S.ERASED}:
        allowed = to.value in MAY_FOLLOW[status.value]
        character_id = put(record, status)
        with record.writing() as session:
            character = characters.get(session, character_id)
            if allowed:
                assert move(session, character, to, reason=reason_for(to)) is True
            else:
                with pytest.raises(IllegalStep):
                    move(session, character, to, reason=reason_for(to))
        with record.reading() as session:
            assert characters.get(session, character_id).status is (to if allowed else status)


def test_a_character_may_be_erased_from_every_status(record: Record) -> None:
    for status in set(S) - {S.ERASED}:
        character_id = put(record, status)
        with record.reading() as session:
            check(characters.get(session, character_id), S.ERASED)


def test_a_step_is_told_with_its_reason(record: Record) -> None:
    with record.writing() as session:
        character = characters.begin_run(session, a_character(session).id, "run-1")
        move(session, character, S.NEEDS_ATTENTION, reason="no_face", sentence="We can't see a face.")
    with record.reading() as session:
        kept = characters.get(session, character.id)
        told = events.timeline(session, character.id)[0]
    assert (kept.status_reason, kept.status_sentence) == ("no_face", "We can't see a face.")
    assert (told.kind, told.message, told.run_token) == (
        "character.needs_attention",
        "We can't see a face.",
        "run-1",
    )
    assert told.data == {"reason": "no_face"}


def test_a_better_reason_replaces_the_one_before_and_ready_has_none(record: Record) -> None:
    with record.writing() as session:
        character = characters.begin_run(session, a_character(session).id, "run-1")
        move(session, character, S.NEEDS_ATTENTION, reason="no_face")
        assert move(session, character, S.NEEDS_ATTENTION, reason="no_face") is False
        assert move(session, character, S.NEEDS_ATTENTION, reason="several_faces") is True
        assert character.status_reason == "several_faces"
        move(session, character, S.READY)
    with record.reading() as session:
        ready = characters.get(session, character.id)
    assert (ready.status_reason, ready.status_sentence) == (None, None)


def test_trouble_needs_a_reason(record: Record) -> None:
    with record.writing() as session:
        character = characters.begin_run(session, a_character(session).id, "run-1")
        for trouble in EXPLAINED:
            with pytest.raises(IllegalStep, match="reason"):
                move(session, character, trouble)


def test_nothing_begins_without_consent(record: Record) -> None:
    with record.writing() as session:
        character = a_character(session, consent=False)
        assert character.consent_by is None
        with pytest.raises(ConsentMissing):
            characters.begin_run(session, character.id, "run-1")
        with pytest.raises(ConsentMissing):
            move(session, character, S.QUEUED)
        assert (character.status, character.run_token) == (S.DRAFT, None)


def test_an_old_run_no_longer_speaks_for_the_character(record: Record) -> None:
    with record.writing() as session:
        character = characters.begin_run(session, a_character(session).id, "old")
        move(session, character, S.PROFILING, run_token="old")
        characters.begin_run(session, character.id, "new")
        assert move(session, character, S.FAILED, reason="x", run_token="old") is False
        assert character.status is S.QUEUED
        assert move(session, character, S.PROFILING, run_token="new") is True


def test_the_same_run_asked_for_again_changes_nothing(record: Record) -> None:
    with record.writing() as session:
        character = a_ready_character(session, run_token="run-1")
        told = len(events.timeline(session, character.id))
        assert characters.begin_run(session, character.id, "run-1").status is S.READY
        assert len(events.timeline(session, character.id)) == told
        assert characters.begin_run(session, character.id, "run-2").status is S.QUEUED


@pytest.mark.parametrize("trouble", sorted(EXPLAINED))
def test_a_run_that_failed_can_be_carried_on(record: Record, trouble: CharacterStatus) -> None:
    with record.writing() as session:
        character = characters.begin_run(session, a_character(session).id, "run-1")
        move(session, character, trouble, reason="outcome_unknown")
        assert characters.begin_run(session, character.id, "run-1").status is S.QUEUED


def test_of_many_that_submit_the_same_run_one_queues_it(record: Record) -> None:
    with record.writing() as session:
        character_id = a_character(session).id

    def submit() -> None:
        with record.writing() as session:
            characters.begin_run(session, character_id, "run-1")

    race_threads(6, submit)
    with record.reading() as session:
        queued = session.scalars(select(Event).where(Event.kind == "character.queued")).all()
    assert len(queued) == 1


def test_erasing_says_when_and_takes_the_name_and_the_photo(record: Record) -> None:
    with record.writing() as session:
        character = a_ready_character(session, "Ada")
        move(session, character, S.ERASED)
        assert character.erased_at == character.status_at
    with record.reading() as session:
        erased = characters.get(session, character.id)
    assert (erased.photo_asset_id, erased.name, erased.search_name) == (None, "Erased", "erased")


def test_an_erased_character_stays_so(record: Record) -> None:
    character_id = put(record, S.ERASED)
    with record.writing() as session, pytest.raises(IllegalStep):
        characters.begin_run(session, character_id, "run-1")


def test_only_this_module_changes_a_status() -> None:
    """By reading the code: `.status = …` is written to a Character in db/lifecycle.py alone."""
    from db.settings import PROJECT

    writers = [
        file.relative_to(PROJECT).as_posix()
        for room in ("db", "tasks", "flows", "ui")
        for file in (PROJECT / room).rglob("*.py")
        if "character.status =" in file.read_text(encoding="utf-8")
    ]
    assert writers == ["db/lifecycle.py"]
    assert hasattr(Character, "status")
