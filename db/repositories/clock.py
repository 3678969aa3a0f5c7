"""What time the database thinks it is: the one clock that every machine on this record shares.

The ledger decides by these and by no other clock: whoever is 20 minutes ahead would take a living worker's
call away, or spend tomorrow's budget. Postgres has a clock of its own. A SQLite file has none but that of its
one machine, which may be set forwards or back at any moment, so leases and ages are reckoned there by the
time since the machine was started, which only goes on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from db.ids import utc_now
from db.models import AuditEntry, ClockAnchor, Event
from db.repositories.insert_once import insert_once

# The kernel's own files: every process of the machine reads the same, whatever clock it has been given.
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_UPTIME = Path("/proc/uptime")
_KNOWN = "storykin_clock_anchor"  # what a connection has read of it, by boot
_RIGHTS = "/rights"  # the anchor of what `rights` reckons by, beside the boot's own


@dataclass(frozen=True)
class Reading:
    """One look at the clock."""

    now: datetime  # the calendar's: what is written down for people, and reckoned days by
    steady: datetime  # never jumps: for leases, deadlines, the pace and ages; never shown

    @property
    def earlier(self) -> datetime:
        """What is deleted or given up by its age is reckoned by: no clock that is ahead makes it old."""
        return min(self.now, self.steady)


def read(session: Session) -> Reading:
    """What the time is, in both senses; on a server they are the same."""
    theirs = database_now(session)
    return Reading(theirs, theirs) if theirs is not None else Reading(utc_now(), since_boot(session))


def now(session: Session) -> datetime:
    """The time that the ledger writes down, and reckons days by."""
    return database_now(session) or utc_now()


def steady(session: Session) -> datetime:
    """The time that leases, deadlines, the pace and ages are reckoned by."""
    return read(session).steady


def rights(session: Session) -> datetime:
    """The time by which links, tokens and sessions expire: the steady one, but never earlier than what this
    record had come to before the machine was started, whatever its clock said then. What is expired stays so.

    Of the ledger and of what is kept for how long it is none: it may be ahead for good, which ends rights
    early, and must not erase early.
    """
    return steady(session) + _ahead(session)


def _ahead(session: Session) -> timedelta:
    boot_id, running = _this_boot()
    if running is None or session.get_bind().dialect.name != "sqlite":
        return timedelta()
    began = since_boot(session) - running
    anchor = session.get(ClockAnchor, boot_id + _RIGHTS)
    if anchor is not None:
        return max(timedelta(), anchor.booted_at - began)
    return max((timedelta(), *(moment - running - began for moment in _on_record(session))))


def _on_record(session: Session) -> list[datetime]:
    """The newest moments that this record knows of."""
    newest = (
        select(Event.created_at).order_by(Event.id.desc()).limit(1),
        select(AuditEntry.at).order_by(AuditEntry.sequence.desc()).limit(1),
        select(ClockAnchor.booted_at).order_by(ClockAnchor.booted_at.desc()).limit(1),
    )
    return [moment for query in newest if (moment := session.scalar(query)) is not None]


def database_now(session: Session) -> datetime | None:
    """The database server's time, aware; None for SQLite, which has no clock but this machine's."""
    if session.get_bind().dialect.name == "sqlite":
        return None
    moment: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment


def since_boot(session: Session) -> datetime:
    """This machine's time, as if its clock had never been set since it was started."""
    boot_id, running = _this_boot()
    if running is None:
        return utc_now()
    known: dict[str, datetime] = session.connection().info.setdefault(_KNOWN, {})
    if boot_id in known:
        return known[boot_id] + running
    anchor = session.get(ClockAnchor, boot_id)
    if anchor is None:
        booted_at = utc_now() - running
        if not session.connection().get_execution_options().get("storykin_write"):
            return booted_at + running
        newest = max((booted_at + running, *_on_record(session)))
        insert_once(session, ClockAnchor, {"boot_id": boot_id, "booted_at": booted_at})
        insert_once(session, ClockAnchor, {"boot_id": boot_id + _RIGHTS, "booted_at": newest - running})
        anchor = session.get_one(ClockAnchor, boot_id)
        session.info[_KNOWN] = None  # made here: whoever takes this transaction back takes it along
    if _KNOWN not in session.info:
        known[boot_id] = anchor.booted_at  # it is never changed
    return anchor.booted_at + running


def _this_boot() -> tuple[str, timedelta | None]:
    """Which start of this machine it is, and for how long it has been running, asleep or not. Where the
    system tells neither (macOS) there is only the wall clock.
    """
    try:
        return _BOOT_ID.read_text().strip(), timedelta(seconds=float(_UPTIME.read_text().split()[0]))
    except (OSError, ValueError, IndexError):
        return "", None
