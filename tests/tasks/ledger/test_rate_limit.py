"""A 429 slows every worker down, not only the one that heard it; and it is no reason to open the breaker."""

import httpx
import pytest

from db.errors import BadSettings
from db.ids import utc_now
from db.models import CallKind, CallState
from db.repositories import calls, claims, limits
from db.repositories.limits import TRIPS_AFTER, SlotDecision
from tasks.errors import CallFailed, NotSent, Refused, StorykinError, Throttled
from tasks.ledger.rate_limit import acquire_slot, minutes_words, rate_limit_of, record_outcome
from tasks.providers.replicate.errors import create_error
from tasks.runtime import Runtime
from tasks.settings import provider_settings
from tests.flows.conftest import runtime

__all__ = ["runtime"]

LOW_CREDIT = (
    "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with"
    " a burst of 1 requests while you have less than $5.0 in credit. Your rate limit resets in ~9s."
)


def answer(detail: str) -> httpx.Response:
    return httpx.Response(429, json={"detail": detail, "status": 429})


@pytest.mark.parametrize(("detail", "pace"), [(LOW_CREDIT, 6), ("Request was throttled.", None)])
def test_a_429_says_how_long_and_how_slow(detail: str, pace: int | None) -> None:
    error = create_error(answer(detail))
    assert isinstance(error, Throttled)
    assert error.per_minute == pace


def test_the_time_in_the_sentence_is_obeyed_where_there_is_no_header() -> None:
    error = create_error(answer(LOW_CREDIT))
    assert isinstance(error, Throttled)
    assert error.retry_after is not None and error.retry_after >= 9


def test_everyone_waits_and_the_breaker_stays_closed(runtime: Runtime) -> None:
    error = create_error(answer(LOW_CREDIT))
    for _ in range(2 * TRIPS_AFTER):
        record_outcome(runtime, "replicate", error)
    with runtime.record.writing() as session:
        wait = limits.acquire_slot(session, "replicate", rate_limit_of("replicate"), utc_now())
    assert wait.reason == "paused"
    assert wait.seconds > 5


def test_nobody_waits_for_long_however_often_the_pause_is_extended(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each wait by itself is short; all of them together are what a call has patience for."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        assert sum(slept) <= 120

    monkeypatch.setattr(limits, "acquire_slot", lambda *_all, **_named: SlotDecision(30.0, "paused"))
    with pytest.raises(NotSent, match="another 30 seconds"):
        acquire_slot(runtime, "replicate", alive=lambda: None, sleep=sleep)
    assert sum(slept) > 60


def test_a_time_to_wait_is_obeyed_whatever_it_came_with(runtime: Runtime) -> None:
    record_outcome(
        runtime, "openai", NotSent("OpenAI is having trouble.", code="provider_down", retry_after=40)
    )
    with runtime.record.writing() as session:
        wait = limits.acquire_slot(session, "openai", rate_limit_of("openai"), utc_now())
    assert wait.reason == "paused"
    assert wait.seconds > 35


@pytest.mark.parametrize("error", [Refused("No."), CallFailed("It failed."), None])
def test_a_provider_that_answers_is_trusted_again(runtime: Runtime, error: StorykinError | None) -> None:
    for _ in range(TRIPS_AFTER):
        record_outcome(runtime, "openai", NotSent("away"))
    with runtime.record.reading() as session:
        assert limits.all_limits(session)[0].open_until is not None
    record_outcome(runtime, "openai", error)
    with runtime.record.reading() as session:
        (row,) = limits.all_limits(session)
    assert (row.failures, row.open_until) == (0, None)


def test_what_must_wait_too_long_says_how_long(runtime: Runtime) -> None:
    record_outcome(runtime, "replicate", Throttled("slow down", retry_after=600))
    with pytest.raises(NotSent, match="takes nothing from us for another 10 minutes"):
        acquire_slot(runtime, "replicate", alive=lambda: None, sleep=lambda _seconds: None)
    assert minutes_words(39.2) == "40 seconds"


def test_the_pace_of_an_account_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = rate_limit_of("openai")
    monkeypatch.setenv("STORYKIN_PROVIDER_PACES", "replicate=900, local=7")
    provider_settings.cache_clear()
    assert (rate_limit_of("replicate").per_minute, rate_limit_of("local").per_minute) == (900, 7)
    assert rate_limit_of("openai") == usual
    monkeypatch.setenv("STORYKIN_PROVIDER_PACES", "replicat=900")
    provider_settings.cache_clear()
    with pytest.raises(BadSettings, match="STORYKIN_PROVIDER_PACES"):
        provider_settings()
    monkeypatch.undo()
    provider_settings.cache_clear()


def test_no_more_are_under_way_than_are_allowed_and_nobody_gives_up_waiting(runtime: Runtime) -> None:
    with runtime.record.writing() as session:
        claim = claims.claim(
            session,
            work_key="k" * 64,
            kind=CallKind.VISION,
            provider="replicate",
            model="m",
            estimate_microusd=0,
            owner="one",
            lease_seconds=60,
        )
        calls.advance(session, call_id=claim.call.id, fence=claim.call.fence, to=CallState.SENDING)
        pace = rate_limit_of("replicate")
        assert limits.acquire_slot(session, "replicate", pace, at_once=1).reason == limits.BUSY
        assert limits.acquire_slot(session, "openai", pace, at_once=1).seconds == 0
        assert limits.acquire_slot(session, "replicate", pace, at_once=2).seconds == 0
