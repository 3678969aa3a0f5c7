"""What the database counts by itself, counted again from the rows: every night, and when a person asks."""

from dataclasses import replace
from datetime import timedelta

from db.engine import Session
from db.log import Log
from db.repositories import character_counts, clock, spending
from db.repositories.spending import SumsAudit
from tasks.runtime import Runtime

log = Log("sum audit")

EVERY = timedelta(hours=20)  # once a night, also where the round before was late


def audit_sums(runtime: Runtime) -> SumsAudit:
    """Add every sum up again, and put on record how many differ: some seconds for a million calls."""
    with runtime.record.reading() as session:
        outcome = spending.audit(session)
        counts = character_counts.count_different(session)
    outcome = replace(outcome, different=outcome.different + counts)
    with runtime.record.writing() as session:
        spending.keep_audit(session, outcome)
    if not outcome.agrees:
        log.error("sums differ from what they are of", count=outcome.different)
    return outcome


def audit_once_a_night(runtime: Runtime) -> int:
    """The same where it was not done for a day; how many sums differ."""
    with runtime.record.reading() as session:
        due = is_due(session)
    return audit_sums(runtime).different if due else 0


def is_due(session: Session) -> bool:
    """Whether tonight's audit has not been. A clock set back asks early."""
    last = spending.last_audit(session)
    return last is None or abs(clock.now(session) - last.at) >= EVERY


def count_anew(runtime: Runtime) -> SumsAudit:
    """Make every sum again, while nobody writes a call or a character, and audit it."""
    with runtime.record.writing() as session:
        spending.count_anew(session)
        character_counts.count_anew(session)
    log.warning("sums counted anew")
    return audit_sums(runtime)


def fold_counts(runtime: Runtime) -> int:
    """Add up what the database has noted of characters' statuses; how many notes that has saved."""
    with runtime.record.writing() as session:
        return character_counts.fold(session)
