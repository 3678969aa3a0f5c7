"""The outbox of notices: written with what they tell of, spread over the ways out, delivered, given up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from db.ids import first_id_of, new_id, utc_now
from db.models import DeliveryState, Notice, NoticeDelivery, NoticeKind
from db.repositories import clock
from db.repositories.insert_once import insert_each_once, insert_once

LONGEST_KEY = 200


def tell(
    session: Session,
    kind: NoticeKind,
    *,
    once: str,
    character_id: str | None = None,
    batch_id: str | None = None,
    **data: Any,
) -> bool:
    """Write a notice in the caller's transaction; False where it was told for `once` before.

    `data` holds ids, codes and counts alone: it leaves the house.
    """
    key = _key(kind, once)
    values = {
        "id": new_id(),
        "created_at": utc_now(),
        "kind": kind.value,
        "once": key,
        "character_id": character_id,
        "batch_id": batch_id,
        "data": data,
    }
    insert_once(session, Notice, values)
    return session.scalar(select(Notice.id).where(Notice.once == key)) == values["id"]


def is_told(session: Session, kind: NoticeKind, once: str) -> bool:
    """Whether it was told before: asked first by what finds the same thing a thousand times a day."""
    return session.scalar(select(Notice.id).where(Notice.once == _key(kind, once))) is not None


def _key(kind: NoticeKind, once: str) -> str:
    return f"{kind.value} {once}"[:LONGEST_KEY]


def spread(
    session: Session,
    channels_of: Callable[[str], Sequence[tuple[str, float]]],
    limit: int,
    *,
    since: datetime,
    new_since: datetime | None = None,
) -> int:
    """Write the deliveries of the first `limit` notices that have none yet; how many notices it were.

    `channels_of` says for a kind the channels, each with the seconds that it may wait to be sent in company.
    What was written before `since` is no news any more, and goes nowhere; what was written before `new_since`
    goes to no channel that has had no delivery yet.
    """
    query = select(Notice).where(Notice.spread_at.is_(None)).order_by(Notice.id).limit(limit)
    found = list(session.scalars(query.with_for_update(skip_locked=True)))
    if not found:
        return 0
    now = clock.read(session)
    of_late = max(since, new_since or since)
    used: dict[str, bool] = {}

    def goes_to(notice: Notice, channel: str) -> bool:
        if notice.created_at >= of_late or notice.created_at < since:
            return notice.created_at >= since
        if channel not in used:
            any_yet = select(NoticeDelivery.id).where(NoticeDelivery.channel == channel).limit(1)
            used[channel] = session.scalar(any_yet) is not None
        return used[channel]

    rows = [
        {
            "id": new_id(),
            "created_at": now.now,
            "notice_id": notice.id,
            "channel": channel,
            "state": DeliveryState.WAITING,
            "attempts": 0,
            "next_at": now.steady + timedelta(seconds=seconds),
        }
        for notice in found
        for channel, seconds in channels_of(notice.kind)
        if goes_to(notice, channel)
    ]
    insert_each_once(session, NoticeDelivery, rows)
    for notice in found:
        notice.spread_at = now.now
    return len(found)


@dataclass(frozen=True)
class Due:
    """A delivery that is somebody's to attempt: it was put off before, should they die over it."""

    id: str
    notice: Notice
    channel: str
    attempt: int


def take_due(
    session: Session, channel: str, limit: int, *, put_off: Callable[[int], float], company: bool = False
) -> list[Due]:
    """Take the first `limit` deliveries of a channel that are due, so that nobody else does.

    Each is put off by `put_off(attempt)` seconds: whoever dies between sending and marking leaves it to be
    sent again then. With `company` those that wait for the first time come along as soon as one is due.
    """
    now = clock.steady(session)
    of_channel = (NoticeDelivery.channel == channel, NoticeDelivery.state == DeliveryState.WAITING)
    due = NoticeDelivery.next_at <= now
    if company:
        if session.scalar(select(NoticeDelivery.id).where(*of_channel, due).limit(1)) is None:
            return []
        due = due | (NoticeDelivery.attempts == 0)
    query = (
        select(NoticeDelivery, Notice)
        .join(Notice, Notice.id == NoticeDelivery.notice_id)
        .where(*of_channel, due)
        .order_by(NoticeDelivery.next_at, NoticeDelivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=NoticeDelivery)
    )
    taken = []
    for delivery, notice in session.execute(query):
        delivery.attempts += 1
        delivery.error = None  # what is under way has not failed: `hurry` leaves it alone
        delivery.next_at = now + timedelta(seconds=put_off(delivery.attempts))
        taken.append(Due(delivery.id, notice, channel, delivery.attempts))
    session.flush()
    return taken


def is_any_due(session: Session) -> bool:
    """Whether there is anything to spread or to send now."""
    if session.scalar(select(Notice.id).where(Notice.spread_at.is_(None)).limit(1)) is not None:
        return True
    query = select(NoticeDelivery.id).where(
        NoticeDelivery.state == DeliveryState.WAITING, NoticeDelivery.next_at <= clock.steady(session)
    )
    return session.scalar(query.limit(1)) is not None


