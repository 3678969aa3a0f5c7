"""Days where people live: 23 and 25 hours long, without a midnight, half an hour off, one that never was."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from db.days import day_of, day_on, days_up_to

DAY = date.fromisoformat


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("UTC", "2026-11-29", "2026-11-29T00:00", 24),
        ("America/Los_Angeles", "2026-11-29", "2026-11-29T08:00", 24),
        ("America/Los_Angeles", "2026-03-08", "2026-03-08T08:00", 23),
        ("America/Los_Angeles", "2026-11-01", "2026-11-01T07:00", 25),
        ("Pacific/Auckland", "2026-11-29", "2026-11-28T11:00", 24),
        ("Pacific/Auckland", "2026-09-27", "2026-09-26T12:00", 23),
        ("Pacific/Auckland", "2026-04-05", "2026-04-04T11:00", 25),
        ("Asia/Kolkata", "2026-11-29", "2026-11-28T18:30", 24),
        ("Asia/Kathmandu", "2026-11-29", "2026-11-28T18:15", 24),
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00", 24.5),
        # Their clocks go forward at midnight, which is one o'clock then.
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00", 23),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00", 23),
        # Midnight comes twice: the clocks go back from one o'clock.
        ("America/Havana", "2026-11-01", "2026-11-01T04:00", 25),
        # West Samoa went over the date line: that Friday never was.
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", 0),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00", 24),
    ],
)
def test_a_day_is_as_long_as_it_is_there(zone: str, day: str, start: str, hours: float) -> None:
    found = day_on(DAY(day), ZoneInfo(zone))
    assert found.start == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert found.end - found.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    "zone", ["America/Los_Angeles", "Pacific/Auckland", "Africa/Cairo", "Asia/Kolkata", "Pacific/Apia", "UTC"]
)
@pytest.mark.parametrize("year", [2011, 2026])
def test_every_moment_of_a_year_is_in_one_day_and_no_other(zone: str, year: int) -> None:
    place = ZoneInfo(zone)
    moment, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    before = day_of(moment, place)
    while moment < end:
        day = day_of(moment, place)
        assert day.start <= moment < day.end
        assert day == before or day.start == before.end
        before = day
        moment += timedelta(minutes=30)


def test_the_last_days_follow_on_each_other_through_a_change_of_the_clocks() -> None:
    place = ZoneInfo("America/Los_Angeles")
    days = days_up_to(day_on(DAY("2026-11-03"), place), 5, place)
    assert [each.date.strftime("%m-%d") for each in days] == ["10-30", "10-31", "11-01", "11-02", "11-03"]
    assert all(one.end == other.start for one, other in itertools.pairwise(days))
