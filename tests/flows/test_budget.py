"""Many who reach for the last cents at the same moment: one gets them, on either database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest

from db.days import Day, day_of
from db.engine import Record
from db.models import CallKind, CallState
from db.repositories import calls, claims
from tasks.errors import OverBudget
from tasks.ledger.budget import check_budget, spending_today
from tests.db.conftest import blank_url, record, url
from tests.support.postgres import postgres_server

__all__ = ["blank_url", "postgres_server", "record", "url"]

PRICE = 67_000
MANY = 8


def test_the_last_cents_are_spent_once(record: Record) -> None:
    ready = Barrier(MANY)

    def reach(number: int) -> bool:
        with record.writing() as session:
            call = claims.claim(
                session,
                work_key=f"{number:064}",
                kind=CallKind.IMAGE,
                provider="replicate",
                model="m",
                estimate_microusd=PRICE,
                owner=str(number),
                lease_seconds=60,
            ).call
        ready.wait()
        try:
            with record.writing() as session:
                check_budget(session, 2 * PRICE - 1, PRICE)
                calls.advance(session, call_id=call.id, fence=call.fence, to=CallState.SENDING)
        except OverBudget:
            return False
        return True

    with ThreadPoolExecutor(MANY) as racers:
        assert sorted(racers.map(reach, range(MANY))) == [False] * (MANY - 1) + [True]
    with record.reading() as session:
        assert spending_today(session).total_microusd == PRICE


def test_who_waited_over_midnight_holds_the_day_that_is_weighed(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = (day_of(datetime(2026, 12, each, 12, tzinfo=UTC)) for each in (1, 2))
    days = iter([before, after, after])
    locked: list[Day] = []
    monkeypatch.setattr("tasks.ledger.budget.budget_zones.budget_day", lambda *_: next(days))
    monkeypatch.setattr("tasks.ledger.budget.spending.lock_days", lambda _, day: locked.append(day))
    with record.writing() as session:
        check_budget(session, 39_000, 39_000)
    assert locked == [before, after]
