"""A run that ended without a word is taken up again, so often and no oftener: the record keeps the count.

Two that notice the same end take it up once: an end has a name (the state it left in Prefect, the process
that is gone), and the second one finds that name in the timeline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from db.engine import Session
from db.event_kinds import EventKind
from db.lifecycle import ACTIVE, lock, move
from db.models import Batch, Character, CharacterStatus, Event
from db.repositories import characters, events
from db.told import told
from tasks.errors import StorykinError, UsageError
from tasks.runtime import Runtime

MOST_RESUMPTIONS = 5
NO_ROOM = ("store_full", "record_full")  # codes of a disk that is full
GIVEN_UP = (
    "Its run was interrupted %(count)s times before it was done. Nothing is lost, and nothing is bought "
    "twice: press Try again."
)
STOPPED = "The run was stopped before it was done. Nothing is lost: press Try again."

CANCELLED = "cancelled"  # the reason of a run that a person has ended in the studio or on the command line
CANCELLED_SENTENCE = (
    "The run was cancelled before it was done. What is drawn stays, and a picture that is paid for is still "
    "fetched. Press Try again to draw what is missing."
)


class RunCancelled(StorykinError):
    """This run was cancelled: it draws nothing more, whoever goes on with it."""

    code = CANCELLED

    def __init__(self) -> None:
        super().__init__(CANCELLED_SENTENCE)


class Resumption(StrEnum):
    """What is to be done about a run that ended without a word."""

    TAKE_UP = "take_up"  # by whoever was told so, and nobody else
    TAKEN_UP = "taken_up"  # somebody else was told so
    GIVEN_UP = "given_up"  # too often by now: a person has to look at it
    OVER = "over"  # it came to an end after all, or another run has replaced it


@dataclass(frozen=True)
class UnfinishedRun:
    """A run that the record has under way: what was asked for, who began it last, and how far it is."""

    character_id: str
    run_token: str
    styles: tuple[str, ...] | None  # None: not asked for by a person or a command, so not ours to submit
    process: str | None  # that began it last; None: nobody has
    event_count: int  # how many events it has


def unfinished_run(session: Session, character: Character) -> UnfinishedRun | None:
    """The run that `character` is under way with; None where that is a batch's."""
    if character.run_token is None or session.get(Batch, character.run_token) is not None:
        return None  # a batch sees to its own characters
    past = events.of_run(session, character.run_token)
    asked = next((event for event in past if event.kind == EventKind.RUN_ASKED), None)
    began = [
        event for event in past if event.kind == EventKind.RUN_BEGAN and event.character_id == character.id
    ]
    return UnfinishedRun(
        character.id,
        character.run_token,
        tuple(asked.data.get("styles", ())) if asked else None,
        str(began[-1].data["process"]) if began else None,
        len(past),
    )


def resume_run(runtime: Runtime, character_id: str, run_token: str, *, ended: str) -> Resumption:
    """Ask to take up a run whose end is called `ended`. Of any number that ask, one is told TAKE_UP."""
    with runtime.record.writing() as session:
        character = characters.get(session, character_id)
        lock(session, character)
        if character.run_token != run_token or character.status not in ACTIVE:
            return Resumption.OVER
        before = [event for event in events.of_run(session, run_token) if event.kind == EventKind.RUN_RESUMED]
        if any(event.data.get("ended") == ended for event in before):
            return Resumption.TAKEN_UP
        if len(before) >= MOST_RESUMPTIONS:
            _give_up(session, character, before)
            return Resumption.GIVEN_UP
        _take_up(session, character, ended, number=len(before) + 1)
        return Resumption.TAKE_UP


def queue_what_lacked_room(runtime: Runtime) -> int:
    """There is room again: queue the runs that a full disk has ended, as they were; returns how many.

    They are on record as unfinished then, and are taken up like any other, so often and no oftener.
    """
    with runtime.record.writing() as session:
        waiting = [
            character
            for character in characters.failed_for(session, NO_ROOM)
            if character.run_token is not None and session.get(Batch, character.run_token) is None
        ]
        for character in waiting:
            assert character.run_token is not None
            characters.begin_run(session, character.id, character.run_token)
    return len(waiting)


def stop(runtime: Runtime, character_id: str, run_token: str) -> bool:
    """A person has stopped the run: it stays so. False if it had come to an end before."""
    with runtime.record.writing() as session:
        character = characters.get(session, character_id)
        lock(session, character)
        if character.run_token != run_token or character.status not in ACTIVE:
            return False
        return move(
            session,
            character,
            CharacterStatus.FAILED,
            reason="interrupted",
            sentence=STOPPED,
            run_token=run_token,
        )


def cancel(session: Session, character: Character, *, actor: str) -> str:
    """End the run that `character` is under way with; returns its run token. The caller holds the row.

    Raises UsageError where no run is under way (`not_under_way`), or a batch's (`of_a_batch`).
    """
    if character.status not in ACTIVE or character.run_token is None:
        raise UsageError(
            "No run of this character is under way, so there is nothing to cancel.", code="not_under_way"
        )
    if session.get(Batch, character.run_token) is not None:
        raise UsageError("This run is part of a batch. Cancel the batch, or wait.", code="of_a_batch")
    events.add(
        session,
        kind=EventKind.RUN_CANCELLED,
        actor=actor,
        message=EventKind.RUN_CANCELLED.sentence,
        character_id=character.id,
        run_token=character.run_token,
    )
    move(
        session,
        character,
        CharacterStatus.FAILED,
        reason=CANCELLED,
        sentence=CANCELLED_SENTENCE,
        actor=actor,
        run_token=character.run_token,
    )
    return character.run_token


def is_cancelled(session: Session, character_id: str, run_token: str) -> bool:
    """Whether a person has cancelled this run of the character. It stays so when a newer run was asked for:
    the character's row speaks of that one then, the timeline of both.
    """
    return run_token in events.run_tokens(session, character_id, EventKind.RUN_CANCELLED)


def _take_up(session: Session, character: Character, ended: str, *, number: int) -> None:
    events.add(
        session,
        kind=EventKind.RUN_RESUMED,
        actor="system",
        message=told(
            "The run was interrupted and is taken up again (%(number)s of %(most)s)",
            number=number,
            most=MOST_RESUMPTIONS,
        ),
        character_id=character.id,
        run_token=character.run_token,
        data={"ended": ended, "number": number},
    )
    move(session, character, CharacterStatus.QUEUED, run_token=character.run_token)


def _give_up(session: Session, character: Character, before: Sequence[Event]) -> None:
    move(
        session,
        character,
        CharacterStatus.NEEDS_ATTENTION,
        reason="interrupted",
        sentence=told(GIVEN_UP, count=len(before) + 1),
        run_token=character.run_token,
    )
