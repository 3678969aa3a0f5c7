"""How long a paid call waits to leave: the budget weighed and the money reserved, in one transaction.

`python -m tests.bench.bench_leave [CALLS]`: beside so many calls of the same day, on SQLite and on Postgres;
there also while somebody holds a snapshot open, so that no old version of a sum can be cleaned up. The goal
is a p95 of 20 ms on a machine that does nothing else. "In place" is the share of the sums' updates that wrote
no index (HOT), of all that were made.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import insert, text

from db import migrate
from db.engine import Record, Session
from db.ids import new_id, utc_now
from db.models import CallKind, CallState, ProviderCall
from db.repositories import calls, claims
from tasks.ledger.budget import check_budget
from tests.bench import table
from tests.bench.bench_migration import _postgres
from tests.support.rows import call_at

CALLS, TIMES, HELD_UP = (
    100_000,
    300,
    3_000,
)  # there are, measured, made under a snapshot before it is measured
AT_ONCE = 5_000
HOT = (
    "SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables "
    "WHERE relname IN ('budget_days', 'budget_slots', 'call_day_sums')"
)


def main(count: int = CALLS) -> int:
    """Print the table."""
    table.title(f"leaving, beside {count:,} calls that day", ("p50 ms", "p95 ms", "cpu p95"))
    with tempfile.TemporaryDirectory(prefix="storykin-bench-") as folder:
        _measure("SQLite", _filled(f"sqlite:///{Path(folder) / 'record.db'}", count))
    with _postgres() as url:
        record = _filled(url, count)
        _measure("Postgres", record)
        with _snapshot(record):
            for _ in range(HELD_UP):
                _leave(record)
            _measure(f"Postgres, a snapshot held for {HELD_UP:,} calls", record)
        with record.reading() as session:
            session.execute(text("SELECT pg_stat_clear_snapshot()"))
            for name, updates, hot in session.execute(text(HOT)):
                print(f"{name:46}{updates:11,} updates, {hot / max(1, updates):.0%} in place")
        record.close()
    return 0


def _measure(name: str, record: Record) -> None:
    _leave(record)
    took, worked = zip(*(_leave(record) for _ in range(TIMES)), strict=True)
    p95, cpu = (statistics.quantiles(each, n=20, method="inclusive")[-1] for each in (took, worked))
    table.row(name, statistics.median(took), p95, cpu)


def _leave(record: Record) -> tuple[float, float]:
    """One call from its claim to its end; the milliseconds of its leaving, by the wall and of CPU."""
    with record.writing() as session:
        claim = claims.claim(
            session,
            work_key=new_id().replace("-", "") * 2,
            kind=CallKind.IMAGE,
            provider="replicate",
            model="m",
            estimate_microusd=39_000,
            owner="bench",
            lease_seconds=60,
        )
    began, at_work = time.perf_counter(), time.thread_time()
    with record.writing() as session:
        check_budget(session, 10**15, 39_000)
        _move(session, claim.call, CallState.SENDING)
    took = (time.perf_counter() - began) * 1000, (time.thread_time() - at_work) * 1000
    with record.writing() as session:
        _move(session, claim.call, CallState.REFUSED)
    return took


def _move(session: Session, call: ProviderCall, to: CallState) -> None:
    calls.advance(session, call_id=call.id, fence=call.fence, to=to)


def _filled(url: str, count: int) -> Record:
    migrate.upgrade(url)
    record = Record(url)
    for begin in range(0, count, AT_ONCE):
        rows = [
            call_at(
                CallState.REFUSED,
                id=new_id(),
                work_key=f"{number:064x}",
                kind=CallKind.IMAGE,
                provider="replicate",
                model="m",
                estimate_microusd=39_000,
                actual_microusd=0,
                sent_at=utc_now(),
            )
            for number in range(begin, min(count, begin + AT_ONCE))
        ]
        with record.writing() as session:
            session.execute(insert(ProviderCall), rows)
    return record


@contextmanager
def _snapshot(record: Record) -> Iterator[None]:
    """Somebody reads on and on, from one moment."""
    with record.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.execute(text("SELECT count(*) FROM budget_days"))
        yield


if __name__ == "__main__":
    sys.exit(main(*(int(each) for each in sys.argv[1:])))
