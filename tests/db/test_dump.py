"""The whole record taken out of one database and put into another: nothing lost, nothing changed."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from db import migrate
from db.dump import Oddity, is_blank, new_record, oddity_of, read_alone, read_snapshot, set_aside
from db.dump.shape import KEPT_BY_THE_DATABASE
from db.engine import Record
from db.errors import Conflict, NotFound, RecordBusy, RecordError
from db.models import Base, CallKind, Character, ProviderCall
from db.repositories import call_sums, characters, claims, spending
from tests.support.postgres import PostgresServer
from tests.support.rows import a_picture, a_ready_character

ODD_NAMES = ("Ada", "Zoë 🦊", "O'Brien \"; DROP TABLE events; --", "a\tb\\n", "李小龙", "עדה")
BIG = 2**62 + 1
MOMENT = datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=UTC)


@pytest.fixture
def other_url(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Iterator[str]:
    """An empty database of the other kind, without a table."""
    if url.startswith("sqlite"):
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database(template="template0") as database:
            yield database
    else:
        yield f"sqlite:///{tmp_path / 'other.db'}"


def fill(record: Record) -> None:
    """Odd names, NULLs, numbers beyond a double, microseconds, JSON of every kind."""
    with record.writing() as session:
        for number, name in enumerate(ODD_NAMES):
            character = a_ready_character(session, name, run_token=f"run-{number}")
            a_picture(session, character.id)
        call = claims.claim(
            session,
            work_key="w" * 64,
            kind=CallKind.VISION,
            provider="openai",
            model="m",
            estimate_microusd=BIG,
            owner="me",
            lease_seconds=120,
        ).call
        call.lease_expires_at = MOMENT
        call.result = {"naïve": [1, 1.5, 1e-7, None, True, "\u2028"], "b": {"z": 1, "a": BIG}, "a": {}}


def copy(source: str, target: str, *, without: str = "", stop_before: str = "") -> None:
    with read_snapshot(source) as snapshot, new_record(target, snapshot.revision) as loader:
        for shape in snapshot.tables:
            if shape.name == stop_before:
                raise RuntimeError("the power went")
            if shape.name == without:
                continue
            loader.load(shape.name, shape.names, snapshot.rows(shape))


def everything(url: str) -> dict[str, list[dict[str, object]]]:
    """Every row as the application reads it, through the models."""
    record = Record(url)
    try:
        with record.reading() as session:
            return {
                name: sorted((dict(row._mapping) for row in session.execute(table.select())), key=str)
                for name, table in Base.metadata.tables.items()
                if name not in KEPT_BY_THE_DATABASE
            }
    finally:
        record.close()


def sums_of(url: str) -> tuple[bool, call_sums.CallSum]:
    """Whether the sums agree with the calls, and what they come to."""
    record = Record(url)
    try:
        with record.reading() as session:
            return spending.audit(session).agrees, call_sums.total(session)
    finally:
        record.close()


def test_a_record_goes_to_the_other_database_and_back_unchanged(
    record: Record, url: str, other_url: str, tmp_path: Path
) -> None:
    fill(record)
    before = everything(url)
    assert {row["name"] for row in before["characters"]} == set(ODD_NAMES)
    copy(url, other_url)
    assert everything(other_url) == before
    back = f"sqlite:///{tmp_path / 'back.db'}"
    copy(other_url, back)
    assert everything(back) == before
    for copied in (other_url, back):
        assert sums_of(copied) == sums_of(url)
    assert migrate.is_current(back) and migrate.is_current(other_url)


def test_the_copy_is_guarded_like_the_original(record: Record, url: str, other_url: str) -> None:
    fill(record)
    copy(url, other_url)
    copied = Record(other_url)
    try:
        with pytest.raises(Exception, match="append-only"), copied.writing() as session:
            session.execute(text("UPDATE events SET message = 'never'"))
        with pytest.raises(Exception, match=r"(?i)foreign key"), copied.writing() as session:
            session.execute(text("UPDATE characters SET photo_asset_id = 'nowhere'"))
    finally:
        copied.close()


def test_rows_are_read_as_of_one_moment_while_others_write(record: Record, url: str) -> None:
    fill(record)
    with read_snapshot(url) as snapshot:
        tables = {shape.name: shape for shape in snapshot.tables}
        first = snapshot.count(tables["characters"])

        def write() -> None:
            with record.writing() as session:
                a_picture(session, a_ready_character(session, "Later", run_token="later").id)

        thread = threading.Thread(target=write)
        thread.start()
        thread.join(120)
        assert not thread.is_alive(), "a writer had to wait for the reader"
        names = [row[tables["characters"].names.index("name")] for row in snapshot.rows(tables["characters"])]
        assert len(names) == first
        assert "Later" not in names
    with record.reading() as session:
        assert characters.page(session, limit=50).total == first + 1


def test_what_is_interrupted_leaves_nothing_and_is_done_again(
    record: Record, url: str, other_url: str
) -> None:
    fill(record)
    with pytest.raises(RuntimeError, match="the power went"):
        copy(url, other_url, stop_before="events")
    assert is_blank(other_url)
    copy(url, other_url)
    assert everything(other_url) == everything(url)


def test_a_row_that_points_nowhere_is_not_kept(record: Record, url: str, other_url: str) -> None:
    fill(record)
    with pytest.raises(Exception, match=r"(?i)foreign key|does not fit|point nowhere"):
        copy(url, other_url, without="characters")
    assert is_blank(other_url)


def test_a_record_that_holds_a_row_is_never_loaded_into(record: Record, url: str) -> None:
    fill(record)
    before = everything(url)
    with pytest.raises(Conflict), read_snapshot(url) as snapshot, new_record(url, snapshot.revision):
        pass
    assert everything(url) == before


def test_an_older_record_is_taken_as_it_was_and_brought_up_to_date(blank_url: str, tmp_path: Path) -> None:
    migrate.upgrade(blank_url, to="2026_11_22_the_record")
    record = Record(blank_url)
    with record.writing() as session:
        session.execute(
            text(
                "INSERT INTO provider_calls (id, created_at, work_key, kind, provider, model, state, fence,"
                " attempts, estimate_microusd, actual_microusd, earlier_microusd, sent_at, ended_at,"
                " updated_at)"
                " VALUES ('01900000-0000-7000-8000-000000000001', '2026-11-22 10:00:00.000001', 'k',"
                " 'vision', 'openai', 'm', 'failed', 1, 2, 7, 0, 4321, '2026-11-22 10:00:00.000001',"
                " '2026-11-22 10:00:00.000001',"
                " '2026-11-22 10:00:00.000001')"
            )
        )
    record.close()
    target = f"sqlite:///{tmp_path / 'new.db'}"
    copy(blank_url, target)
    assert migrate.is_current(target)
    calls = everything(target)["provider_calls"]
    assert sorted(str(each["actual_microusd"]) for each in calls) == ["0", "4321"]


def test_nobody_else_may_be_on_a_record_that_is_held_alone(record: Record, url: str) -> None:
    fill(record)
    with pytest.raises(RecordBusy, match="Stop the studio"), read_alone(url):
        pass
    record.close()
    with read_alone(url) as snapshot:
        assert snapshot.count(next(shape for shape in snapshot.tables if shape.name == "characters")) == 6
        with pytest.raises(Exception, match=r"lock"):
            _write_without_patience(url)
    fresh = Record(url)
    with fresh.writing() as session:
        a_ready_character(session, "Afterwards", run_token="afterwards")
    fresh.close()


def _write_without_patience(url: str) -> None:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0.1)
        try:
            connection.execute("UPDATE users SET name = 'x'")
        finally:
            connection.close()
    else:
        with psycopg.connect(url.replace("+psycopg", "")) as server:
            server.execute("SET lock_timeout = '100ms'")
            server.execute("UPDATE users SET name = 'x'")


def test_there_is_nothing_to_read_where_nothing_is(blank_url: str) -> None:
    with pytest.raises(NotFound), read_snapshot(blank_url):
        pass
    assert is_blank(blank_url)
    if blank_url.startswith("sqlite"):
        assert not Path(blank_url.removeprefix("sqlite:///")).exists()


def test_a_file_is_set_aside_with_all_that_was_written_to_it(tmp_path: Path, migrated_record: Path) -> None:
    place = tmp_path / "record.db"
    place.write_bytes(migrated_record.read_bytes())
    record = Record(f"sqlite:///{place}")
    fill(record)
    with pytest.raises(RecordError):
        set_aside(f"sqlite:///{place}")
    record.close()
    before = everything(f"sqlite:///{place}")
    kept = set_aside(f"sqlite:///{place}")
    assert kept.parent == tmp_path and not place.exists()
    assert everything(f"sqlite:///{kept}") == before
    assert [name for name in tmp_path.iterdir() if name.name.startswith("record.db-")] == []


LAX = {
    "text in an integer": (
        "UPDATE character_images SET ordinal = 'three'",
        "ordinal holds text, not a whole number",
    ),
    "bytes in a text": ("UPDATE characters SET name = x'ff00'", "name holds bytes, not text"),
    "a fraction in an integer": (
        "UPDATE provider_calls SET fence = 1.5",
        "fence holds a number with a fraction",
    ),
    "beyond 32 bits": (
        "UPDATE provider_calls SET attempts = 3000000000",
        "attempts holds a number beyond 32 bits",
    ),
    "a NUL in a text": ("UPDATE users SET name = 'a' || char(0) || 'b'", "name holds text with a NUL"),
    "longer than its column": ("UPDATE users SET name = printf('%200s', 'x')", "more than its 120"),
    "not JSON": ("UPDATE provider_calls SET result = '{oops'", "result holds what is not JSON"),
    "a NUL in JSON": ("""UPDATE provider_calls SET result = '{"a": "\\u0000"}'""", "JSON with a NUL"),
    "half a character in JSON": ("""UPDATE provider_calls SET result = '"\\ud83e"'""", "what is not JSON"),
    "not a number in JSON": ("UPDATE provider_calls SET result = '[NaN]'", "what is not JSON"),
    "no moment": ("UPDATE users SET created_at = 'yesterday'", "created_at holds text, not a moment"),
    "no such day": (
        "UPDATE users SET created_at = '2026-02-30 10:00:00.000000'",
        "a moment that no calendar has",
    ),
    "neither yes nor no": (
        "UPDATE character_images SET is_selected = 2",
        "is_selected holds a whole number, not yes",
    ),
}


@pytest.mark.parametrize(("change", "words"), LAX.values(), ids=LAX)
def test_what_only_sqlite_takes_is_told_in_words_and_kept_by_sqlite(
    change: str, words: str, tmp_path: Path, migrated_record: Path
) -> None:
    place = tmp_path / "record.db"
    place.write_bytes(migrated_record.read_bytes())
    record = Record(f"sqlite:///{place}")
    fill(record)
    record.close()
    with sqlite3.connect(place) as connection:
        without_guards(connection)
        # A moment as the code writes it; a migration has written this one by SQLite's own clock.
        connection.execute("UPDATE budget_zones SET used_at = used_at || '.000000'")
        connection.execute(change)
        expected = raw(connection)
    connection.close()
    found: list[Oddity] = []
    with read_snapshot(f"sqlite:///{place}") as snapshot:
        for shape in snapshot.tables:
            found += [odd for row in snapshot.rows(shape) if (odd := oddity_of(shape, row))]
    assert found and all(words in each.sentence for each in found)
    assert not any("three" in each.sentence or "oops" in each.sentence for each in found)
    copied = tmp_path / "copy.db"
    try:
        copy(f"sqlite:///{place}", f"sqlite:///{copied}")
    except RecordError as error:  # a rule of the tables that was switched off above
        assert error.code == "does_not_fit"
        assert not copied.exists()
        return
    with sqlite3.connect(copied) as connection:
        assert raw(connection) == expected
    connection.close()


def without_guards(connection: sqlite3.Connection) -> None:
    """As an older record, or one that somebody has worked on by hand."""
    connection.execute("PRAGMA ignore_check_constraints=ON")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")


def raw(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {
        name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=str)
        for name in Base.metadata.tables
        if name != "character_counts"  # which rows add up to a count is nobody's affair
    }


def test_a_good_record_has_nothing_odd(record: Record, url: str) -> None:
    fill(record)
    with read_snapshot(url) as snapshot:
        for shape in snapshot.tables:
            assert not [odd for row in snapshot.rows(shape) if (odd := oddity_of(shape, row))]
            assert json.dumps(list(snapshot.rows(shape)))
    with record.reading() as session:
        assert session.get(Character, "none") is None
        assert session.query(ProviderCall).one().estimate_microusd == BIG
