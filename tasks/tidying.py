"""What is left lying about after crashes: stale uploads, unnamed bytes, runs and calls nobody carries on."""

from datetime import timedelta

from db.ids import utc_now
from db.lifecycle import move
from db.log import Log
from db.models import CharacterStatus
from db.repositories import assets, calls, characters
from tasks.binding import require_bound
from tasks.evidence import settle_unknown_calls
from tasks.named_objects import NAMED_PREFIXES
from tasks.providers.store_disk import DiskStore
from tasks.workshop import Workshop

log = Log("housekeeping")

UPLOADS_KEPT = timedelta(hours=1)
UNNAMED_KEPT = timedelta(days=1)  # bytes are stored before the row that names them, so give the row time
RUNS_LAST = timedelta(minutes=30)
INTERRUPTED = "The run was interrupted before it was done. Nothing is lost: press Try again."


def drop_stale_uploads(workshop: Workshop) -> int:
    """Delete uploads that nobody made a character of within the hour; returns how many."""
    return _drop_older(workshop, "incoming/", UPLOADS_KEPT, named=set())


def drop_handed_over_photos(workshop: Workshop) -> int:
    """Delete copies of photos that were lent to a provider and that a crash left there; returns how many."""
    return _drop_older(workshop, "inputs/", UNNAMED_KEPT, named=set())


def clear_interrupted_writes(workshop: Workshop) -> int:
    """Remove what a crash in the middle of a write left on the disk; returns how much."""
    return workshop.store.tidy() if isinstance(workshop.store, DiskStore) else 0


def settle_by_evidence(workshop: Workshop) -> int:
    """Look for what became of calls that were not answered; returns how many that settled."""
    return len(settle_unknown_calls(workshop))


def drop_unnamed_bytes(workshop: Workshop) -> int:
    """Delete objects that no row has named for a day; returns how many."""
    dropped = 0
    for prefix in NAMED_PREFIXES:
        with workshop.record.reading() as session:
            named = set(assets.known_keys(session, prefix))
        dropped += _drop_older(workshop, prefix, UNNAMED_KEPT, named)
    return dropped


def _drop_older(workshop: Workshop, prefix: str, age: timedelta, named: set[str]) -> int:
    require_bound(workshop, afresh=True)  # another installation's bytes are not ours to delete
    limit = utc_now() - age
    dropped = 0
    for found in list(workshop.store.iterate(prefix)):
        if found.key in named:
            continue  # nearly all: a bucket must not be asked for each of them
        written = workshop.store.modified_at(found.key)
        if written is not None and written < limit:
            workshop.store.delete(found.key)
            dropped += 1
    return dropped


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
