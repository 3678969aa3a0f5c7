"""What the budget of today is weighed against: the day of the zone that is set, and of those set before it.

A day that begins at another midnight must not make a second budget of one day. So a zone in which a budget
was weighed during its own present day counts until that day ends, whatever is set meanwhile.
"""

from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.days import Day, day_of
from db.models import BudgetZone
from db.repositories import clock
from db.repositories.insert_once import insert_once


def set_zone(session: Session, zone: ZoneInfo) -> None:
    """Note that a budget is weighed in this zone. Written once a day, not once a call."""
    now = clock.now(session)
    row = session.get(BudgetZone, zone.key)
    if row is None:
        insert_once(session, BudgetZone, {"zone": zone.key, "used_at": now})
    elif row.used_at < day_of(now, zone).start:
        row.used_at = now


def budget_day(session: Session, zone: ZoneInfo) -> Day:
    """From the first midnight of the days in force to the last: one day, unless the zone changed in it."""
    now = clock.now(session)
    today = day_of(now, zone)
    days = [today]
    for row in session.scalars(select(BudgetZone).where(BudgetZone.zone != zone.key)):
        other = day_of(now, ZoneInfo(row.zone))
        if other.start <= row.used_at < other.end:
            days.append(other)
    return Day(today.date, min(day.start for day in days), max(day.end for day in days))
