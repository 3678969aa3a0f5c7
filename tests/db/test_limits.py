"""One pace, one pause and one breaker a provider, whoever asks."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from db.engine import Record
from db.ids import utc_now
from db.rate_limit import RateLimit
from db.repositories import limits
from db.repositories.limits import FIRST_REST, LONGEST_REST, TRIPS_AFTER, SlotDecision

FAST = RateLimit(per_minute=60, burst=3)


def ask(record: Record, at: datetime, pace: RateLimit = FAST, provider: str = "replicate") -> SlotDecision:
    with record.writing() as session:
        return limits.acquire_slot(session, provider, pace, at)


def test_a_burst_leaves_at_once_and_then_the_pace_holds(record: Record) -> None:
    now = utc_now()
    assert [ask(record, now).seconds for _ in range(3)] == [0, 0, 0]
    held = ask(record, now)
    assert held.reason == "pace"
    assert held.seconds == pytest.approx(1.0, abs=0.01)
    assert ask(record, now + timedelta(seconds=1.01)).seconds == 0
    assert ask(record, now + timedelta(seconds=1.01)).seconds > 0


def test_over_a_minute_no_more_leave_than_the_pace_and_the_burst_allow(record: Record) -> None:
    start = utc_now()
    left = sum(ask(record, start + timedelta(seconds=tick / 4)).seconds == 0 for tick in range(240))
    assert left in (60 + 2, 60 + 3)


def test_an_idle_account_saves_up_no_more_than_its_burst(record: Record) -> None:
    ask(record, utc_now() - timedelta(hours=5))
    now = utc_now()
    assert [ask(record, now).seconds == 0 for _ in range(5)] == [True, True, True, False, False]


def test_each_provider_has_its_own_traffic(record: Record) -> None:
    now = utc_now()
    one = RateLimit(per_minute=1, burst=1)
    assert ask(record, now, one, "replicate").seconds == 0
    assert ask(record, now, one, "openai").seconds == 0
    assert ask(record, now, one, "replicate").seconds > 0


def test_a_429_pauses_everyone_until_its_retry_after(record: Record) -> None:
    with record.writing() as session:
        limits.record_throttle(session, "replicate", 30)
    held = ask(record, utc_now())
    assert held.reason == "paused"
    assert held.seconds == pytest.approx(30, abs=1)
    assert ask(record, utc_now() + timedelta(seconds=31)).seconds == 0


def test_a_shorter_retry_after_does_not_shorten_the_pause(record: Record) -> None:
    with record.writing() as session:
        limits.record_throttle(session, "replicate", 60)
        limits.record_throttle(session, "replicate", 1)
    assert ask(record, utc_now()).seconds > 50


def test_a_low_credit_account_is_survived_at_six_a_minute_one_at_a_time(record: Record) -> None:
    with record.writing() as session:
        limits.record_throttle(session, "replicate", 0, per_minute=6)
    start = utc_now()
    left = [second for second in range(60) if ask(record, start + timedelta(seconds=second)).seconds == 0]
    assert len(left) == 6
    assert all(later - earlier >= 10 for earlier, later in pairwise(left))


def test_the_breaker_opens_after_failures_in_a_row_and_lets_one_through_to_see(record: Record) -> None:
    with record.writing() as session:
        opened = [limits.record_failure(session, "replicate") for _ in range(TRIPS_AFTER)]
    assert opened == [False] * (TRIPS_AFTER - 1) + [True]
    assert ask(record, utc_now()).reason == "breaker"
    later = utc_now() + FIRST_REST + timedelta(seconds=1)
    assert ask(record, later).seconds == 0
    assert ask(record, later).reason == "breaker"  # the others wait for what the first one finds
    with record.writing() as session:
        limits.record_success(session, "replicate")
    assert ask(record, later).seconds == 0


def test_the_breaker_rests_longer_each_time_but_not_for_ever(record: Record) -> None:
    with record.writing() as session:
        for _ in range(TRIPS_AFTER + 40):
            limits.record_failure(session, "replicate")
        wait = limits.acquire_slot(
            session, "replicate", FAST
        )  # by the record's own clock, as the rest was reckoned
    assert FIRST_REST.total_seconds() < wait.seconds <= LONGEST_REST.total_seconds()


def test_a_success_between_failures_keeps_it_closed(record: Record) -> None:
    with record.writing() as session:
        for _ in range(3 * TRIPS_AFTER):
            assert not limits.record_failure(session, "replicate")
            limits.record_success(session, "replicate")
