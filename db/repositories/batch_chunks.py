"""The chunks of a batch: who works on which, what of it may be begun, and what a dead process has left."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, func, insert, or_, select, update
from sqlalchemy.orm import Session

from db.ids import new_id, utc_now
from db.models import Batch, BatchChunk, BatchItem, BatchItemState, BatchState
from db.repositories import clock

OPEN = (BatchItemState.PENDING, BatchItemState.RUNNING)


def part(session: Session, batch_id: str, size: int) -> int:
    """Put every item that is in no chunk into one, `size` characters each; returns how many chunks there are.

    The caller holds the batch. As many statements for many chunks as for few.
    """
    batch = session.get_one(Batch, batch_id)
    last = session.scalar(select(func.max(BatchChunk.number)).where(BatchChunk.batch_id == batch_id)) or 0
    unparted = (BatchItem.batch_id == batch_id, BatchItem.chunk == 0)
    people = select(BatchItem.character_id, func.min(BatchItem.id).label("first")).where(*unparted)
    people_in_order = people.group_by(BatchItem.character_id).subquery()
    place = func.row_number().over(order_by=people_in_order.c.first) - 1
    placed = select(people_in_order.c.character_id, (last + 1 + place // size).label("number")).subquery()
    here = (*unparted, BatchItem.character_id == placed.c.character_id)
    session.execute(
        update(BatchItem).where(*here).values(chunk=placed.c.number),
        execution_options={"synchronize_session": False},
    )
    session.expire_all()
    of_batch = select(func.max(BatchItem.chunk)).where(BatchItem.batch_id == batch_id)
    numbers = range(last + 1, (session.scalar(of_batch) or 0) + 1)
    if numbers:
        rows = [
            {"id": new_id(), "created_at": utc_now(), "batch_id": batch_id, "number": number}
            for number in numbers
        ]
        session.execute(insert(BatchChunk), rows)
    _estimate(session, batch)
    return last + len(numbers)


def _estimate(session: Session, batch: Batch) -> None:
    """What an earlier version planned has a price only as a whole."""
    mine = BatchItem.batch_id == batch.id
    unknown = mine & BatchItem.estimate_microusd.is_(None)
    if session.scalar(select(BatchItem.id).where(unknown).limit(1)) is not None:
        count = session.scalar(select(func.count()).select_from(BatchItem).where(mine)) or 1
        each = -(-int(batch.plan.get("microusd", 0)) // count)
        session.execute(update(BatchItem).where(unknown).values(estimate_microusd=each))


def count(session: Session, batch_id: str) -> tuple[int, int]:
    """How many chunks the batch has, and how many of them have ended."""
    query = select(func.count(), func.count(BatchChunk.ended_at)).where(BatchChunk.batch_id == batch_id)
    row = session.execute(query).one()
    return row[0], row[1]


def take(
    session: Session,
    batch_id: str,
    *,
    owner: str,
    seconds: float,
    is_gone: Callable[[str | None], bool],
    number: int | None = None,
    but: Collection[int] = (),
) -> BatchChunk | None:
    """Hold a chunk that nobody works on for `seconds`, the last one first, or that `number`; None without.

    Of two at the same moment one gets it. What a dead process had begun of it stays told by `attempts`.
    """
    session.execute(select(Batch.id).where(Batch.id == batch_id).with_for_update())
    now = clock.steady(session)
    query = select(BatchChunk).where(BatchChunk.batch_id == batch_id, BatchChunk.ended_at.is_(None))
    query = query.where(BatchChunk.number.not_in(list(but))) if but else query
    query = query.where(BatchChunk.number == number) if number is not None else query
    free = query.where(_is_free(now) | (BatchChunk.lease_owner == owner))
    chunk = session.scalars(free.order_by(BatchChunk.number.desc()).limit(1)).one_or_none()
    if chunk is None:
        held = session.scalars(query.where(~_is_free(now)))
        chunk = next((each for each in held if is_gone(each.lease_owner)), None)
    if chunk is not None:
        chunk.lease_owner, chunk.lease_expires_at = owner, now + timedelta(seconds=seconds)
        _put_back(session, chunk)
        session.flush()
    return chunk


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(BatchChunk.lease_owner.is_(None), BatchChunk.lease_expires_at <= now)


def renew(session: Session, chunk_id: str, *, owner: str, seconds: float) -> bool:
    """A sign of life of the process that holds the chunk; False when it holds it no more."""
    mine = (BatchChunk.id == chunk_id) & (BatchChunk.lease_owner == owner)
    until = clock.steady(session) + timedelta(seconds=seconds)
    changed = session.execute(update(BatchChunk).where(mine).values(lease_expires_at=until))
    return bool(cast("CursorResult[Any]", changed).rowcount)


def is_held(session: Session, chunk_id: str, owner: str) -> bool:
    """Whether `owner` still works on the chunk, of a batch that goes on."""
    query = select(BatchChunk.id).join(Batch, Batch.id == BatchChunk.batch_id)
    mine = (BatchChunk.id == chunk_id, BatchChunk.lease_owner == owner, Batch.state == BatchState.RUNNING)
    return session.scalar(query.where(*mine)) is not None


def count_held(session: Session, batch_id: str, *, but: str = "") -> int:
    """How many processes hold a chunk by a lease that runs, leaving out that owner."""
    held = ~_is_free(clock.steady(session)) & (BatchChunk.batch_id == batch_id)
    query = select(func.count(BatchChunk.lease_owner.distinct())).where(held, BatchChunk.lease_owner != but)
    return session.scalar(query) or 0


def set_aside(session: Session, chunk: BatchChunk, *, attempts: int) -> list[str]:
    """The characters whose items have been begun so often, alone or not, and never came to an end."""
    poison = (*_items_of(chunk), BatchItem.state.in_(OPEN), BatchItem.attempts >= attempts)
    return list(session.scalars(select(BatchItem.character_id).where(*poison).distinct()))


@dataclass(frozen=True)
class Granted:
    """What of a chunk may be begun: styles by character, in the batch's order; whether that is all of it;
    which characters a process has died over before.
    """

    styles: dict[str, list[str]]
    whole: bool
    suspects: frozenset[str]


def grant(session: Session, chunk: BatchChunk, room_microusd: int | None) -> Granted:
    """Reserve as much of the chunk, from its beginning, as there is room for. The caller holds the chunk."""
    query = select(BatchItem).where(*_items_of(chunk), BatchItem.state == BatchItemState.PENDING)
    pending = list(session.scalars(query.order_by(BatchItem.id)))
    styles: dict[str, list[str]] = {}
    suspects, total, last = set(), 0, ""
    for character_id, group in groupby(pending, key=lambda item: item.character_id):
        items = list(group)
        total += sum(item.estimate_microusd or 0 for item in items)
        if room_microusd is not None and total > room_microusd:
            break
        styles[character_id] = [item.style for item in items]
        last = items[-1].id
        if any(item.attempts for item in items):
            suspects.add(character_id)
    here = (*_items_of(chunk), BatchItem.state == BatchItemState.PENDING, BatchItem.id <= last)
    session.execute(update(BatchItem).where(*here).values(state=BatchItemState.RUNNING))
    whole = sum(len(each) for each in styles.values()) == len(pending)
    return Granted(styles, whole, frozenset(suspects))


def reserved_microusd(session: Session, batch_id: str) -> int:
    """What those items may cost that processes have been granted and not settled."""
    mine = (BatchItem.batch_id == batch_id, BatchItem.state == BatchItemState.RUNNING)
    return int(session.scalar(select(func.sum(BatchItem.estimate_microusd)).where(*mine)) or 0)


def begin(session: Session, batch_id: str, character_id: str) -> None:
    """Note, before anything can go wrong with it, that a process begins with a character."""
    mine = (BatchItem.batch_id == batch_id, BatchItem.character_id == character_id)
    open_ones = update(BatchItem).where(*mine, BatchItem.state.in_(OPEN))
    session.execute(open_ones.values(attempts=BatchItem.attempts + 1))


def leave(
    session: Session, chunk_id: str, *, owner: str, begun: Collection[str], ask_again: bool = False
) -> None:
    """Give the chunk back, unless another holds it; it has ended where nothing of it is left to do.

    `begun` are the characters that this process has begun, not come to an end with, and not died over. What
    is left is asked for in another flow run where that is to be (`ask_again`): this one has ended.
    """
    chunk = session.get_one(BatchChunk, chunk_id, with_for_update=True)
    if chunk.lease_owner != owner:
        return
    chunk.lease_owner = chunk.lease_expires_at = None
    if begun:
        mine = (*_items_of(chunk), BatchItem.character_id.in_(list(begun)), BatchItem.attempts > 0)
        session.execute(update(BatchItem).where(*mine).values(attempts=BatchItem.attempts - 1))
    _put_back(session, chunk)
    left = select(BatchItem.id).where(*_items_of(chunk), BatchItem.state.in_(OPEN)).limit(1)
    if session.scalar(left) is None:
        chunk.ended_at = clock.now(session)
        session.execute(update(Batch).where(Batch.id == chunk.batch_id).values(takeups=0))
    elif ask_again:
        chunk.flow_run_id = None
    session.flush()


def reopen(session: Session, batch_id: str, character_id: str, error_code: str) -> int:
    """Have what of a character failed with that code done again, and its chunks with it; returns how much.

    The caller holds the batch.
    """
    mine = (
        BatchItem.batch_id == batch_id,
        BatchItem.character_id == character_id,
        BatchItem.state == BatchItemState.FAILED,
        BatchItem.error_code == error_code,
    )
    items = list(session.scalars(select(BatchItem).where(*mine)))
    for item in items:
        item.state, item.attempts, item.settled_at = BatchItemState.PENDING, 0, None
        item.error_code = item.error_sentence = None
    its_chunks = BatchChunk.number.in_({item.chunk for item in items})
    session.execute(
        update(BatchChunk)
        .where(BatchChunk.batch_id == batch_id, its_chunks, BatchChunk.ended_at.is_not(None))
        .values(ended_at=None, flow_run_id=None)
    )
    session.flush()
    return len(items)


def forgive(session: Session, batch_id: str) -> None:
    """Take back the attempts that living processes have made, and not come to an end with."""
    live = select(BatchChunk.number).where(BatchChunk.batch_id == batch_id, ~_is_free(clock.steady(session)))
    begun = (BatchItem.state == BatchItemState.RUNNING, BatchItem.attempts > 0, BatchItem.chunk.in_(live))
    mine = update(BatchItem).where(BatchItem.batch_id == batch_id, *begun)
    session.execute(mine.values(attempts=BatchItem.attempts - 1))


def free_all(session: Session, batch_id: str) -> None:
    """Nobody works on any chunk of the batch any more: it has ended."""
    held = update(BatchChunk).where(BatchChunk.batch_id == batch_id, BatchChunk.lease_owner.is_not(None))
    session.execute(held.values(lease_owner=None, lease_expires_at=None))


def ask_again(session: Session, batch_id: str) -> None:
    """Forget which flow runs were asked for of chunks that nobody holds and of which something is left."""
    mine = (BatchChunk.batch_id == batch_id, BatchChunk.ended_at.is_(None), BatchChunk.lease_owner.is_(None))
    session.execute(update(BatchChunk).where(*mine).values(flow_run_id=None))


def to_submit(session: Session, batch_id: str, most: int) -> list[BatchChunk]:
    """Chunks to ask a flow run for, so that `most` are asked for and not ended: those not asked for yet."""
    mine = (BatchChunk.batch_id == batch_id, BatchChunk.ended_at.is_(None))
    asked = select(func.count()).select_from(BatchChunk).where(*mine, BatchChunk.flow_run_id.is_not(None))
    room = most - (session.scalar(asked) or 0)
    free = select(BatchChunk).where(*mine, BatchChunk.flow_run_id.is_(None), BatchChunk.lease_owner.is_(None))
    return list(session.scalars(free.order_by(BatchChunk.number).limit(max(0, room))))


def _items_of(chunk: BatchChunk) -> tuple[ColumnElement[bool], ...]:
    return BatchItem.batch_id == chunk.batch_id, BatchItem.chunk == chunk.number


def _put_back(session: Session, chunk: BatchChunk) -> None:
    left = update(BatchItem).where(*_items_of(chunk), BatchItem.state == BatchItemState.RUNNING)
    session.execute(left.values(state=BatchItemState.PENDING))


def free_dead(session: Session, batch_id: str, *, is_gone: Callable[[str | None], bool]) -> None:
    """Free what dead processes hold, so that it is taken, or asked for again. The caller holds the batch."""
    now = clock.steady(session)
    mine = (
        BatchChunk.batch_id == batch_id,
        BatchChunk.ended_at.is_(None),
        BatchChunk.lease_owner.is_not(None),
    )
    for chunk in session.scalars(select(BatchChunk).where(*mine)):
        lapsed = chunk.lease_expires_at is None or chunk.lease_expires_at <= now
        if lapsed or is_gone(chunk.lease_owner):
            chunk.lease_owner = chunk.lease_expires_at = chunk.flow_run_id = None
            _put_back(session, chunk)
    session.flush()


def count_open(session: Session, batch_id: str) -> int:
    """How many chunks have something left to do."""
    mine = (BatchChunk.batch_id == batch_id, BatchChunk.ended_at.is_(None))
    return session.scalar(select(func.count()).select_from(BatchChunk).where(*mine)) or 0


def last_free(session: Session, batch_id: str) -> int | None:
    """The highest number of a chunk that is open and that nobody holds."""
    mine = (BatchChunk.batch_id == batch_id, BatchChunk.ended_at.is_(None), BatchChunk.lease_owner.is_(None))
    return session.scalar(select(func.max(BatchChunk.number)).where(*mine))


def first_microusd(session: Session, batch_id: str, number: int) -> int:
    """What the first character of a chunk may cost that is not granted: with less room nothing of it is."""
    waiting = (
        BatchItem.batch_id == batch_id,
        BatchItem.chunk == number,
        BatchItem.state == BatchItemState.PENDING,
    )
    first = select(BatchItem.character_id).where(*waiting).order_by(BatchItem.id).limit(1).scalar_subquery()
    query = select(func.sum(BatchItem.estimate_microusd)).where(*waiting, BatchItem.character_id == first)
    return int(session.scalar(query) or 0)


def submitted(session: Session, batch_id: str, number: int, submission: int, flow_run_id: str) -> None:
    """A flow run was asked for, to draw the chunk."""
    mine = (BatchChunk.batch_id == batch_id) & (BatchChunk.number == number)
    session.execute(update(BatchChunk).where(mine).values(flow_run_id=flow_run_id, submissions=submission))


def is_asked_of(session: Session, batch_id: str, number: int, flow_run_id: str) -> bool:
    """Whether something is left of the chunk, and it is this flow run that draws it, or will."""
    mine = (BatchChunk.batch_id == batch_id, BatchChunk.number == number, BatchChunk.ended_at.is_(None))
    query = select(BatchChunk.id).where(*mine, BatchChunk.flow_run_id == flow_run_id)
    return session.scalar(query) is not None
