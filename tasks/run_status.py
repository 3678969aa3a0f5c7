"""A run sets its character's status only while it is the character's newest run."""

from collections.abc import Callable
from functools import partial

from db.errors import Erased, RecordFull
from db.event_kinds import EventKind
from db.lifecycle import ACTIVE, move
from db.models import CharacterStatus
from db.repositories import characters, events
from db.reserve import give_up_reserve
from tasks.progress import Run
from tasks.resumption import RunCancelled, is_cancelled


def begin(run: Run) -> None:
    """Queued → profiling. A run that was not announced announces itself; a resumed one goes on.

    Run tokens are time-ordered ids, so one that is older than the character's has been replaced: it may
    finish its pictures but does not speak for the character any more. Raises Erased, and RunCancelled for one
    that a person has cancelled: Prefect may not have heard of it.
    """
    with run.runtime.record.writing(lasting=False) as session:
        character = characters.get(session, run.character_id)
        if character.status is CharacterStatus.ERASED:
            raise Erased
        if is_cancelled(session, run.character_id, run.token):
            raise RunCancelled
        if character.run_token is not None and run.token < character.run_token:
            return
        character = characters.begin_run(session, run.character_id, run.token)
        events.add(
            session,
            kind=EventKind.RUN_BEGAN,
            actor="system",
            message=EventKind.RUN_BEGAN.sentence,
            character_id=run.character_id,
            run_token=run.token,
            data={"process": run.runtime.owner},
        )
        if character.status is CharacterStatus.QUEUED:
            move(session, character, CharacterStatus.PROFILING, run_token=run.token)


def check_not_cancelled(run: Run) -> None:
    """Raise RunCancelled where a person has cancelled this run."""
    with run.runtime.record.reading() as session:
        if is_cancelled(session, run.character_id, run.token):
            raise RunCancelled


def _is_not_cancelled(run: Run) -> bool:
    with run.runtime.record.reading() as session:
        return not is_cancelled(session, run.character_id, run.token)


def is_current(run: Run) -> bool:
    """Whether this run is the character's newest, and under way as far as anybody knows."""
    with run.runtime.record.reading() as session:
        newest, status = characters.run_of(session, run.character_id)
        return newest == run.token and status in ACTIVE


def may_spend(run: Run) -> Callable[[], bool]:
    """For a run that has just begun: whether it still may, asked right before it spends.

    One that spoke for its character and does so no more was ended elsewhere (declared crashed, released,
    replaced) and has woken up. One that never did, like a batch beside a newer run, is nobody's zombie: it
    spends unless it is cancelled.
    """
    return partial(is_current if is_current(run) else _is_not_cancelled, run)


def set_status(
    run: Run, status: CharacterStatus, reason: str | None = None, sentence: str | None = None
) -> None:
    """Move the character to `status`, with a reason and a sentence, if this run is under way and the newest.

    On a full disk the record's reserve is given up for it.
    """
    try:
        _write(run, status, reason, sentence)
    except RecordFull:
        if not give_up_reserve():
            raise
        _write(run, status, reason, sentence)


def _write(run: Run, status: CharacterStatus, reason: str | None, sentence: str | None) -> None:
    with run.writing() as session:
        character = characters.get(session, run.character_id)
        if character.status in ACTIVE:
            move(session, character, status, reason=reason, sentence=sentence, run_token=run.token)
