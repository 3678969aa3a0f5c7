"""What a page or a paid call asks of the record grows with nothing: no table that grows is read through, and
nothing is sorted that an index has in order.
"""

from datetime import UTC, date

import pytest

from db.days import day_on, days_up_to
from db.engine import Record, Session
from db.event_kinds import EventKind
from db.models import CallKind, CallState
from db.rate_limit import RateLimit
from db.repositories import (
    assets,
    call_sums,
    calls,
    canaries,
    character_counts,
    claims,
    events,
    limits,
    measures,
    spending,
)
from tests.support.plans import Ask, explain, explained, reads_through, sorts
from tests.support.rows import a_character


def forget_a_step(session: Session) -> None:
    """One that is there: of none nothing is deleted."""
    character_id = a_character(session).id
    for kind in (EventKind.STEP_STARTED, EventKind.CHARACTER_READY):
        events.add(
            session, kind=kind, actor="system", message="", character_id=character_id, run_token="then"
        )
    assert events.forget_steps(session, after="", before="g", limit=9).deleted == 1


TODAY = day_on(date(2026, 11, 30), UTC)
LISTS = ("list", "list of a state", "dearest")  # what may be a million lines comes in order

READS: dict[str, Ask] = {
    "budget": lambda session: spending.of_day(session, TODAY),
    "days": lambda session: call_sums.by_day(session, days_up_to(TODAY, 14)),
    "styles": call_sums.by_style,
    "states": call_sums.by_state,
    "total": call_sums.total,
    "dearest": call_sums.by_character,
    "list": lambda session: call_sums.page(session, limit=25),
    "list of a state": lambda session: call_sums.page(session, state=CallState.REFUSED, limit=25),
    "unknown": calls.unknown,
    "how many unknown": calls.count_unknown,
    "stuck": calls.stuck,
    "by work": lambda session: calls.by_work_key(session, "w" * 64),
    "by asset": lambda session: calls.by_asset(session, "a"),
    "by provider's id": lambda session: calls.by_provider_id(session, "replicate", "p"),
    "of a character": lambda session: calls.of_character(session, "c"),
    "spent on a character": lambda session: calls.spent_microusd(session, character_id="c"),
    "assumed paid today": lambda session: call_sums.assumed_paid(session, day=TODAY),
    "unknown and not given up": lambda session: calls.unknown(session, given_up=False),
    "which calls there are": lambda session: calls.known_among(session, ["w" * 64, "v" * 64]),
    "which objects there are": lambda session: assets.known_among(session, ["pictures/a", "pictures/b"]),
    "last audit": spending.last_audit,
    "characters by status": character_counts.read,
    "calls by outcome": measures.call_totals,
    "characters that wait": measures.queued,
    "batches at work": measures.batches_at_work,
    "leases": measures.leases,
    "providers left alone": measures.providers_left_alone,
    "oldest step": events.oldest_step,
    "last canary": canaries.last_drifted,
}
WRITES: dict[str, Ask] = {
    "weigh": lambda session: spending.lock_days(session, TODAY),
    "slot": lambda session: limits.acquire_slot(session, "replicate", RateLimit(500, 10), at_once=4),
    "forgetting steps": forget_a_step,
    "claim": lambda session: claims.claim(
        session,
        work_key="w" * 64,
        kind=CallKind.IMAGE,
        provider="replicate",
        model="m",
        estimate_microusd=1,
        owner="test",
        lease_seconds=60,
    ),
}


@pytest.mark.parametrize("asked", [*READS, *WRITES])
def test_nothing_that_grows_is_read_through_or_sorted(record: Record, asked: str) -> None:
    steps = explained(record, (READS | WRITES)[asked])
    assert steps
    assert [each for each in steps if reads_through(each)] == []
    if asked in LISTS:
        assert [each for each in steps if sorts(each)] == []


def test_a_plan_that_reads_everything_is_seen(record: Record) -> None:
    with record.reading() as session:
        steps = explain(session, "SELECT * FROM provider_calls ORDER BY model", ())
    assert any(reads_through(each) for each in steps)
    assert any(sorts(each) for each in steps)
