"""A process takes a chunk of a batch, works on it while it says that it lives, and gives it back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from db.engine import Session
from db.lifecycle import ACTIVE, move
from db.models import Batch, BatchItemState, BatchState, CharacterStatus, NoticeKind
from db.repositories import batch_chunks, batches, characters, notices
from tasks.batch.endings import BEATS, LEASE_SECONDS, close
from tasks.batch.may_begin import why_not_to_begin
from tasks.errors import LeaseLost, StorykinError
from tasks.ledger.budget import left_today
from tasks.ledger.heartbeat import Heartbeat
from tasks.process_identity import is_gone
from tasks.runtime import Runtime, spending_only_while

MOST_ATTEMPTS = 2  # at a character over which a process has died; the second is made with nothing beside it
USUAL_AT_ONCE = 2


class WorkerCrashed(StorykinError):
    """Two processes ended in the middle of this character: it is left to a person."""

    code = "worker_crashed"

    def __init__(self) -> None:
        super().__init__(
            f"{MOST_ATTEMPTS} processes ended while they drew this character, so it was set aside. What was "
            "paid for is not lost. Press Try again; if it happens again, look at the photo."
        )


@dataclass(frozen=True)
class HeldChunk:
    """A chunk that this process holds, and what of it may be begun: styles by character."""

    id: str
    batch_id: str
    number: int
    at_once: int  # characters at the same time
    styles: dict[str, list[str]]
    whole: bool  # False: the budgets have no room for all that is left of it
    suspects: frozenset[str]  # a process has died over these: each is drawn alone
    flow_run_id: str | None = None  # was asked for it
    begun: set[str] = field(default_factory=set)  # by this process, and not settled


def take_chunk(
    runtime: Runtime,
    batch_id: str,
    number: int | None = None,
    *,
    flow_run_id: str | None = None,
    seconds: float = LEASE_SECONDS,
) -> HeldChunk | None:
    """Hold that chunk, or any, of a batch that goes on; None where there is none that nobody works on.

    `flow_run_id` draws it from now on: what becomes of the run that was asked for is nobody's word any more.
    Over what two processes have died is set aside, the rest of it reserved as far as there is room.
    """
    with runtime.record.writing() as session:
        batch = batches.held(session, batch_id)
        if batch.state is not BatchState.RUNNING or batch.paused_at is not None:
            return None
        chunk = batch_chunks.take(
            session, batch_id, owner=runtime.owner, seconds=seconds, is_gone=is_gone, number=number
        )
        if chunk is None:
            return None
        for character_id in batch_chunks.set_aside(session, chunk, attempts=MOST_ATTEMPTS):
            _set_aside(session, batch_id, character_id)
        granted = batch_chunks.grant(session, chunk, _room(session, runtime, batch))
        if not granted.whole:
            notices.tell(session, NoticeKind.BUDGET_REACHED, once=batch_id, batch_id=batch_id, of="room")
        asked_for, chunk.flow_run_id = chunk.flow_run_id, flow_run_id or chunk.flow_run_id
        return HeldChunk(
            chunk.id,
            batch_id,
            chunk.number,
            _at_once(batch),
            granted.styles,
            granted.whole,
            granted.suspects,
            asked_for,
        )


def _room(session: Session, runtime: Runtime, batch: Batch) -> int | None:
    """What more may be reserved: of the batch's budget, and of the day's; None without either."""
    reserved = batch_chunks.reserved_microusd(session, batch.id)
    left = left_today(runtime)
    if batch.budget_microusd is not None:
        own = batch.budget_microusd - batches.spent_microusd(session, batch.id)
        left = own if left is None else min(own, left)
    return None if left is None else left - reserved


def _set_aside(session: Session, batch_id: str, character_id: str) -> None:
    error = WorkerCrashed()
    _leave_out(session, batch_id, character_id, error)
    character = characters.get(session, character_id)
    if character.run_token == batch_id and character.status in ACTIVE:
        move(
            session,
            character,
            CharacterStatus.NEEDS_ATTENTION,
            reason=error.code,
            sentence=error.sentence,
            run_token=batch_id,
        )


def _leave_out(session: Session, batch_id: str, character_id: str, error: StorykinError) -> None:
    for item in batches.items_of_character(session, batch_id, character_id):
        if item.state in batch_chunks.OPEN:
            batches.set_item(
                session,
                item.id,
                state=BatchItemState.FAILED,
                error_code=error.code,
                error_sentence=error.sentence,
            )


@contextmanager
def keeping(
    runtime: Runtime, held: HeldChunk, *, seconds: float = LEASE_SECONDS, beats: float = BEATS
) -> Iterator[None]:
    """Hold on to the chunk while the block runs; nothing is bought in it once another has taken it."""

    def renew() -> None:
        with runtime.record.writing(lasting=False) as session:
            if not batch_chunks.renew(session, held.id, owner=runtime.owner, seconds=seconds):
                raise LeaseLost("Another process has taken this chunk over.")

    with Heartbeat(renew, every=beats), spending_only_while(lambda: holds(runtime, held)):
        yield


def holds(runtime: Runtime, held: HeldChunk) -> bool:
    """Whether this process still works on the chunk, of a batch that goes on."""
    with runtime.record.reading() as session:
        return batch_chunks.is_held(session, held.id, runtime.owner)


def begin_character(runtime: Runtime, held: HeldChunk, character_id: str) -> bool:
    """Note that this process begins with a character; False where nothing more is to be begun, or where
    something stands against it by now: then its items say what.
    """
    with runtime.record.writing(lasting=False) as session:
        batch = batches.held(session, held.batch_id)
        if batch.paused_at is not None or not batch_chunks.is_held(session, held.id, runtime.owner):
            return False
        refusal = why_not_to_begin(session, character_id)
        if refusal is not None:
            _leave_out(session, held.batch_id, character_id, refusal)
            return False
        batch_chunks.begin(session, held.batch_id, character_id)
    held.begun.add(character_id)
    return True


def leave_chunk(runtime: Runtime, held: HeldChunk) -> None:
    """Give the chunk back: it has ended where nothing of it is left. Harmless where another holds it.

    Who was stopped, or had no record for too long, has another asked for; not who had no room: that would
    have none either.
    """
    with runtime.record.writing() as session:
        batch_chunks.leave(session, held.id, owner=runtime.owner, begun=held.begun, ask_again=held.whole)
    held.begun.clear()


@dataclass(frozen=True)
class Standing:
    """What a follower sees of a batch: whether it goes on with it, what is open, and who else works on it."""

    goes_on: bool
    open_chunks: int
    others: int


def standing(runtime: Runtime, batch_id: str) -> Standing:
    """One look at a batch. What dead processes held is free after it, and may be asked for again."""
    with runtime.record.writing() as session:
        batch = batches.held(session, batch_id)
        goes_on = _goes_on(batch, runtime)
        batch_chunks.free_dead(session, batch_id, is_gone=is_gone)
        return Standing(
            goes_on,
            batch_chunks.count_open(session, batch_id),
            batch_chunks.count_held(session, batch_id, but=runtime.owner),
        )


def _goes_on(batch: Batch, runtime: Runtime) -> bool:
    goes_on = batch.state is BatchState.RUNNING and batch.paused_at is None
    return goes_on and batch.lease_owner == runtime.owner  # else another follows it


def next_chunk(runtime: Runtime, batch_id: str) -> int | None:
    """The number of a chunk that nobody works on, the last one first; None where there is none."""
    with runtime.record.reading() as session:
        return batch_chunks.last_free(session, batch_id)


def submit_chunks(
    runtime: Runtime, batch_id: str, submit: Callable[[str, int, int], str], *, most: int
) -> int:
    """Ask for flow runs of chunks that nobody has asked for, up to `most` at a time; returns how many.

    Raises what `submit` does.
    """
    with runtime.record.reading() as session:
        waiting = [
            (each.number, each.submissions) for each in batch_chunks.to_submit(session, batch_id, most)
        ]
    for number, submissions in waiting:
        flow_run_id = submit(batch_id, number, submissions + 1)
        with runtime.record.writing() as session:
            batch_chunks.submitted(session, batch_id, number, submissions + 1, flow_run_id)
    return len(waiting)


def at_once_of(runtime: Runtime, batch_id: str) -> int:
    """How many characters each process of the batch works on at the same time. NotFound."""
    with runtime.record.reading() as session:
        return _at_once(batches.get(session, batch_id))


def state_of(runtime: Runtime, batch_id: str) -> BatchState:
    """The state of the batch. NotFound."""
    with runtime.record.reading() as session:
        return batches.get(session, batch_id).state


def is_asked_of(runtime: Runtime, batch_id: str, number: int, flow_run_id: str) -> bool:
    """Whether something is left of the chunk, and it is this flow run that draws it, or will."""
    with runtime.record.reading() as session:
        return batch_chunks.is_asked_of(session, batch_id, number, flow_run_id)


def close_unpaid(runtime: Runtime, batch_id: str) -> bool:
    """Close the batch that this process follows, where nobody works on it and the budgets pay for no more.

    False otherwise: what others have reserved and not spent may pay for some of it after all.
    """
    with runtime.record.writing() as session:
        batch = batches.held(session, batch_id)
        if not _goes_on(batch, runtime) or batch_chunks.count_held(session, batch_id):
            return False
        number, room = batch_chunks.last_free(session, batch_id), _room(session, runtime, batch)
        if number is None or room is None or batch_chunks.reserved_microusd(session, batch_id):
            return False
        if batch_chunks.first_microusd(session, batch_id, number) <= room:
            return False
        close(session, batch)
    return True


def _at_once(batch: Batch) -> int:
    return int(batch.filter.get("at_once") or USUAL_AT_ONCE)
