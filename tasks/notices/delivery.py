"""Notices on their way: spread over the channels, tried until they arrive or are given up.

At least once: a delivery is put off before it is sent and marked after, so that of any number of processes
one sends it, and whoever dies between leaves it to be sent again, under the same id.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from db.called import order_number
from db.engine import Record
from db.log import Log
from db.models import Notice
from db.repositories import clock, notices
from db.repositories.notices import Due
from db.told import told
from tasks.notices.mail import MailChannel
from tasks.notices.outcome import Channel, Message, NotHandedOver
from tasks.notices.settings import NoticeSettings, notice_settings
from tasks.notices.webhook import WebhookChannel
from tasks.notices.words import words_of
from tasks.settings import provider_settings

log = Log("notices")

# Seconds after the first, second … attempt: three days in all, of which a receiver may be down for two.
BACK_OFF = (60, 300, 1800, 7200, 18000, 36000, 50400, 57600, 72000)
MOST_ATTEMPTS = len(BACK_OFF) + 1
NEWS_FOR = timedelta(days=1)  # what was told longer ago goes to no channel that never had a delivery
OLDEST = timedelta(days=5)  # what waited longer, like in a database that was brought back, is given up
SPREAD_AT_ONCE = 500
SECONDS_A_PASS = 20.0  # that one channel may take while the others wait
SECONDS_IN_ALL = 60.0  # after which a pass begins no more attempts: the rest is the next one's


@dataclass(frozen=True)
class Delivered:
    """What one pass came to, in notices."""

    sent: int = 0
    failed: int = 0


def channels(settings: NoticeSettings | None = None) -> tuple[Channel, ...]:
    """The ways out that are set. Raises BadSettings."""
    chosen = settings or notice_settings()
    webhooks = [WebhookChannel(each) for each in chosen.webhooks]
    return (*webhooks, MailChannel(chosen)) if chosen.recipients else tuple(webhooks)


def deliver(record: Record, ways: Sequence[Channel]) -> Delivered:
    """One pass: spread what is new, then send what is due on each channel, in no order of its own, so that
    none is always the last one. What fails on one leaves the others as they are. RecordError.

    A process for which no channel is set leaves everything as it is: another one may know of some.
    """
    if not ways:
        return Delivered()
    with record.reading() as session:
        if not notices.is_any_due(session):
            return Delivered()
    _spread(record, ways)
    until = time.monotonic() + SECONDS_IN_ALL
    passes = [_send_due(record, way, until) for way in random.sample(ways, len(ways))]
    return Delivered(sum(each.sent for each in passes), sum(each.failed for each in passes))


def attempt(way: Channel, messages: list[Message], timestamp: int) -> NotHandedOver | None:
    """One attempt on one way out, whatever it comes to: what it raises is a failure like the others."""
    try:
        return way.send(messages, timestamp)
    except Exception as error:
        log.error("an attempt to hand notices over failed", error=error, count=len(messages))
        return NotHandedOver(told("It could not be sent (%(why)s).", why=type(error).__name__))


def _spread(record: Record, ways: Sequence[Channel]) -> None:
    def ways_of(kind: str) -> list[tuple[str, float]]:
        return [(way.name, way.waits_seconds) for way in ways if way.takes(kind)]

    with record.writing() as session:
        now = clock.read(session).earlier
        notices.spread(session, ways_of, SPREAD_AT_ONCE, since=now - OLDEST, new_since=now - NEWS_FOR)
        notices.give_up_before(session, now - OLDEST, told("It waited for too long."))


def _send_due(record: Record, way: Channel, until: float) -> Delivered:
    """Send until nothing is due, one attempt fails, or it takes too long: others are not to wait for it."""
    until = min(until, time.monotonic() + SECONDS_A_PASS)
    sent = 0
    while time.monotonic() < until:
        with record.writing() as session:
            due = notices.take_due(session, way.name, way.at_once, put_off=_back_off, company=way.at_once > 1)
            now = clock.now(session)
            messages = [message_of(each.notice) for each in due]
        if not due:
            break
        failure = attempt(way, messages, int(now.timestamp()))
        if failure is not None:
            _note(record, due, failure)
            return Delivered(sent, len(due))
        _mark(record, way, due)
        sent += len(due)
    return Delivered(sent)


def message_of(notice: Notice) -> Message:
    """A notice as it leaves the house: ids, counts and codes, an order number, and a link."""
    words = words_of(notice)
    ids = {"character_id": notice.character_id, "batch_id": notice.batch_id}
    return Message(
        id=notice.id,
        kind=notice.kind,
        at=notice.created_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        order_number=order_number(notice.character_id) if notice.character_id else "",
        data={**notice.data, **{name: value for name, value in ids.items() if value}},
        words=words,
        link=provider_settings().public_address + words.path,
    )


def _back_off(attempt: int) -> float:
    return float(BACK_OFF[min(attempt, len(BACK_OFF)) - 1])


def _mark(record: Record, way: Channel, due: Sequence[Due]) -> None:
    with record.writing() as session:
        notices.mark_delivered(session, [each.id for each in due])
        if max(each.attempt for each in due) > 1:  # it is back: what waits for its next attempt goes now
            notices.hurry(session, way.name)


def _note(record: Record, due: Sequence[Due], failure: NotHandedOver) -> None:
    last = [each.id for each in due if failure.for_good or each.attempt >= MOST_ATTEMPTS]
    others = {each.id: each.attempt for each in due if each.id not in last}
    with record.writing() as session:
        if last:
            notices.mark_dead(session, last, failure.error)
        for delivery_id, attempt in others.items():
            wait = max(_back_off(attempt), failure.wait_seconds)
            notices.note_failure(session, [delivery_id], failure.error, wait)
    log.warning("notices were not handed over", count=len(due), attempt=max(each.attempt for each in due))
