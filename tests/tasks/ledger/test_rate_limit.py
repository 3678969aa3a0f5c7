"""A 429 slows every worker down, not only the one that heard it; and it is no reason to open the breaker."""

import httpx
import pytest

from db.ids import utc_now
from db.repositories import limits
from db.repositories.limits import TRIPS_AFTER
from tasks.errors import CallFailed, NotSent, Refused, StorykinError, Throttled
from tasks.ledger.rate_limit import PACES, minutes_words, pass_gate, tell_outcome
from tasks.providers.replicate.errors import create_error
from tasks.runtime import Workshop
from tests.flows.conftest import tools

__all__ = ["tools"]

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


def test_everyone_waits_and_the_breaker_stays_closed(tools: Workshop) -> None:
    error = create_error(answer(LOW_CREDIT))
    for _ in range(2 * TRIPS_AFTER):
        tell_outcome(tools, "replicate", error)
    with tools.record.writing() as session:
        wait = limits.take(session, "replicate", PACES["replicate"], utc_now())
    assert wait.reason == "paused"
    assert wait.seconds > 5


def test_a_time_to_wait_is_obeyed_whatever_it_came_with(tools: Workshop) -> None:
    tell_outcome(tools, "openai", NotSent("OpenAI is having trouble.", code="provider_down", retry_after=40))
    with tools.record.writing() as session:
        wait = limits.take(session, "openai", PACES["openai"], utc_now())
    assert wait.reason == "paused"
    assert wait.seconds > 35


@pytest.mark.parametrize("error", [Refused("No."), CallFailed("It failed."), None])
def test_a_provider_that_answers_is_trusted_again(tools: Workshop, error: StorykinError | None) -> None:
    for _ in range(TRIPS_AFTER):
        tell_outcome(tools, "openai", NotSent("away"))
    with tools.record.reading() as session:
        assert limits.all_limits(session)[0].open_until is not None
    tell_outcome(tools, "openai", error)
    with tools.record.reading() as session:
        (row,) = limits.all_limits(session)
    assert (row.failures, row.open_until) == (0, None)


def test_what_must_wait_too_long_says_how_long(tools: Workshop) -> None:
    tell_outcome(tools, "replicate", Throttled("slow down", retry_after=600))
    with pytest.raises(NotSent, match="takes nothing from us for another 10 minutes"):
        pass_gate(tools, "replicate", alive=lambda: None, sleep=lambda _seconds: None)
    assert minutes_words(39.2) == "40 seconds"
