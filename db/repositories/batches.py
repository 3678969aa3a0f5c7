"""Reruns: what to make, what was made of it, and how far it is."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    String,
    column,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
    values,
)
from sqlalchemy.orm import Session

from db.errors import NotFound
from db.ids import new_id
from db.lifecycle import ACTIVE
from db.models import (
    Batch,
    BatchItem,
    BatchItemState,
    BatchState,
    CallKind,
    Character,
    CharacterImage,
    CharacterStatus,
    OrderedPicture,
    ProviderCall,
)
from db.models.orders import DRAFT, PORTRAIT
from db.repositories import batch_chunks, clock, customer_links, orders
from db.repositories.calls import KNOWN_MICROUSD, RESERVED_MICROUSD
from db.repositories.insert_once import insert_once

CHUNK = 1000  # items inserted by one statement
UNDER_WAY = (BatchState.PLANNED, BatchState.RUNNING)
HANDED_OVER = "handed over"  # in the place of a process: whoever comes first takes it
RESUMED = "resumed"  # so too, by a person: whatever became of the flow run before, another follows
NOBODY = (None, HANDED_OVER, RESUMED)
Conditions = Sequence[ColumnElement[bool]]
RERUN = (CharacterStatus.READY, CharacterStatus.FAILED)


@dataclass(frozen=True)
class Candidate:
    """A picture that is missing: this character in this style, so framed, the `ordinal`th of them."""

    character_id: str
    style: str
    ordinal: int = 1
    framing: str = PORTRAIT
    resolution: str = DRAFT


def candidates(
    session: Session,
    *,
    statuses: Collection[CharacterStatus] = RERUN,
    limit: int | None = None,
) -> list[Candidate]:
    """What was ordered and is not there, oldest character first; of each style the first that is missing,
    portraits before other framings.

    Only of characters in one of `statuses` that have a photo and consent, are not erased and wait for no
    customer. A picture that a person rejected is there.
    """
    return [Candidate(*row) for row in session.execute(_ordered_and_missing(statuses).limit(limit))]


def without_picture(
    session: Session,
    *,
    styles: Collection[str],
    statuses: Collection[CharacterStatus] = RERUN,
    limit: int | None = None,
) -> list[Candidate]:
    """Every character in every one of `styles` that it has no picture in, ordered so far or not.

    Oldest character first; only of characters that `candidates` would look at.
    """
    if not styles:
        return []
    return [Candidate(*row) for row in session.execute(_without_picture(styles, statuses).limit(limit))]


def candidates_in_pieces(
    session: Session,
    styles: Collection[str] | None,
    size: int,
    *,
    statuses: Collection[CharacterStatus] = RERUN,
    only: Conditions = (),
) -> Iterator[list[Candidate]]:
    """All of `candidates`, or of `without_picture` where `styles` are given: one statement, read `size` rows
    at a time. `only` are further conditions on `Character`.
    """
    query = (
        _ordered_and_missing(statuses, only) if styles is None else _without_picture(styles, statuses, only)
    )
    if styles is None or styles:
        yield from in_pieces(session, query, size)


def in_pieces(session: Session, query: Select[Any], size: int) -> Iterator[list[Candidate]]:
    """What `query` finds, as candidates, `size` rows at a time."""
    for rows in session.execute(query, execution_options={"yield_per": size}).partitions():
        yield [Candidate(*row) for row in rows]


def _ordered_and_missing(statuses: Collection[CharacterStatus], only: Conditions = ()) -> Select[Any]:
    of_style = (OrderedPicture.character_id, OrderedPicture.style)
    place = func.row_number().over(
        partition_by=of_style, order_by=(OrderedPicture.framing, OrderedPicture.ordinal)
    )
    made = (OrderedPicture.ordinal, OrderedPicture.framing, OrderedPicture.resolution)
    missing = (
        select(*of_style, *made, place.label("place"))
        .join(Character, Character.id == OrderedPicture.character_id)
        .where(*may_be_drawn(statuses), *only, ~orders.is_drawn())
        .subquery()
    )
    return (
        select(
            missing.c.character_id,
            missing.c.style,
            missing.c.ordinal,
            missing.c.framing,
            missing.c.resolution,
        )
        .where(missing.c.place == 1)
        .order_by(missing.c.character_id, missing.c.style)
    )


def _without_picture(
    styles: Collection[str], statuses: Collection[CharacterStatus], only: Conditions = ()
) -> Select[Any]:
    wanted = values(column("style", String), name="wanted").data([(style,) for style in styles]).cte("wanted")
    has_picture = exists().where(
        CharacterImage.character_id == Character.id, CharacterImage.style == wanted.c.style
    )
    return (
        select(Character.id, wanted.c.style)
        .join_from(Character, wanted, true())
        .where(*may_be_drawn(statuses), *only, ~has_picture)
        .order_by(Character.id, wanted.c.style)
    )


def may_be_drawn(statuses: Collection[CharacterStatus]) -> tuple[ColumnElement[bool], ...]:
    """Conditions on `Character`: in one of `statuses`, with a photo and consent, and waiting for nobody."""
    return (
        Character.status.in_(statuses),
        Character.status != CharacterStatus.ERASED,
        Character.photo_asset_id.is_not(None),
        Character.consent_at.is_not(None),
        ~customer_links.is_waiting(),
    )


def create(
    session: Session,
    *,
    run_token: str,
    pairs: Iterable[Candidate],
    estimates: Mapping[str, int] | None = None,
    filter: Mapping[str, Any],
    plan: Mapping[str, Any],
    budget_microusd: int | None = None,
) -> Batch:
    """A planned batch with an item for each pair. The same run token gives the batch that is there.

    `estimates` says what each character costs at most in it, in micro-dollars.
    """
    mine = new_id()
    row = {
        "id": mine,
        "run_token": run_token,
        "filter": dict(filter),
        "plan": dict(plan),
        "budget_microusd": budget_microusd,
    }
    insert_once(session, Batch, row)
    batch = session.scalars(select(Batch).where(Batch.run_token == run_token)).one()
    if batch.id == mine:
        _add_items(session, mine, pairs, dict(estimates or {}))
    return batch


def get(session: Session, batch_id: str) -> Batch:
    """The batch; NotFound if there is none."""
    batch = session.get(Batch, batch_id)
    if batch is None:
        raise NotFound("There is no such batch.")
    return batch


def by_token(session: Session, run_token: str) -> Batch | None:
    """The batch that this token has planned, or None."""
    return session.scalars(select(Batch).where(Batch.run_token == run_token)).one_or_none()


def held(session: Session, batch_id: str) -> Batch:
    """The batch, its row held until the transaction ends; NotFound if there is none."""
    get(session, batch_id)
    query = select(Batch).where(Batch.id == batch_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def begins_with(session: Session, beginning: str) -> list[str]:
    """Ids of at most two batches whose id begins so."""
    query = select(Batch.id).where(Batch.id.startswith(beginning, autoescape=True))
    return list(session.scalars(query.order_by(Batch.id).limit(2)))


def settled_since(session: Session, batch_id: str, moment: datetime) -> int:
    """How many items came to an end since then."""
    mine = (BatchItem.batch_id == batch_id, BatchItem.settled_at >= moment)
    return session.scalar(select(func.count()).select_from(BatchItem).where(*mine)) or 0


def newest(session: Session, limit: int = 20) -> list[Batch]:
    """The newest batches, newest first."""
    return list(session.scalars(select(Batch).order_by(Batch.id.desc()).limit(limit)))


def items(
    session: Session,
    batch_id: str,
    *,
    state: BatchItemState | None = None,
    after_id: str | None = None,
    limit: int | None = None,
) -> list[BatchItem]:
    """A batch's items in their order, in one state if given, those after `after_id` if given."""
    query = select(BatchItem).where(BatchItem.batch_id == batch_id).order_by(BatchItem.id).limit(limit)
    if state is not None:
        query = query.where(BatchItem.state == state)
    if after_id is not None:
        query = query.where(BatchItem.id > after_id)
    return list(session.scalars(query))


