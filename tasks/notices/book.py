"""What people do about notices: read them, put them away, have them sent again, try the ways out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.engine import Record, Session
from db.ids import new_id, utc_now
from db.models import DeliveryState, Notice, NoticeDelivery, NoticeKind
from db.repositories import clock, notices
from db.told import told
from tasks.errors import UsageError
from tasks.notices.delivery import attempt, message_of
from tasks.notices.outcome import Channel, NotHandedOver
from tasks.notices.words import NoticeWords, words_of

NEWS_FOR = timedelta(days=14)  # what nobody has put away is shown for so long


@dataclass(frozen=True)
class DeliveryView:
    """How far a notice got on one way out."""

    delivery_id: str
    channel: str
    state: DeliveryState
    attempts: int
    error: str | None


@dataclass(frozen=True)
class NoticeView:
    """A notice with its words, and where it got to."""

    notice_id: str
    kind: str
    at: datetime
    words: NoticeWords
    deliveries: tuple[DeliveryView, ...] = ()


@dataclass(frozen=True)
class ChannelView:
    """A way out in figures; one that is set no more may still have something waiting."""

    name: str
    is_set: bool
    waiting: int
    delivered: int
    dead: int


def newest(record: Record, limit: int, *, dead: bool = False) -> tuple[NoticeView, ...]:
    """The newest notices with where they got to; with `dead` those that were given up somewhere."""
    with record.reading() as session:
        if dead:
            found = list({each.id: each for _, each in notices.dead(session, limit)}.values())
        else:
            found = notices.newest(session, limit)
        by_notice: dict[str, list[NoticeDelivery]] = {}
        for delivery in notices.deliveries_of(session, [each.id for each in found]):
            by_notice.setdefault(delivery.notice_id, []).append(delivery)
        return tuple(_view(each, by_notice.get(each.id, ())) for each in found)


def news_since(session: Session) -> datetime:
    """From when on pages show what nobody has put away."""
    return clock.now(session) - NEWS_FOR


def dismiss(record: Record, notice_ids: Sequence[str]) -> int:
    """Put these away from everybody's pages; how many were still there."""
    with record.writing() as session:
        return notices.dismiss(session, notice_ids)


def try_again(record: Record, notice_ids: Sequence[str] | None = None) -> int:
    """Have what was given up tried from the start: of these notices, or of all; how many deliveries.

    UsageError `no_such_notice` for an id that names none.
    """
    with record.writing() as session:
        for each in notice_ids or ():
            if notices.find(session, each) is None:
                raise UsageError(told("There is no notice %(id)s.", id=each), code="no_such_notice")
        return notices.try_again(session, notice_ids)


def channels_seen(record: Record, ways: Sequence[Channel]) -> tuple[ChannelView, ...]:
    """The ways out that are set, and those that only the record knows."""
    with record.reading() as session:
        counts = notices.counts(session)
    ours = {way.name for way in ways}
    states = (DeliveryState.WAITING, DeliveryState.DELIVERED, DeliveryState.DEAD)
    return tuple(
        ChannelView(name, name in ours, *(counts.get((name, state), 0) for state in states))
        for name in sorted(ours | {channel for channel, _ in counts})
    )


def try_out(ways: Sequence[Channel]) -> dict[str, NotHandedOver | None]:
    """Send a test by each way, now and past the outbox; what came of each, None where it arrived."""
    notice = Notice(id=new_id(), created_at=utc_now(), kind=NoticeKind.TEST.value, once="", data={})
    message = message_of(notice)
    return {way.name: attempt(way, [message], int(time.time())) for way in ways}


def _view(notice: Notice, deliveries: Sequence[NoticeDelivery] = ()) -> NoticeView:
    return NoticeView(
        notice.id,
        notice.kind,
        notice.created_at,
        words_of(notice),
        tuple(
            DeliveryView(each.id, each.channel, each.state, each.attempts, each.error) for each in deliveries
        ),
    )
