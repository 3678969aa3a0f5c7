"""The report of a time, as one page to read or keep."""

from datetime import date, timedelta

from tasks.errors import UsageError
from tasks.giving.audit import enter_given_out
from tasks.ledger.budget import today
from ui.acting import acting_id
from ui.services import StudioServices

MOST_DAYS = 366  # a longer time is for `storykin report`, which keeps nobody waiting
MOST_ROWS = 50_000  # calls or pictures: some 100 MB and seconds of one processor while it is made
USUAL_DAYS = 7


def usual_days(services: StudioServices) -> tuple[date, date]:
    """What is offered: the last days up to today, as STORYKIN_TIMEZONE has them. RecordError."""
    with services.record.reading() as session:
        last = today(session).date
    return last - timedelta(days=USUAL_DAYS - 1), last


def period_page(services: StudioServices, first: str, last: str) -> str:
    """The page of the days from `first` to `last` (YYYY-MM-DD, in either order); whose pictures are on it is
    entered in the audit log. UsageError.
    """
    from tasks.reports.figures import period_report  # noqa: PLC0415 - pandas is slow to import, and large
    from tasks.reports.page import report_html  # noqa: PLC0415

    days = sorted((_day(first), _day(last)))
    if (days[1] - days[0]).days >= MOST_DAYS:
        raise UsageError(
            "A report in the studio is of a year at the most. `storykin report` takes any time.",
            code="usage",
        )
    found = period_report(services.runtime, first=days[0], last=days[1], most_rows=MOST_ROWS)
    page, given = report_html(services.runtime, found)
    enter_given_out(services.record, given, "report", by=acting_id())
    return page


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("Say from which day to which, like 2026-11-30.", code="usage") from None
