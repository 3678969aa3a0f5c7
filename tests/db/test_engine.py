"""The connection: what both databases promise, whatever their habits."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidRequestError, StatementError

from db.engine import SQLITE_POOL, Record, close_records
from db.engine import record as record_of
from db.errors import RecordAway, RecordError, RecordReadOnly
from db.models import Batch, CallState, Character, ProviderCall, User
from db.repositories import users
from db.settings import PROJECT, RecordSettings
from tests.support.racing import race_processes
from tests.support.rows import a_character, a_ready_character, call_at

LONG_AGO = datetime(2026, 3, 29, 3, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))


def test_a_moment_comes_back_in_utc_to_the_microsecond(record: Record) -> None:
    with record.writing() as session:
        session.add(User(email="a@b", name="Ada", created_at=LONG_AGO))
    with record.reading() as session:
        kept = session.scalars(select(User.created_at)).one()
        assert session.scalar(select(User.id).where(User.created_at == LONG_AGO)) is not None
        assert session.scalar(select(User.id).where(User.created_at < LONG_AGO)) is None
    assert (kept, kept.tzinfo) == (LONG_AGO, UTC)


def test_a_moment_without_a_zone_is_refused(record: Record) -> None:
    with pytest.raises(StatementError, match="without a zone"), record.writing() as session:
        session.add(User(email="a@b", name="Ada", created_at=LONG_AGO.replace(tzinfo=None)))


def test_references_are_held(record: Record) -> None:
    with pytest.raises(IntegrityError), record.writing() as session:
        character = a_character(session)
        character.photo_asset_id = "nowhere"


def test_reading_can_not_write(record: Record) -> None:
    with pytest.raises((RecordReadOnly, DBAPIError)), record.reading() as session:
        users.ensure_operator(session)
    with record.writing() as session:  # and the connection is as it was
        users.ensure_operator(session)


def test_an_error_in_the_middle_changes_nothing(record: Record) -> None:
    with pytest.raises(KeyError), record.writing() as session:
        a_character(session)
        raise KeyError
    with record.reading() as session:
        assert session.scalars(select(Character)).all() == []


def test_rows_are_of_use_after_their_session_and_relations_never_load_by_surprise(record: Record) -> None:
    with record.writing() as session:
        character = a_character(session, "Grace")
    assert character.name == "Grace"
    with pytest.raises(InvalidRequestError, match="raise"), record.reading() as session:
        _ = session.get_one(Character, character.id).photo


def test_text_too_long_for_its_column_is_cut_on_both(record: Record) -> None:
    with record.writing() as session:
        character = a_ready_character(session)
        character.status_sentence = "x" * 600
    with record.reading() as session:
        assert session.get_one(Character, character.id).status_sentence == "x" * 499 + "…"


def test_no_document_is_null_in_the_database_too(record: Record) -> None:
    """Not JSON's null, which is a value, and which "IS NOT NULL" would find."""
    with record.writing() as session:
        session.add(
            ProviderCall(**call_at(CallState.CLAIMED, work_key="w", kind="vision", provider="p", model="m"))
        )
    with record.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM provider_calls WHERE result IS NULL")) == 1


def write_thirty_rows(url: str) -> str:
    record = Record(url)
    for number in range(30):
        with record.writing() as session:
            seen = len(session.scalars(select(Batch)).all())  # reads first: the upgrade that would deadlock
            session.add(Batch(run_token=f"{os.getpid()}-{number}", filter={}, plan={"seen": seen}))
    record.close()
    return "done"


def test_writers_from_several_processes_queue(url: str) -> None:
    assert race_processes(3, write_thirty_rows, url) == ["done"] * 3
    record = Record(url)
    with record.reading() as session:
        assert len(session.scalars(select(Batch)).all()) == 90
    record.close()


def test_a_kill_in_mid_transaction_leaves_nothing_half_written(url: str) -> None:
    probe = (
        "import os, signal, sys\n"
        "from db.engine import Record\n"
        "from tests.support.rows import a_character\n"
        "with Record(sys.argv[1]).writing() as session:\n"
        "    for number in range(50):\n"
        "        a_character(session, f'Half {number}')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", probe, url], check=False, cwd=PROJECT)
    assert killed.returncode == -signal.SIGKILL
    record = Record(url)
    with record.writing() as session:  # nor does the dead hold a lock
        assert session.scalars(select(Character)).all() == []
        a_character(session)
    record.close()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # other threads are idle here
def test_a_forked_child_opens_its_own_connection(url: str) -> None:
    """A warm worker forks for each run: its parent's connection must survive what the child does."""
    ours = record_of(url)
    with ours.writing() as session:
        a_character(session, "Parent")
    child = os.fork()
    if child == 0:
        try:
            with record_of(url).writing() as session:
                a_character(session, "Child")
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    with ours.writing() as session:
        a_character(session, "Parent again")
        names = session.scalars(select(Character.name).order_by(Character.id)).all()
    assert names == ["Parent", "Child", "Parent again"]
    close_records()


def test_the_record_is_opened_once_a_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'record.db'}"
    assert record_of(url) is record_of(url)
    assert (tmp_path / "new").is_dir()
    close_records()


