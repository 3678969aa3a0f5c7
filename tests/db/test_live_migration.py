"""Migrations of a record that others work on: nobody is shut out, and an older release goes on working."""

import ast
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from db import migrate
from db.engine import Record, make_engine
from db.ids import new_id, utc_now
from db.migration_lock import WAITING, only_migrator

PATIENCE = 120  # seconds; how long it may take on a busy machine, and no measure
BEFORE_TODAY = "2026_11_22_the_attempts"


def old_rows(url: str) -> dict[str, sa.Table]:
    """The tables as they are now, for someone who will know no others."""
    engine = make_engine(url)
    metadata = sa.MetaData()
    metadata.reflect(engine)
    engine.dispose()
    return dict(metadata.tables)


def write(record: Record, table: sa.Table, **values: Any) -> str:
    row = {"id": new_id(), "created_at": utc_now().replace(tzinfo=None)} | values
    with record.writing() as session:
        session.execute(table.insert().values(row))
    return str(row["id"])


def a_user(record: Record, table: sa.Table) -> str:
    return write(record, table, email=f"{new_id()}@b", name="Ada", role="operator")


class Writer(threading.Thread):
    """Somebody at work: writes and reads without pause until told to end, and keeps what went wrong."""

    def __init__(self, url: str, table: sa.Table) -> None:
        super().__init__()
        self._record, self._table = Record(url), table
        self._over = threading.Event()
        self.written = 0
        self.record_failure: list[Exception] = []

    def run(self) -> None:
        while not self._over.is_set():
            try:
                a_user(self._record, self._table)
                self.written += 1
            except Exception as error:
                self.record_failure.append(error)
                break
        self._record.close()

    def end(self) -> None:
        self._over.set()
        self.join(PATIENCE)


def test_a_writer_goes_on_through_every_migration_of_today(blank_url: str) -> None:
    migrate.upgrade(blank_url, to=BEFORE_TODAY)
    tables = old_rows(blank_url)
    writer = Writer(blank_url, tables["users"])
    writer.start()
    migrate.upgrade(blank_url)
    written = writer.written
    writer.end()
    assert writer.record_failure == [] and written > 0
    assert migrate.is_current(blank_url)
    record = Record(blank_url)
    with record.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM users")) == writer.written
    record.close()


def test_the_release_before_writes_and_reads_on_the_new_tables(blank_url: str) -> None:
    migrate.upgrade(blank_url, to=BEFORE_TODAY)
    tables = old_rows(blank_url)
    migrate.upgrade(blank_url)
    record = Record(blank_url)
    moment = utc_now().replace(tzinfo=None)
    who = a_user(record, tables["users"])
    consent = {"consent_version": "1", "consent_at": moment, "consent_by": who, "created_by": who}
    character = write(
        record,
        tables["characters"],
        name="Ada",
        search_name="ada",
        gender="girl",
        status="ready",
        status_at=moment,
        **consent,
    )
    batch = write(record, tables["batches"], state="planned", run_token="r", filter={}, plan={})
    write(
        record, tables["batch_items"], batch_id=batch, character_id=character, style="anime", state="pending"
    )
    write(
        record,
        tables["events"],
        character_id=character,
        kind="x",
        actor="test",
        message="still here",
        data={},
    )
    with record.reading() as session:
        for table in tables.values():
            session.execute(sa.select(table)).all()
    record.close()


