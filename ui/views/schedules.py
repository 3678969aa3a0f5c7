"""Schedules of batches in words: on or paused, and the next times as a clock on the wall shows them there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.dates import format_datetime

from flows.schedules import Schedule
from ui.i18n import _, current_language
from ui.views.templates import render


@dataclass(frozen=True)
class SchedulesPage:
    """The schedules; `missed_hours` is when a missed night is skipped, None where it is always caught up."""

    schedules: tuple[Schedule, ...]
    missed_hours: float | None


def schedules_html(page: SchedulesPage) -> str:
    """The part of the Batches page."""
    return render("schedules.html", page=page, told=time_words)


def time_words(moment: datetime) -> str:
    """Day, date and hour, with the distance from UTC, which daylight saving time changes."""
    said = format_datetime(moment, "EEE, d MMM y, HH:mm", tzinfo=moment.tzinfo, locale=current_language())
    away = moment.utcoffset() or timedelta()
    minutes = round(away.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    offset = f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
    return _("%(moment)s (%(offset)s)", moment=said, offset=offset)