class TestSqlite:
    def test_it_is_set_up_for_money_and_for_many(self, tmp_path: Path) -> None:
        record = Record(f"sqlite:///{tmp_path / 'record.db'}")
        with record.reading() as session:
            pragmas = {
                name: session.scalar(text(f"PRAGMA {name}"))
                for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
            }
        record.close()
        full = 2
        assert pragmas == {
            "journal_mode": "wal",
            "foreign_keys": 1,
            "synchronous": full,
            "busy_timeout": 30_000,
        }

    def test_what_need_not_last_waits_for_no_disk_and_the_next_that_must_does(self, tmp_path: Path) -> None:
        record = Record(f"sqlite:///{tmp_path / 'record.db'}")
        found = []
        for lasting in (True, False, True):
            with record.writing(lasting=lasting) as session:
                found.append(session.scalar(text("PRAGMA synchronous")))
        record.close()
        normal, full = 1, 2
        assert found == [full, normal, full]

    def test_a_reader_is_not_in_a_writers_way(self, tmp_path: Path) -> None:
        record = Record(f"sqlite:///{tmp_path / 'record.db'}")
        with record.writing() as session:
            session.execute(text("CREATE TABLE things (name TEXT)"))
        with record.reading() as reader:
            reader.execute(text("SELECT * FROM things")).all()
            with record.writing() as writer:
                writer.execute(text("INSERT INTO things VALUES ('new')"))
            assert reader.execute(text("SELECT * FROM things")).all() == []  # its own moment
        record.close()

    def test_a_lock_that_is_not_let_go_is_a_clear_sentence(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("db.engine.BUSY_TIMEOUT_MS", 50)
        record = Record(f"sqlite:///{tmp_path / 'record.db'}")
        with record.writing() as first:
            first.execute(text("CREATE TABLE things (name TEXT)"))
            with pytest.raises(RecordAway) as refusal, record.writing() as second:
                second.execute(text("SELECT 1"))
        assert "busy" in refusal.value.sentence
        record.close()

    def test_threads_that_write_queue_and_hold_no_connection_meanwhile(self, tmp_path: Path) -> None:
        record = Record(f"sqlite:///{tmp_path / 'record.db'}")
        with record.writing() as session:
            session.execute(text("CREATE TABLE things (name TEXT)"))
        held: list[int] = []
        pool: Any = record.engine.pool
        event.listen(pool, "checkout", lambda *_of_it: held.append(pool.checkedout()))

        def write(number: int) -> None:
            with record.writing(lasting=False) as session:
                session.execute(text(f"INSERT INTO things VALUES ('{number}')"))

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(write, range(40)))
        with record.reading() as session:
            assert session.scalar(text("SELECT count(*) FROM things")) == 40
        record.close()
        assert set(held) == {1}

    def test_more_threads_than_connections_is_a_clear_sentence(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("db.engine.POOL_TIMEOUT_S", 0.05)
        record = Record(f"sqlite:///{tmp_path / 'record.db'}")
        with ExitStack() as open_sessions:
            for _ in range(2 * SQLITE_POOL):
                open_sessions.enter_context(record.reading()).execute(text("SELECT 1"))
            with pytest.raises(RecordAway), record.reading() as one_too_many:
                one_too_many.execute(text("SELECT 1"))
        record.close()


@pytest.mark.postgres
class TestPostgres:
    def test_it_reads_what_is_committed_whatever_the_servers_default(self, postgres_url: str) -> None:
        record = Record(postgres_url)
        with record.writing() as session:
            name = session.scalar(text("SELECT current_database()"))
            session.execute(
                text(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
            )
        record.close()
        record = Record(postgres_url)
        with record.writing() as session:
            assert session.scalar(text("SHOW transaction_isolation")) == "read committed"
        record.close()

    @pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # other threads are idle here
    def test_a_forked_child_leaves_its_parents_connection_alone(self, postgres_url: str) -> None:
        ours = record_of(postgres_url)

        def session_on_the_server() -> int:
            with record_of(postgres_url).reading() as session:
                return session.scalar(text("SELECT pg_backend_pid()")) or 0

        before = session_on_the_server()
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if session_on_the_server() != before else 1)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert record_of(postgres_url) is ours
        assert session_on_the_server() == before
        close_records()

    def test_connections_that_the_server_dropped_are_replaced(self, postgres_url: str) -> None:
        record = Record(postgres_url)
        with record.writing() as session:
            a_character(session)
        assassin = Record(postgres_url)
        with assassin.writing() as session:
            session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        assassin.close()
        with record.writing() as session:
            assert len(session.scalars(select(Character)).all()) == 1
        record.close()

    def test_a_connection_that_dies_in_mid_transaction_is_worth_another_try(self, postgres_url: str) -> None:
        record = Record(postgres_url)
        with pytest.raises(RecordAway) as refusal, record.writing() as session:
            a_character(session)
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        assert isinstance(refusal.value, RecordError)
        assert isinstance(refusal.value, OSError)  # what retries go by
        record.close()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_postgres_url_may_be_written_as_everywhere(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://ada:secret@db/storykin")
    settings = RecordSettings()
    assert settings.database_url == "postgresql+psycopg://ada:secret@db/storykin"
    assert "secret" not in repr(settings)


def test_without_a_url_the_record_is_a_file_at_home(home: Path) -> None:
    assert RecordSettings().database_url == f"sqlite:///{home / 'storykin.db'}"