class Migrating(threading.Thread):
    """`migrate.upgrade` beside the test; what it told can be waited for."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self.told: list[str] = []
        self._news = threading.Condition()
        self.record_failure: Exception | None = None

    def run(self) -> None:
        try:
            migrate.upgrade(self._url, tell=self._tell)
        except Exception as error:
            self.record_failure = error

    def _tell(self, what: str) -> None:
        with self._news:
            self.told.append(what)
            self._news.notify_all()

    def wait_for(self, words: str) -> None:
        with self._news:
            assert self._news.wait_for(lambda: any(words in each for each in self.told), PATIENCE)

    def finish(self) -> None:
        self.join(PATIENCE)
        assert not self.is_alive() and self.record_failure is None


def test_a_second_start_says_that_it_waits_and_finds_it_done(blank_url: str) -> None:
    second = Migrating(blank_url)
    with only_migrator(blank_url, lambda _what: None):
        second.start()
        second.wait_for(WAITING)
    second.finish()
    assert migrate.is_current(blank_url)


@pytest.mark.postgres
def test_a_long_reader_holds_up_the_migration_and_nobody_else(postgres_server: Any) -> None:
    with postgres_server.database(template="template0") as url:
        migrate.upgrade(url, to="2026_11_29_installation")
        users = old_rows(url)["users"]
        reader, others = Record(url), Record(url)
        with reader.reading() as session:
            session.execute(text("SELECT count(*) FROM characters"))
            migration = Migrating(url)
            migration.start()
            migration.wait_for("busy with other work")
            a_user(others, users)
            with others.reading() as beside:
                assert beside.scalar(text("SELECT count(*) FROM characters")) == 0
        migration.finish()
        reader.close()
        others.close()
        assert migrate.is_current(url)


SINCE = "2026_11_29"
CONTRACTS = {
    "drop_table",
    "drop_column",
    "alter_column",
    "rename_table",
    "drop_constraint",
    "batch_alter_table",
}
CONTRACTING_SQL = ("DROP COLUMN", "DROP TABLE", "RENAME ", "SET NOT NULL", " TYPE ", "DROP CONSTRAINT")
# Looked at by a person: a longer name fits where a shorter one did, and Postgres rewrites nothing for it; one
# CHECK fewer takes nothing away (the table that is dropped there was made a moment before).
WIDENS = {"2026_11_29_names", "2026_11_29_profile_sources"}


def scripts() -> list[Path]:
    return [each for each in sorted(migrate.SCRIPTS.glob("versions/[0-9]*.py")) if each.stem >= SINCE]


@pytest.mark.parametrize("script", scripts(), ids=lambda each: each.stem)
def test_a_migration_only_adds_unless_it_says_that_it_contracts(script: Path) -> None:
    if script.stem not in WIDENS:
        assert contracting(ast.parse(script.read_text(encoding="utf-8"))) == []


def contracting(tree: ast.Module) -> list[str]:
    """What takes something away in `upgrade` and in all that it calls; nothing where the script says so."""
    said = [ast.unparse(each) for each in tree.body if isinstance(each, ast.Assign)]
    if "phase = 'contract'" in said:
        return []
    functions = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
    found, todo, seen = [], ["upgrade"], set[str]()
    while todo:
        name = todo.pop()
        seen.add(name)
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Attribute) and node.attr in CONTRACTS:
                found.append(node.attr)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found += [words for words in CONTRACTING_SQL if words in node.value]
            if isinstance(node, ast.Name) and node.id in functions and node.id not in seen:
                todo.append(node.id)
    return found


def test_what_takes_away_would_be_seen() -> None:
    hidden = "def upgrade():\n    _more()\ndef _more():\n    op.execute('ALTER TABLE a DROP COLUMN b')\n"
    assert contracting(ast.parse(hidden)) == ["DROP COLUMN"]
    assert contracting(ast.parse("def upgrade():\n    op.drop_column('a', 'b')\n")) == ["drop_column"]
    assert contracting(ast.parse("phase = 'contract'\n" + hidden)) == []
    assert (
        contracting(ast.parse("def upgrade():\n    pass\ndef downgrade():\n    op.drop_table('a')\n")) == []
    )


def test_of_a_new_database_nothing_is_told_and_of_an_old_one_each_step(tmp_path: Path) -> None:
    told: list[str] = []
    url = f"sqlite:///{tmp_path}/storykin.db"
    migrate.upgrade(url, tell=told.append)
    assert told == []
    migrate.downgrade(url, BEFORE_TODAY)
    migrate.upgrade(url, tell=told.append)
    assert "orders" in told