def items_of_character(session: Session, batch_id: str, character_id: str) -> list[BatchItem]:
    """The pieces of a batch that are one character's."""
    query = select(BatchItem).where(BatchItem.batch_id == batch_id, BatchItem.character_id == character_id)
    return list(session.scalars(query.order_by(BatchItem.id)))


def progress(session: Session, batch_id: str) -> dict[BatchItemState, int]:
    """How many items are in each state; every state is named."""
    query = select(BatchItem.state, func.count()).where(BatchItem.batch_id == batch_id)
    counted = {row[0]: row[1] for row in session.execute(query.group_by(BatchItem.state))}
    return {state: counted.get(state, 0) for state in BatchItemState}


def has_left(session: Session, batch_id: str) -> bool:
    """Whether something of the batch is left to do."""
    left = (BatchItem.batch_id == batch_id, BatchItem.state.in_(batch_chunks.OPEN))
    return session.scalar(select(BatchItem.id).where(*left).limit(1)) is not None


def start(session: Session, batch_id: str) -> Batch:
    """Say that the batch is running, also one that had ended with work left: when it began stays.

    The flow runs that its chunks had came while it did not run, or were cancelled: they are asked for again.
    """
    batch = get(session, batch_id)
    batch.state, batch.ended_at = BatchState.RUNNING, None
    batch.started_at = batch.started_at or clock.now(session)
    batch_chunks.ask_again(session, batch_id)
    return batch


