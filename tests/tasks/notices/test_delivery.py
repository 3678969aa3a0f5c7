"""Notices leave the house: once where all goes well, at least once where it does not, never silently not."""

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from db.called import order_number
from db.engine import Record
from db.event_kinds import EventKind
from db.ids import utc_now
from db.lifecycle import move
from db.models import (
    Batch,
    BatchItemState,
    BatchState,
    CharacterStatus,
    DeliveryState,
    Notice,
    NoticeDelivery,
    NoticeKind,
)
from db.repositories import clock, events, limits, notices
from tasks.batch.endings import end_batch
from tasks.notices import delivery, webhook
from tasks.notices.delivery import BACK_OFF, MOST_ATTEMPTS, Delivered, deliver
from tasks.notices.outcome import Channel, Message, NotHandedOver
from tasks.notices.settings import Webhook
from tasks.notices.signature import headers_of
from tasks.notices.webhook import WebhookChannel
from tasks.notices.words import words_of
from tests.support.records import fresh_record
from tests.support.rows import a_character
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NAME = "Wilhelmina"


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    made = Record(fresh_record(tmp_path / "record.db"))
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as running:
        yield running


def to(url: str, *kinds: str, name: str = "shop") -> WebhookChannel:
    return WebhookChannel(Webhook(name, url, SecretStr(SECRET), kinds or ("*",)))


def tell(record: Record, once: str = "1", kind: NoticeKind = NoticeKind.TEST) -> None:
    with record.writing() as session:
        notices.tell(session, kind, once=once)


def run_of(record: Record, to: CharacterStatus, run_token: str = "run-1", **why: Any) -> str:
    """A character whose run has come to this end."""
    with record.writing() as session:
        character = a_character(session, NAME)
        move(session, character, CharacterStatus.QUEUED)
        character.run_token = run_token
        move(session, character, CharacterStatus.PROFILING, run_token=run_token)
        move(session, character, to, run_token=run_token, **why)
        return character.id


def later(record: Record, seconds: float) -> None:
    """So much time passes, for what waits."""
    with record.writing() as session:
        for each in session.scalars(select(NoticeDelivery)):
            each.next_at -= timedelta(seconds=seconds)


def states(record: Record) -> list[str]:
    with record.reading() as session:
        return [each.state.value for each in session.scalars(select(NoticeDelivery))]


def told(record: Record) -> list[str]:
    with record.reading() as session:
        return [each.kind for each in session.scalars(select(Notice).order_by(Notice.id))]


def test_the_signature_is_the_specifications_own_example() -> None:
    headers = headers_of(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_who_is_ready_is_told_once_and_not_by_name(record: Record, receiver: WebhookReceiver) -> None:
    character_id = run_of(record, CharacterStatus.READY)
    way = to(f"{receiver.url}/here")
    assert deliver(record, [way]) == Delivered(sent=1)
    assert deliver(record, [way]) == Delivered()
    (got,) = receiver.received
    expected = headers_of(
        SECRET, got.headers["webhook-id"], int(got.headers["webhook-timestamp"]), got.body.encode()
    )
    assert got.headers["webhook-signature"] == expected["webhook-signature"]
    assert got.path == "/here" and NAME not in got.body
    assert got.json["type"] == "character.ready"
    data = got.json["data"]
    assert data["order_number"] == order_number(character_id) and data["character_id"] == character_id
    assert data["link"].endswith(f"/studio/character?id={character_id}")


@pytest.mark.parametrize(
    ("status", "reason", "kinds"),
    [
        (CharacterStatus.FAILED, "call_failed", ["character.failed"]),
        (CharacterStatus.NEEDS_ATTENTION, "refused", ["character.refused"]),
        (CharacterStatus.NEEDS_ATTENTION, "no_face", ["character.needs_attention"]),
    ],
)
def test_each_end_has_its_kind(
    record: Record, status: CharacterStatus, reason: str, kinds: list[str]
) -> None:
    run_of(record, status, reason=reason, sentence=f"{NAME} is in this sentence.")
    assert told(record) == kinds
    with record.reading() as session:
        said = [delivery.message_of(each) for each in session.scalars(select(Notice))]
    assert NAME not in repr(said)


def test_what_is_taken_back_was_never_told(record: Record) -> None:
    with pytest.raises(ZeroDivisionError), record.writing() as session:
        character = a_character(session)
        move(session, character, CharacterStatus.QUEUED)
        move(session, character, CharacterStatus.READY)
        raise ZeroDivisionError
    assert told(record) == []


def test_of_a_batch_only_its_end_is_told(record: Record) -> None:
    with record.writing() as session:
        batch = Batch(run_token="batch-1", state=BatchState.RUNNING, filter={}, plan={}, started_at=utc_now())
        session.add(batch)
        session.flush()
        batch_id = batch.id
    run_of(record, CharacterStatus.READY, run_token=batch_id)
    assert told(record) == []
    with record.writing() as session:
        end_batch(session, session.get_one(Batch, batch_id), BatchState.DONE, "Batch ended")
    assert told(record) == ["batch.done"]
    with record.reading() as session:
        (notice,) = session.scalars(select(Notice))
        assert set(notice.data) == {each.value for each in BatchItemState} - {"running"}


def test_an_outage_is_told_when_it_begins(record: Record) -> None:
    for _ in range(limits.TRIPS_AFTER + 3):
        with record.writing() as session:
            limits.record_failure(session, "replicate")
    assert told(record) == ["provider.outage"]


def test_a_failure_is_tried_again_under_the_same_id(record: Record, receiver: WebhookReceiver) -> None:
    tell(record)
    receiver.answers = [500, 200]
    way = to(receiver.url)
    assert deliver(record, [way]).failed == 1
    assert deliver(record, [way]) == Delivered()  # not before its time
    later(record, BACK_OFF[0])
    assert deliver(record, [way]).sent == 1
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] and first.body == second.body


