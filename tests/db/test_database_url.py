"""DATABASE_URL as people write it, and data folders as they name them."""

from pathlib import Path

import pytest

from db.database_url import of_file, sqlite_file, usable
from db.engine import close_records, record
from db.errors import BadSettings
from db.migrate import current, head, upgrade
from db.settings import RecordSettings, read_settings


@pytest.mark.parametrize("name", ["a?b", "50%", "a#b", "a%3Fb", "a b", "ü@:;&=+", "?", "a?b=c&uri=true", "'"])
def test_the_database_is_in_the_data_folder_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    home = tmp_path / name
    monkeypatch.setenv("STORYKIN_HOME", str(home))
    monkeypatch.setenv("DATABASE_URL", "")
    url = read_settings(RecordSettings).database_url
    upgrade(url)
    try:
        with record(url).reading() as session:
            assert session.connection().exec_driver_sql("SELECT count(*) FROM characters").scalar() == 0
    finally:
        close_records()
    assert current(url) == head()
    assert sqlite_file(url) == home / "storykin.db"
    assert (home / "storykin.db").stat().st_size > 0
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    "written",
    [
        "postgresql://ann:p%40ss@db:5433/story?sslmode=require",
        "postgres://ann:p%40ss@db:5433/story?sslmode=require",
        "postgresql+asyncpg://ann:p%40ss@db:5433/story?sslmode=require",
        "postgresql+psycopg2://ann:p%40ss@db:5433/story?sslmode=require",
        "  postgresql+psycopg://ann:p%40ss@db:5433/story?sslmode=require\n",
        "postgresql+asyncpg://ann:p%40ss@db:5433/story?ssl=require",
    ],
)
def test_postgres_is_opened_by_the_driver_that_is_here(written: str) -> None:
    assert usable(written) == "postgresql+psycopg://ann:p%40ss@db:5433/story?sslmode=require"


@pytest.mark.parametrize(
    "option", ["pgbouncer=true", "ssl=true", "schema=secret", "sslmode=require&prepare=0"]
)
def test_an_option_of_another_driver_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://ann:secret@db/story?{option}")
    with pytest.raises(BadSettings, match=r"an option after the \?") as refused:
        read_settings(RecordSettings)
    assert "secret" not in refused.value.sentence


def test_a_folder_is_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}")
    with pytest.raises(BadSettings, match="a folder"):
        read_settings(RecordSettings)


def test_an_asynchronous_sqlite_address_simply_works(tmp_path: Path) -> None:
    assert usable(f"sqlite+aiosqlite:///{tmp_path}/x.db") == of_file(tmp_path / "x.db")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("mysql://ann:secret@db/story", "Postgres or SQLite"),
        ("postgre://ann:secret@db/story", "Postgres or SQLite"),
        ("postgresql//ann:secret@db/story", "no database address"),
        ("postgresql://ann:secret@db:port/story", "no database address"),
        ("storykin.db", "no database address"),
        ("sqlite://", "lost at the end"),
        ("sqlite:///:memory:", "lost at the end"),
    ],
)
def test_what_can_not_be_opened_is_said_without_the_password(
    monkeypatch: pytest.MonkeyPatch, written: str, said: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", written)
    with pytest.raises(BadSettings, match=said) as refused:
        read_settings(RecordSettings)
    assert refused.value.sentence.startswith("The settings can't be used. DATABASE_URL: ")
    assert "sqlite:////folder/file.db" in refused.value.sentence
    assert "secret" not in refused.value.sentence
