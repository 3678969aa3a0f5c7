"""What is left lying about after crashes: runs and calls that nobody carries on, half-written files."""

from datetime import timedelta

from db.lifecycle import move
from db.log import Log
from db.models import CharacterStatus
from db.repositories import calls, characters
from tasks.evidence import settle_unknown_calls
from tasks.providers.store_disk import DiskStore
from tasks.workshop import Workshop

log = Log("housekeeping")

RUNS_LAST = timedelta(minutes=30)
INTERRUPTED = "The run was interrupted before it was done. Nothing is lost: press Try again."


def clear_interrupted_writes(workshop: Workshop) -> int:
    """Remove what a crash in the middle of a write left on the disk; returns how much."""
    return workshop.store.tidy() if isinstance(workshop.store, DiskStore) else 0


def settle_by_evidence(workshop: Workshop) -> int:
    """Look for what became of calls that were not answered; returns how many that settled."""
    return len(settle_unknown_calls(workshop))


def release_stuck_characters(workshop: Workshop, older_than: timedelta = RUNS_LAST) -> int:
    """Mark characters failed whose run has said nothing for `older_than`; returns how many."""
    with workshop.record.writing() as session:
        stuck = characters.stuck(session, older_than)
        for character in stuck:
            move(
                session,
                character,
                CharacterStatus.FAILED,
                reason="interrupted",
                sentence=INTERRUPTED,
                run_token=character.run_token,
            )
    return len(stuck)


def settle_dead_calls(workshop: Workshop) -> int:
    """Calls that left and whose worker died before the answer become `unknown`; returns how many.

    Only where a call may cost money: the free local engine is simply asked again.
    """
    paid = {each.name for each in (workshop.vision, workshop.image) if each.charges}
    with workshop.record.writing() as session:
        dead = [call for call in calls.stuck(session) if call.provider in paid]
        return sum(calls.give_up_if_dead(session, call_id=call.id) for call in dead)
