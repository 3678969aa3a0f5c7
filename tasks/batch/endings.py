"""How a batch ends, whoever ends it: its row is closed with a summary, and its characters are free again."""

from collections.abc import Callable
from dataclasses import dataclass

from db.engine import Session
from db.event_kinds import STATUS_OF_KIND, EventKind
from db.lifecycle import ACTIVE, move
from db.log import Log
from db.models import Batch, BatchItemState, BatchState, Character, CharacterStatus
from db.repositories import batch_chunks, batches, characters, events, limits
from db.told import told
from tasks.errors import LeaseLost, UsageError
from tasks.runtime import Runtime

log = Log("batch")

LEASE_SECONDS = 60.0  # how long a batch is left alone whose process says nothing
BEATS = 15.0  # between two signs of life
LOST = "The process that worked on it is gone."
CANCELLED = "It was cancelled."


def close_batch(runtime: Runtime, batch_id: str) -> BatchState:
    """End a batch that came to its end: failed only if there was work and none of it could be done."""
    with runtime.record.writing() as session:
        batch = batches.held(session, batch_id)
        if batch.state in batches.UNDER_WAY:
            return close(session, batch)
        return batch.state  # another was first


def close(session: Session, batch: Batch) -> BatchState:
    """`close_batch` within a transaction that holds the batch."""
    counts = batches.progress(session, batch.id)
    hopeless = counts[BatchItemState.FAILED] > 0 and not (
        counts[BatchItemState.DONE] or counts[BatchItemState.SKIPPED]
    )
    state = BatchState.FAILED if hopeless else BatchState.DONE
    end_batch(session, batch, state, "Batch ended")
    return state


def close_if_over(runtime: Runtime, batch_id: str) -> bool:
    """Close a batch of which nothing is left to do; False where something is, or it has ended already."""
    with runtime.record.writing() as session:
        batch = batches.held(session, batch_id)
        if batch.state is not BatchState.RUNNING or batches.has_left(session, batch_id):
            return False
        close(session, batch)
    return True


def interrupt_batch(
    runtime: Runtime,
    run_token: str,
    state: BatchState,
    why: str,
    *,
    only_if: Callable[[Batch], bool] = lambda _batch: True,
) -> bool:
    """End the batch of `run_token` before its end; what is left stays to be done.

    False if it has ended, or is not what it was: `only_if` is asked while the row is held.
    """
    with runtime.record.writing() as session:
        batch = batches.by_token(session, run_token)
        if batch is None or batches.held(session, batch.id).state not in batches.UNDER_WAY:
            return False
        if not only_if(batch):
            return False
        how = "cancelled" if state is BatchState.CANCELLED else "interrupted"
        end_batch(session, batch, state, f"Batch {how}", why)
    return True


def nobody_knows(_owner: str | None) -> bool:
    """Wait for a hold to lapse, also where its process is known to be gone: its worker may start it again."""
    return False


def close_abandoned_batches(
    runtime: Runtime,
    *,
    seconds: float = LEASE_SECONDS,
    is_gone: Callable[[str | None], bool] = nobody_knows,
) -> int:
    """End the batches whose process has said nothing for so long, on whatever machine; returns how many.

    The process holds its batch by the database's clock and says so every few seconds. What it has left is
    for the next batch, or for its own flow run should that be started again. A batch that waits for a process
    in Prefect's queue is left alone, however long that takes.
    """
    ended = 0
    with runtime.record.writing() as session:
        for batch in batches.under_way(session):
            left_alone = batch.lease_owner in batches.NOBODY or batch_chunks.count_held(session, batch.id)
            if not left_alone and batches.is_abandoned(session, batch, seconds=seconds, is_gone=is_gone):
                end_batch(session, batch, BatchState.FAILED, "Batch interrupted", LOST)
                ended += 1
    return ended


def check_no_other(session: Session, run_token: str) -> None:
    """UsageError while another batch is under way. Of two that begin at once the second sees the first."""
    limits.lock_budget(session)
    for other in batches.under_way(session):
        if other.run_token != run_token:
            counts = batches.progress(session, other.id)
            left = counts[BatchItemState.PENDING] + counts[BatchItemState.RUNNING]
            raise UsageError(
                told(
                    "Another batch is under way, with %(left)s of %(all)s pictures to go. One works at a "
                    "time: wait until it is done, or cancel its run in the Prefect dashboard.",
                    left=left,
                    all=sum(counts.values()),
                ),
                code="batch_under_way",
            )


def end_batch(
    session: Session, batch: Batch, state: BatchState, how: str, why: str = "", *, actor: str = "system"
) -> None:
    """End the batch within a transaction: its row is closed, with an event, and its characters are free."""
    freed = _free_characters(session, batch.id)
    batches.finish(session, batch.id, state)
    counts = batches.progress(session, batch.id)
    events.add(
        session,
        kind=EventKind.of_batch_end(state),
        actor=actor,
        message=" ".join(part for part in (f"{how}: {_summary(counts)}.", why) if part),
        batch_id=batch.id,
        data={each.value: count for each, count in counts.items()},
    )
    log.info("batch ended", batch_id=batch.id, state=state.value, count=freed)


def _summary(counts: dict[BatchItemState, int]) -> str:
    """What was drawn is told apart from what was there already: only that was paid for."""
    parts = [f"{counts[BatchItemState.DONE]} drawn", f"{counts[BatchItemState.FAILED]} failed"]
    if counts[BatchItemState.SKIPPED]:
        parts.insert(1, f"{counts[BatchItemState.SKIPPED]} found")
    if counts[BatchItemState.PENDING]:
        parts.append(f"{counts[BatchItemState.PENDING]} left")
    return ", ".join(parts)


def _free_characters(session: Session, batch_id: str) -> int:
    """Put the characters that the batch was at work on back to where it found them."""
    at_work = batches.characters_at_work(session, batch_id)
    for character in at_work:
        before = _before(session, character, batch_id)
        move(session, character, before.status, reason=before.reason, sentence=before.sentence)
        character.run_token = before.run_token  # a process of the batch that wakes up has no say any more
    return len(at_work)


def disown(runtime: Runtime, batch_id: str, character_id: str) -> None:
    """Take back what a process said of a character as it noticed that it works on it no more.

    Whoever has it now, or will, finds it queued; where the batch has ended it is where that found it. Of two
    at the same moment the end may have come before the run had begun, and so not have freed it.
    """
    with runtime.record.writing() as session:
        batch, character = batches.held(session, batch_id), characters.get(session, character_id)
        if (character.run_token, character.status_reason) != (batch_id, LeaseLost.code):
            return
        if batch.state in batches.UNDER_WAY:
            characters.begin_run(session, character_id, batch_id)
            return
        before = _before(session, character, batch_id)
        if before.status is CharacterStatus.FAILED:
            move(session, character, CharacterStatus.QUEUED)  # nobody fails who waits for a person
        move(session, character, before.status, reason=before.reason, sentence=before.sentence)
        character.run_token = before.run_token


@dataclass(frozen=True)
class _Before:
    status: CharacterStatus = CharacterStatus.READY
    reason: str | None = None
    sentence: str | None = None
    run_token: str | None = None


def _before(session: Session, character: Character, batch_id: str) -> _Before:
    """Where the character stood before this batch, and why: the timeline says so."""
    for event in events.timeline(session, character.id, limit=1000):
        status = STATUS_OF_KIND.get(event.kind)
        if status is None or event.run_token == batch_id:
            continue
        if status not in ACTIVE and status is not CharacterStatus.DRAFT:
            reason = event.data.get("reason")
            return _Before(status, reason, event.message if reason else None, event.run_token)
    return _Before()
