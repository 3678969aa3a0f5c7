"""What is left after crashes: calls whose worker is dead, half-written files."""

import random
from datetime import timedelta

from db.compact import merge_index
from db.event_kinds import EventKind
from db.ids import first_id_of, moment_of
from db.log import Log
from db.repositories import calls, clock, events
from tasks.erasure.settings import retention_settings
from tasks.ledger.sum_audit import is_due
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Runtime
from tasks.settings import provider_settings
from tasks.settlement.reconcile import ReconcileRules, settle_unknown_calls

log = Log("housekeeping")

A_PIECE, MOST_A_ROUND = 500, 20_000  # rows of one transaction, and of one round: writers have their turn
_CORRECTIONS = (EventKind.CHARACTER_RENAMED, EventKind.CHARACTER_NOTES, EventKind.CHARACTER_TAGS)
_LATELY = timedelta(hours=2)  # several rounds


def clear_interrupted_writes(runtime: Runtime) -> int:
    """Remove what a crash in the middle of a write left on the disk; returns how much."""
    return runtime.store.tidy() if isinstance(runtime.store, DiskStore) else 0


def settle_by_evidence(runtime: Runtime) -> int:
    """Reconcile calls of unknown outcome with their providers; returns how many that settled."""
    rules = ReconcileRules(until=timedelta(days=provider_settings().evidence_days))
    return len(settle_unknown_calls(runtime, rules=rules, every=False))


def forget_old_steps(runtime: Runtime) -> int:
    """Delete the steps of runs that were longer ago than STORYKIN_KEEP_STEPS_DAYS, but for those of each
    character's newest run and of runs that did not end well; how many. A round looks at MOST_A_ROUND, from
    somewhere on, so that what stays is not read through each time. By the record's clock that never jumps,
    and never by more than a machine's own says.
    """
    with runtime.record.reading() as session:
        now = clock.read(session).earlier
    end = first_id_of(now - timedelta(days=retention_settings().steps_days))
    start = _somewhere_before(runtime, end)
    forgotten, left = 0, MOST_A_ROUND
    for place, until in ((start, end), ("", start)):
        after: str | None = place
        while after is not None and left > 0:
            with runtime.record.writing() as session:
                piece = events.forget_steps(session, after=after, before=until, limit=A_PIECE)
            forgotten, left, after = forgotten + piece.deleted, left - A_PIECE, piece.up_to
    return forgotten


def _somewhere_before(runtime: Runtime, end: str) -> str:
    """The first id of some moment between that of the oldest step and `end`; "" where there is none."""
    with runtime.record.reading() as session:
        oldest = events.oldest_step(session)
    began, ended = moment_of(oldest or ""), moment_of(end)
    if began is None or ended is None or began >= ended:
        return ""
    return first_id_of(began + random.random() * (ended - began))


def merge_corrected_words(runtime: Runtime) -> int:
    """Take corrected names, notes and tags out of SQLite's index, where they stay until its segments
    are merged; in how many transactions. After a correction, and, for what no round came by, once a night.
    """
    with runtime.record.reading() as session:
        since = clock.now(session) - _LATELY
        if not events.newest_of_kinds(session, _CORRECTIONS, since=since, limit=1) and not is_due(session):
            return 0
    return merge_index(runtime.record)


def settle_dead_calls(runtime: Runtime) -> int:
    """Calls that left and whose worker died before the answer become `unknown`; returns how many.

    Only where a call may cost money: the free local engine is simply asked again.
    """
    paid = {each.name for each in runtime.providers if each.charges}
    with runtime.record.writing() as session:
        dead = [call for call in calls.stuck(session) if call.provider in paid]
        return sum(calls.mark_unknown_if_dead(session, call_id=call.id) for call in dead)
