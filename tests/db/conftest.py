"""The record on both databases: every test that takes `record` or `url` runs twice."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import Record
from tests.support.postgres import PostgresServer, postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path, migrated_record: Path) -> Iterator[str]:
    """The URL of a migrated, empty record, to write to; what changes the tables takes `blank_url`."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        yield server.emptied()
    else:
        yield _copied(migrated_record, tmp_path)


@pytest.fixture(params=BOTH)
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a single table."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database(template="template0") as database:
            yield database
    else:
        yield f"sqlite:///{tmp_path / 'blank.db'}"


@pytest.fixture(params=BOTH)
def own_url(request: pytest.FixtureRequest, tmp_path: Path, migrated_record: Path) -> Iterator[str]:
    """The URL of a migrated, empty record whose tables the test may change."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database() as database:
            yield database
    else:
        yield _copied(migrated_record, tmp_path)


def _copied(migrated_record: Path, folder: Path) -> str:
    shutil.copy(migrated_record, folder / "record.db")
    return f"sqlite:///{folder / 'record.db'}"


@pytest.fixture
def record(url: str) -> Iterator[Record]:
    """A migrated, empty record."""
    opened = Record(url)
    yield opened
    opened.close()
