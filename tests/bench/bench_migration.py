"""How long others are shut out while a full record is migrated, as a share of how long they would wait.

Run by `make bench`, or alone: `python -m tests.bench.bench_migration [CALLS]`. The record is one of the first
release with so many provider calls; somebody reads and writes in it without pause, in a process of their own,
while it is brought to the newest revision. The share must stay far below 1: beyond that they fail.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from db import migrate
from db.engine import BUSY_TIMEOUT_MS, Record, make_engine

CALLS = 600_000
A_CHARACTER = 30  # calls each
FIRST_RELEASE = "2026_11_22_the_attempts"
_TURN = 0.002  # seconds between two transactions of those at work

_NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)"
_WHEN = "'2026-01-01 00:00:00.000000'"
_FILL = {
    "characters": f"""
        INSERT INTO characters (id, created_at, name, search_name, gender, status, status_at,
            consent_version, consent_at)
        {_NUMBERS} SELECT 'character-' || (10000000 + n), {_WHEN}, 'Zoë ' || n, 'zoë ' || n, 'girl', 'ready',
            {_WHEN}, '1', {_WHEN} FROM numbers""",
    "events": f"""
        INSERT INTO events (id, created_at, character_id, kind, actor, message, data)
        {_NUMBERS} SELECT 'event-' || (10000000 + n), {_WHEN}, 'character-' || (10000000 + n), 'run.asked',
            'operator', 'Asked', '{{"styles": ["flat", "anime"]}}' FROM numbers""",
    "provider_calls": f"""
        INSERT INTO provider_calls (id, created_at, work_key, kind, provider, model, state, fence, attempts,
            lease_expires_at, provider_id, character_id, result, estimate_microusd, actual_microusd,
            sent_at, accepted_at, delivered_at, stored_at, recorded_at, ended_at, updated_at)
        {_NUMBERS} SELECT 'call-' || (10000000 + n), {_WHEN}, '{"a" * 56}' || (10000000 + n), 'vision',
            'openai', 'gpt-5.6-luna', 'recorded', 1, 1, {_WHEN}, 'resp-' || n,
            'character-' || (10000001 + (n - 1) / {A_CHARACTER}), '{{"profile": {{}}}}', 5000, 398,
            {_WHEN}, {_WHEN}, {_WHEN}, {_WHEN}, {_WHEN}, {_WHEN}, {_WHEN} FROM numbers""",
}


def main(calls: int = CALLS) -> int:
    """Print the table."""
    title = f"migration of {calls:,} provider calls"
    print(f"\n{title:34}{'wall s':>9}{'shut out s':>12}{'waits s':>9}{'share':>8}", flush=True)
    patience = BUSY_TIMEOUT_MS / 1000
    with tempfile.TemporaryDirectory(prefix="storykin-bench-") as folder:
        for name, url in _databases(Path(folder)):
            _fill(url, calls)
            seconds, longest = _migrate_beside_others(url)
            print(
                f"{name:34}{seconds:9.2f}{longest:12.2f}{patience:9.0f}{longest / patience:8.3f}", flush=True
            )
    return 0


def _databases(folder: Path) -> Iterator[tuple[str, str]]:
    """A database on each engine, without a table."""
    yield "SQLite", f"sqlite:///{folder / 'record.db'}"
    with _postgres() as url:
        yield "Postgres", url


@contextmanager
def _postgres() -> Iterator[str]:
    from tests.support.postgres import PostgresServer

    folder = Path(tempfile.mkdtemp(prefix="storykin-bench-pg-"))
    server = PostgresServer(folder)
    try:
        with server.database(template="template0") as url:
            yield url
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _fill(url: str, calls: int) -> None:
    migrate.upgrade(url, to=FIRST_RELEASE)
    engine = make_engine(url)
    for table, statement in _FILL.items():
        count = calls if table == "provider_calls" else -(-calls // A_CHARACTER)
        with engine.connect().execution_options(storykin_write=True) as connection:
            connection.execute(text(statement), {"count": count})
            connection.commit()
    engine.dispose()


def _migrate_beside_others(url: str) -> tuple[float, float]:
    """How long it took, and for how long somebody who read or wrote meanwhile was held up at the most."""
    command = [sys.executable, "-m", "tests.bench.bench_migration", "at-work", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as at_work:
        assert at_work.stdout is not None
        at_work.stdout.readline()  # they are under way
        began = time.perf_counter()
        migrate.upgrade(url)
        seconds = time.perf_counter() - began
        longest, _ = at_work.communicate("\n")
    assert at_work.returncode == 0, "somebody at work failed"
    return seconds, float(json.loads(longest))


def at_work(url: str) -> None:
    """Read and write without pause until told to end; then tell how long the longest of it took."""
    record, over, longest, turns = Record(url), threading.Event(), 0.0, 0
    threading.Thread(target=_until_told, args=(over,), daemon=True).start()
    while not over.wait(_TURN):
        began = time.perf_counter()
        with record.reading() as session:
            found = session.execute(text("SELECT state FROM provider_calls WHERE id = 'call-10000001'"))
            assert found.scalar_one() == "recorded"
        changed = "UPDATE characters SET status_at = status_at WHERE id = 'character-10000001'"
        lease = "UPDATE provider_calls SET updated_at = updated_at WHERE id = 'call-10000001'"
        with record.writing() as session:
            session.execute(text(lease))
            session.execute(text(changed))
        longest = max(longest, time.perf_counter() - began)
        turns += 1
        if turns == 1:
            longest = 0.0  # the first connects
            print("under way", flush=True)
    record.close()
    print(json.dumps(longest))


def _until_told(over: threading.Event) -> None:
    sys.stdin.readline()
    over.set()


if __name__ == "__main__":
    if sys.argv[1:2] == ["at-work"]:
        at_work(sys.argv[2])
    else:
        sys.exit(main(*map(int, sys.argv[1:])))