def test_killed_between_sending_and_marking_it_is_sent_again(
    record: Record, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(record)
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "_mark", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            deliver(record, [to(receiver.url)])
    assert deliver(record, [to(receiver.url)]) == Delivered()  # it may still be under way
    later(record, BACK_OFF[0])
    assert deliver(record, [to(receiver.url)]).sent == 1
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    assert len(receiver.received) == 2 and states(record) == ["delivered"]


def test_two_that_deliver_at_once_send_each_notice_once(record: Record, receiver: WebhookReceiver) -> None:
    for number in range(12):
        tell(record, str(number))
    together = threading.Barrier(2)

    def one() -> int:
        together.wait(120)
        return deliver(record, [to(receiver.url)]).sent

    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(one) for _ in range(2)]
        assert sum(each.result() for each in sent) == 12
    assert len({each.headers["webhook-id"] for each in receiver.received}) == len(receiver.received) == 12


def test_a_receiver_may_be_down_for_a_day(record: Record, receiver: WebhookReceiver) -> None:
    for number in range(3):
        tell(record, str(number))
    receiver.answers = [503]
    waited = 0.0
    for seconds in BACK_OFF:
        for _ in range(3):
            deliver(record, [to(receiver.url)])
        if waited > 24 * 3600:
            break
        later(record, seconds)
        waited += seconds
    assert states(record) == ["waiting"] * 3 and waited > 24 * 3600
    receiver.answers = [200]
    later(record, BACK_OFF[-1])
    assert deliver(record, [to(receiver.url)]).sent == 3
    assert states(record) == ["delivered"] * 3


def test_what_one_recovery_shows_the_others_need_not_wait_for(
    record: Record, receiver: WebhookReceiver
) -> None:
    receiver.answers = [503]
    for number in range(2):
        tell(record, str(number))
        deliver(record, [to(receiver.url)])
    with record.writing() as session:
        first, second = session.scalars(select(NoticeDelivery).order_by(NoticeDelivery.id))
        second.next_at += timedelta(hours=5)
        first.next_at -= timedelta(hours=5)
    receiver.answers = [200]
    assert deliver(record, [to(receiver.url)]).sent == 2


def test_it_is_given_up_in_sight_and_tried_again_when_a_person_says_so(
    record: Record, receiver: WebhookReceiver
) -> None:
    tell(record)
    receiver.answers = [500]
    for _ in range(MOST_ATTEMPTS):
        deliver(record, [to(receiver.url)])
        later(record, BACK_OFF[-1])
    assert states(record) == ["dead"] and len(receiver.received) == MOST_ATTEMPTS
    with record.reading() as session:
        assert notices.dead(session, 10)[0][0].error == "It answered with 500."
    receiver.answers = [200]
    assert deliver(record, [to(receiver.url)]) == Delivered()
    with record.writing() as session:
        assert notices.try_again(session) == 1
    assert deliver(record, [to(receiver.url)]).sent == 1


def test_who_wants_no_more_is_asked_no_more(record: Record, receiver: WebhookReceiver) -> None:
    tell(record)
    receiver.answers = [410]
    deliver(record, [to(receiver.url)])
    assert states(record) == ["dead"]


def test_a_redirect_is_not_followed(record: Record, receiver: WebhookReceiver) -> None:
    tell(record)
    receiver.answers = [307]
    assert deliver(record, [to(receiver.url)]).failed == 1
    assert len(receiver.received) == 1