def mark_delivered(session: Session, ids: Sequence[str]) -> None:
    """They have arrived. One that was given up meanwhile stays as it is."""
    _end(session, ids, DeliveryState.DELIVERED, None)


def mark_dead(session: Session, ids: Sequence[str], error: str) -> None:
    """Try them no more, for this reason, until a person says so."""
    _end(session, ids, DeliveryState.DEAD, error)


def note_failure(session: Session, ids: Sequence[str], error: str, seconds: float | None = None) -> None:
    """The attempt failed; with `seconds` the next comes after so many, else when it was put off to."""
    values: dict[str, Any] = {"error": error}
    if seconds is not None:
        values["next_at"] = clock.steady(session) + timedelta(seconds=seconds)
    waiting = NoticeDelivery.state == DeliveryState.WAITING
    session.execute(update(NoticeDelivery).where(NoticeDelivery.id.in_(ids), waiting).values(values))


def hurry(session: Session, channel: str) -> None:
    """Have what waits for its next attempt on this channel tried now, but for what is under way."""
    failed = (NoticeDelivery.state == DeliveryState.WAITING, NoticeDelivery.error.is_not(None))
    session.execute(
        update(NoticeDelivery)
        .where(NoticeDelivery.channel == channel, *failed)
        .values(next_at=clock.steady(session))
    )


def give_up_before(session: Session, moment: datetime, error: str) -> None:
    """Give up what has been waiting since before `moment`, for this reason."""
    old = (NoticeDelivery.state == DeliveryState.WAITING, NoticeDelivery.created_at < moment)
    values = {"state": DeliveryState.DEAD, "error": error, "ended_at": clock.now(session)}
    session.execute(update(NoticeDelivery).where(*old).values(values))


def try_again(session: Session, notice_ids: Sequence[str] | None = None) -> int:
    """Have dead deliveries (all, or those of these notices) tried from the start; how many."""
    dead = [NoticeDelivery.state == DeliveryState.DEAD]
    if notice_ids is not None:
        dead.append(NoticeDelivery.notice_id.in_(notice_ids))
    values = {
        "state": DeliveryState.WAITING,
        "attempts": 0,
        "created_at": clock.now(session),  # it waits anew
        "next_at": clock.steady(session),
        "ended_at": None,
    }
    return session.connection().execute(update(NoticeDelivery).where(*dead).values(values)).rowcount


def newest(
    session: Session, limit: int, *, since: datetime | None = None, dismissed: bool = True
) -> list[Notice]:
    """The newest notices; with `since` made later, without `dismissed` only those nobody has put away."""
    query = select(Notice).order_by(Notice.id.desc()).limit(limit)
    if since is not None:
        query = query.where(Notice.id > first_id_of(since))
    if not dismissed:
        query = query.where(Notice.dismissed_at.is_(None))
    return list(session.scalars(query))


def deliveries_of(session: Session, notice_ids: Sequence[str]) -> list[NoticeDelivery]:
    """The deliveries of these notices, by channel."""
    query = select(NoticeDelivery).where(NoticeDelivery.notice_id.in_(notice_ids))
    return list(session.scalars(query.order_by(NoticeDelivery.channel, NoticeDelivery.id)))


def find(session: Session, notice_id: str) -> Notice | None:
    """The notice with this id."""
    return session.get(Notice, notice_id)


def dismiss(session: Session, notice_ids: Sequence[str]) -> int:
    """Put them away from the studio's pages; how many were still there."""
    there = (Notice.id.in_(notice_ids), Notice.dismissed_at.is_(None))
    done = session.connection().execute(update(Notice).where(*there).values(dismissed_at=clock.now(session)))
    return done.rowcount


def counts(session: Session) -> dict[tuple[str, DeliveryState], int]:
    """How many deliveries each channel has in each state."""
    query = select(NoticeDelivery.channel, NoticeDelivery.state, func.count())
    grouped = query.group_by(NoticeDelivery.channel, NoticeDelivery.state)
    return {(channel, state): count for channel, state, count in session.execute(grouped)}


def dead(session: Session, limit: int) -> list[tuple[NoticeDelivery, Notice]]:
    """The newest deliveries that were given up, with their notices."""
    query = select(NoticeDelivery, Notice).join(Notice, Notice.id == NoticeDelivery.notice_id)
    given_up = query.where(NoticeDelivery.state == DeliveryState.DEAD)
    return [
        (delivery, notice)
        for delivery, notice in session.execute(given_up.order_by(NoticeDelivery.id.desc()).limit(limit))
    ]


def forget_before(session: Session, moment: datetime, limit: int) -> int:
    """Delete up to `limit` notices made before `moment`, wherever they got to; how many."""
    old = select(Notice.id).where(Notice.id < first_id_of(moment)).order_by(Notice.id).limit(limit)
    return session.connection().execute(delete(Notice).where(Notice.id.in_(old))).rowcount


def _end(session: Session, ids: Sequence[str], state: DeliveryState, error: str | None) -> None:
    waiting = (NoticeDelivery.id.in_(ids), NoticeDelivery.state == DeliveryState.WAITING)
    values = {"state": state, "error": error, "ended_at": clock.now(session)}
    session.execute(update(NoticeDelivery).where(*waiting).values(values))