def acquire_lease(
    session: Session, batch_id: str, *, owner: str, seconds: float, is_gone: Callable[[str | None], bool]
) -> bool:
    """Hold the batch for `seconds`; False while another process that may be alive holds it."""
    batch = session.scalars(select(Batch).where(Batch.id == batch_id).with_for_update()).one()
    if (
        batch.lease_owner not in (*NOBODY, owner)
        and _is_lease_live(session, batch)
        and not is_gone(batch.lease_owner)
    ):
        return False
    batch.lease_owner, batch.lease_expires_at = owner, _in(session, seconds)
    return True


def hand_over(session: Session, batch_id: str, *, flow_run_id: str, seconds: float) -> None:
    """A flow run was asked for that will follow the batch: for `seconds` nobody asks for another one."""
    batch = held(session, batch_id)
    batch.flow_run_id, batch.takeups = flow_run_id, batch.takeups + 1
    batch.lease_owner, batch.lease_expires_at = HANDED_OVER, _in(session, seconds)


def mark_resumed(session: Session, batch: Batch, *, is_gone: Callable[[str | None], bool]) -> None:
    """Note that a person has the batch go on; a process that lives and holds it keeps it."""
    if is_gone(batch.lease_owner) or not _is_lease_live(session, batch):
        batch.lease_owner, batch.lease_expires_at = RESUMED, None


def renew_lease(session: Session, batch_id: str, *, owner: str, seconds: float) -> bool:
    """A sign of life of the process that holds the batch; False when another has taken or ended it."""
    mine = (Batch.id == batch_id) & (Batch.lease_owner == owner)
    changed = session.execute(update(Batch).where(mine).values(lease_expires_at=_in(session, seconds)))
    return bool(cast("CursorResult[Any]", changed).rowcount)


def release_lease(session: Session, batch_id: str, *, owner: str) -> None:
    """Hold the batch no more, if it is held by `owner`."""
    mine = (Batch.id == batch_id) & (Batch.lease_owner == owner)
    session.execute(update(Batch).where(mine).values(lease_owner=None, lease_expires_at=None))


def holds_lease(session: Session, batch_id: str, owner: str) -> bool:
    """Whether `owner` is still the process that works on the batch."""
    return session.scalar(select(Batch.lease_owner).where(Batch.id == batch_id)) == owner


def under_way(session: Session) -> list[Batch]:
    """The batches that have not ended and are not paused, oldest first, each held until the transaction
    ends.
    """
    query = select(Batch).where(Batch.state.in_(UNDER_WAY), Batch.paused_at.is_(None))
    return list(session.scalars(query.order_by(Batch.id).with_for_update()))


def is_abandoned(
    session: Session, batch: Batch, *, seconds: float, is_gone: Callable[[str | None], bool]
) -> bool:
    """Whether nobody works on a batch that has not ended: its process is gone, or has said nothing.

    One that was only just planned is given `seconds` to be taken up.
    """
    if batch.lease_owner is None:
        return batch.created_at + timedelta(seconds=seconds) < clock.now(session)
    return is_gone(batch.lease_owner) or not _is_lease_live(session, batch)


def _is_lease_live(session: Session, batch: Batch) -> bool:
    return batch.lease_expires_at is not None and batch.lease_expires_at > clock.steady(session)


def _in(session: Session, seconds: float) -> datetime:
    return clock.steady(session) + timedelta(seconds=seconds)