def test_a_slow_receiver_is_cut_off_and_holds_nobody_up(
    record: Record, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(record)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        slow = to(f"http://127.0.0.1:{silent.getsockname()[1]}", name="slow")
        send = slow.send

        def hurried(*given: Any) -> Any:
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(webhook, "TIMEOUT", httpx.Timeout(0.2))
                return send(*given)

        monkeypatch.setattr(slow, "send", hurried)
        assert deliver(record, [slow, to(receiver.url)]) == Delivered(sent=1, failed=1)
    assert sorted(states(record)) == ["delivered", "waiting"]


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("https://hooks.example.org/", ["169.254.169.254"]),
        ("https://hooks.example.org/", ["10.0.0.7", "fe80::1%eth0"]),
        ("http://localhost:9/", ["10.0.0.7"]),
    ],
)
def test_a_name_does_not_lead_to_the_cloud_nor_out_in_the_clear(
    record: Record, monkeypatch: pytest.MonkeyPatch, url: str, addresses: list[str]
) -> None:
    found = [(0, 0, 0, "", (each, 0)) for each in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
    monkeypatch.setattr(webhook, "BoundedClient", lambda **_: pytest.fail("a request left"))
    tell(record)
    assert deliver(record, [to(url)]).failed == 1


class _Remembering:
    """A way out that takes everything."""

    name, at_once, waits_seconds = "memory", 1, 0.0

    def __init__(self) -> None:
        self.got: list[Message] = []

    def takes(self, kind: str) -> bool:
        return kind != NoticeKind.CHARACTER_READY

    def send(self, messages: list[Message], timestamp: int) -> NotHandedOver | None:
        self.got += messages
        return None


class _Broken(_Remembering):
    """A way out with a fault of its own."""

    name = "broken"

    def send(self, messages: list[Message], timestamp: int) -> NotHandedOver | None:
        raise AttributeError


def test_what_is_old_by_the_time_of_a_restore_goes_nowhere(record: Record) -> None:
    way: Channel = _Remembering()
    week = timedelta(days=7)
    with record.writing() as session:
        session.add(Notice(kind="test", once="a week ago", data={}, created_at=utc_now() - week))
        waits = Notice(
            kind="test", once="it waits", data={}, created_at=utc_now() - week, spread_at=utc_now()
        )
        session.add(waits)
        session.flush()
        session.add(
            NoticeDelivery(
                notice_id=waits.id,
                channel="memory",
                state=DeliveryState.WAITING,
                next_at=utc_now() - week,
                created_at=utc_now() - week,
            )
        )
    tell(record, "today")
    assert deliver(record, [way]).sent == 1
    assert sorted(states(record)) == ["dead", "delivered"]


def test_a_way_that_raises_stops_no_other(record: Record, receiver: WebhookReceiver) -> None:
    tell(record)
    ways: list[Channel] = [_Broken(), to("https://a..b/", name="nowhere"), to(receiver.url)]
    assert deliver(record, ways) == Delivered(sent=1, failed=2)
    assert sorted(states(record)) == ["delivered", "waiting", "waiting"]


def test_a_clock_that_is_ahead_gives_nothing_up(
    record: Record, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.answers = [500, 200]
    tell(record)
    deliver(record, [to(receiver.url)])
    later(record, BACK_OFF[0])
    tell(record, "new")
    ahead = utc_now() + timedelta(days=100)
    monkeypatch.setattr(clock, "now", lambda _session: ahead)
    monkeypatch.setattr(clock, "read", lambda _session: clock.Reading(ahead, utc_now()))
    assert deliver(record, [to(receiver.url)]).sent == 2


def test_after_days_without_a_delivery_only_a_channel_that_is_new_goes_without(record: Record) -> None:
    known, new = _Remembering(), _Remembering()
    new.name = "new"
    tell(record)
    deliver(record, [known])
    with record.writing() as session:
        days_ago = utc_now() - timedelta(days=3)
        session.add(Notice(kind="test", once="while nothing ran", data={}, created_at=days_ago))
    deliver(record, [known, new])
    assert (len(known.got), len(new.got)) == (2, 0)


def test_a_pass_ends_and_the_rest_is_the_next_ones(
    record: Record, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(record)
    monkeypatch.setattr(delivery, "SECONDS_IN_ALL", 0.0)
    assert deliver(record, [to(receiver.url)]) == Delivered()
    monkeypatch.undo()
    assert deliver(record, [to(receiver.url)]).sent == 1


def test_a_call_given_up_is_not_told_as_a_run_that_stopped(record: Record) -> None:
    with record.writing() as session:
        character = a_character(session, NAME)
        kind = EventKind.CALL_GIVEN_UP
        events.add(session, kind=kind, actor="system", message=kind.sentence, character_id=character.id)
    assert told(record) == ["character.needs_attention"]
    with record.reading() as session:
        said = words_of(session.scalars(select(Notice)).one()).sentence
    assert "request" in said and "The run stopped" not in said


def test_a_kind_goes_where_it_is_wanted(record: Record) -> None:
    run_of(record, CharacterStatus.READY)
    way = _Remembering()
    deliver(record, [way])
    assert way.got == [] and states(record) == []


def test_a_process_that_knows_no_channel_leaves_the_notices_to_who_does(record: Record) -> None:
    tell(record)
    assert deliver(record, []) == Delivered()
    way = _Remembering()
    assert deliver(record, [way]).sent == 1
    assert json.dumps(way.got[0].data) and DeliveryState.DELIVERED.value in states(record)
