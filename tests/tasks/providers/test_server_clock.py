"""A provider's time is the one that its answers tell, whatever this machine's clock shows."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tasks.providers.http.retry_after import retry_after_seconds
from tasks.providers.http.server_clock import ServerClock, server_time
from tests.support.scripted_server import Answer, scripted_server

THERE = datetime(2031, 5, 4, 12, tzinfo=UTC)
DATED = {"date": format_datetime(THERE, usegmt=True)}


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "soon"}, {"date": "Mon, 99 Foo 2031"}])
def test_an_answer_without_a_time_tells_none(headers: dict[str, str]) -> None:
    assert server_time(headers) is None


def test_it_is_asked_once_and_reckoned_on_from_there() -> None:
    with scripted_server() as server:
        server.on("HEAD", "", Answer(404, "", {"Date": DATED["date"]}))
        clock = ServerClock(server.url)
        first, second = clock.now(), clock.now()
        assert first is not None and second is not None
        assert THERE <= first <= second < THERE + timedelta(minutes=5)
        assert len(server.seen("HEAD")) == 1


def test_one_that_is_away_tells_none() -> None:
    assert ServerClock("http://127.0.0.1:9").now() is None


@pytest.mark.parametrize(
    "asked",
    [
        {"retry-after": format_datetime(THERE + timedelta(seconds=90), usegmt=True)},
        {"ratelimit-reset": str(int(THERE.timestamp()) + 90)},
    ],
)
def test_the_moment_until_which_to_wait_is_one_of_its_own_clock(asked: dict[str, str]) -> None:
    assert retry_after_seconds(DATED | asked) == 90