def spent_microusd(session: Session, batch_id: str) -> int:
    """What the batch's characters have cost from its beginning to its end: pictures in its styles, looks, and
    reserved.

    What a person's own run has bought of them meanwhile is counted too: the batch rather spends less. What
    was bought after it had ended is not, as in its report.
    """
    batch = get(session, batch_id)
    if batch.started_at is None:
        return 0
    meanwhile = [ProviderCall.sent_at >= batch.started_at]
    if batch.ended_at is not None:
        meanwhile.append(ProviderCall.sent_at < batch.ended_at)
    of_batch = BatchItem.batch_id == batch_id
    people = select(BatchItem.character_id).where(of_batch)
    drawn = (ProviderCall.character_id == BatchItem.character_id) & (ProviderCall.style == BatchItem.style)
    cost = func.coalesce(func.sum(KNOWN_MICROUSD + RESERVED_MICROUSD), 0)
    # Two sums, each with the calls found by their characters: by `calls_of` every call since then is tried.
    looks = select(cost).where(
        *meanwhile, ProviderCall.kind == CallKind.VISION, ProviderCall.character_id.in_(people)
    )
    pictures = (
        select(cost)
        .select_from(BatchItem)
        .join(ProviderCall, drawn)
        .where(*meanwhile, of_batch, ProviderCall.kind != CallKind.VISION)
    )
    return int(session.scalar(looks) or 0) + int(session.scalar(pictures) or 0)


def calls_of(batch_id: str) -> ColumnElement[bool]:
    """The call is of one of the batch's characters: a look, or a picture in a style that it has there.

    By what the call itself says, which stays when its prompt is erased.
    """
    return exists().where(
        BatchItem.batch_id == batch_id,
        BatchItem.character_id == ProviderCall.character_id,
        or_(ProviderCall.kind == CallKind.VISION, ProviderCall.style == BatchItem.style),
    )


def characters_at_work(session: Session, batch_id: str) -> list[Character]:
    """The characters that this batch has under way: their newest run is the batch's."""
    query = select(Character).where(Character.run_token == batch_id, Character.status.in_(ACTIVE))
    return list(session.scalars(query.order_by(Character.id)))


def set_item(
    session: Session,
    item_id: str,
    *,
    state: BatchItemState,
    error_code: str | None = None,
    error_sentence: str | None = None,
    image_id: str | None = None,
) -> BatchItem:
    """Write what became of an item. NotFound if there is none."""
    item = session.get(BatchItem, item_id)
    if item is None:
        raise NotFound("There is no such piece of a batch.")
    item.state, item.image_id = state, image_id
    item.error_code, item.error_sentence = error_code, error_sentence
    item.attempts, item.settled_at = 0, clock.now(session)
    session.flush()
    return item


def finish(session: Session, batch_id: str, state: BatchState = BatchState.DONE) -> Batch:
    """End the batch. Items that were still running are pending again, for the next one.

    What living processes had begun is not held against it: they are stopped, and did not die over it.
    """
    batch = get(session, batch_id)
    # Never before its beginning, which another clock may have told.
    batch.state, batch.ended_at = state, max(clock.now(session), batch.started_at or batch.created_at)
    batch.lease_owner = batch.lease_expires_at = batch.paused_at = None
    batch_chunks.forgive(session, batch_id)
    batch_chunks.free_all(session, batch_id)
    left_over = (BatchItem.batch_id == batch_id) & (BatchItem.state == BatchItemState.RUNNING)
    session.execute(update(BatchItem).where(left_over).values(state=BatchItemState.PENDING))
    return batch


def _add_items(
    session: Session, batch_id: str, pairs: Iterable[Candidate], estimates: dict[str, int]
) -> None:
    wanted = list(dict.fromkeys(pairs))  # a pair named twice is one piece of work
    remaining = iter(wanted)
    unshared = Counter(pair.character_id for pair in wanted)

    def share(character_id: str) -> int:
        """What is left of its estimate, in equal parts: to the micro-dollar they make the whole."""
        part = -(-estimates.get(character_id, 0) // unshared[character_id])
        unshared[character_id] -= 1
        estimates[character_id] = estimates.get(character_id, 0) - part
        return part

    while chunk := list(islice(remaining, CHUNK)):
        rows = [
            {
                "id": new_id(),
                "batch_id": batch_id,
                "character_id": pair.character_id,
                "style": pair.style,
                "framing": pair.framing,
                "resolution": pair.resolution,
                "ordinal": pair.ordinal,
                "estimate_microusd": share(pair.character_id),
            }
            for pair in chunk
        ]
        session.execute(insert(BatchItem), rows)
