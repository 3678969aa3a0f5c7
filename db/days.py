"""What a day is: from one midnight up to the next, the later one left out."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True)
class Day:
    """One calendar day: every moment with `start` ≤ moment < `end`. It has two ends, so that what a clock
    gone astray has put beyond it counts on its own day and not on this one.
    """

    date: date
    start: datetime
    end: datetime


def day_of(moment: datetime, zone: tzinfo = UTC) -> Day:
    """The day that `moment` falls on, where the clocks show `zone`."""
    return day_on(moment.astimezone(zone).date(), zone)


def day_on(day: date, zone: tzinfo = UTC) -> Day:
    """That day, where the clocks show `zone`; as long as it is there, also when the clocks change."""
    start, end = (
        datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1))
    )
    return Day(day, start, end)


def days_up_to(last: Day, count: int, zone: tzinfo = UTC) -> list[Day]:
    """`count` days, the oldest first and `last` at the end."""
    return [day_on(last.date - timedelta(days=back), zone) for back in reversed(range(count))]
