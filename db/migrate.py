"""Bringing the tables up to date: in one transaction, one process at a time, on either database."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, make_url, text

from db.database_url import sqlite_file
from db.engine import make_engine, make_folder
from db.errors import NO_CREATE, MigrationFailed, RecordError, RecordReadOnly, RecordTooNew, in_plain_words
from db.settings import PROJECT, record_settings

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = PROJECT / "migrations"
# Any number will do, as long as every Storykin asks Postgres for the same one.
ADVISORY_LOCK = 0x5708_1C1A
_REVISION = re.compile(r"""^(down_)?revision(?:: [^=]+)? = ["'](\w+)["']$""", re.MULTILINE)


def record_url() -> str:
    """The URL of this installation's record."""
    return record_settings().database_url


def upgrade(url: str | None = None, to: str = "head") -> bool:
    """Bring the tables of `url` (by default this installation's) up to date; True if there was need.

    Safe to call from any number of processes at once: one migrates, the others wait and find it done.
    Raises RecordTooNew, RecordReadOnly, RecordAway or MigrationFailed; then nothing was changed.
    """
    url = url or record_url()
    if to == "head" and is_current(url):
        return False
    _run("upgrade", url, to)
    return True


def downgrade(url: str | None = None, to: str = "base") -> None:
    """Take the tables back to revision `to`; "base" is before the first, "-1" is one step. Data is lost."""
    _run("downgrade", url or record_url(), to)


def current(url: str | None = None) -> str | None:
    """The revision that the tables of `url` are at, or None before the first (nothing is made then)."""
    url = url or record_url()
    if not _exists(url):
        return None
    with in_plain_words(), _connection(url) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        at = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return None if at is None else str(at)


def is_current(url: str | None = None) -> bool:
    """Whether the tables are at the newest revision. RecordTooNew when a newer Storykin made them."""
    at = current(url)
    if at is not None and at not in revisions():
        raise RecordTooNew("This database was made by a newer Storykin. Update Storykin, then start again.")
    return at == head()


def head() -> str:
    """The newest revision of this code."""
    return revisions()[-1]


@lru_cache
def revisions() -> tuple[str, ...]:
    """Every revision of this code, oldest first.

    Read out of the scripts' own lines: loading Alembic for it would take longer than all the rest of a
    start that has nothing to migrate.
    """
    follows: dict[str | None, str] = {}
    for script in SCRIPTS.glob("versions/[0-9]*.py"):
        names = {bool(down): name for down, name in _REVISION.findall(script.read_text(encoding="utf-8"))}
        follows[names.get(True)] = names[False]
    line: list[str] = []
    while (after := follows.get(line[-1] if line else None)) is not None:
        line.append(after)
    return tuple(line)


@contextmanager
def migrating(url: str) -> Iterator[Connection]:
    """A connection inside the one transaction that may change tables; others wait for its end.

    SQLite's foreign keys are off meanwhile (rebuilding a table would cascade) and checked before the commit.
    """
    make_folder(url)
    with _connection(url, write=True) as connection:
        if connection.dialect.name == "sqlite":
            yield connection
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise MigrationFailed("The migration would have left rows that point nowhere.")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            yield connection


def _exists(url: str) -> bool:
    """False when `url` names a SQLite file that is not there; opening it would make an empty one."""
    file = sqlite_file(url)
    return file is None or file.exists()


@contextmanager
def _connection(url: str, *, write: bool = False) -> Iterator[Connection]:
    """One transaction on an engine of its own, so that nothing of it outlives the migration."""
    engine = make_engine(url)
    try:
        with engine.connect() as plain:
            connection = plain.execution_options(storykin_write=write)
            if write and connection.dialect.name == "sqlite":
                _driver(connection, "PRAGMA foreign_keys=OFF")
            with connection.begin():
                yield connection
    finally:
        engine.dispose()


def _driver(connection: Connection, statement: str) -> None:
    """Run a statement outside of any transaction."""
    cursor = connection.connection.cursor()
    cursor.execute(statement)
    cursor.close()


def _run(direction: str, url: str, to: str) -> None:
    """Let Alembic do it; whatever it raises becomes one sentence, with the cause kept for developers."""
    from alembic import command  # noqa: PLC0415 - a start with nothing to do must not wait for Alembic

    try:
        with in_plain_words():
            getattr(command, direction)(_config(url), to)
    except RecordError:
        raise
    except Exception as error:
        if getattr(getattr(error, "orig", None), "sqlstate", None) == "42501":
            raise RecordReadOnly(NO_CREATE, code="record_no_create") from error
        place = make_url(url).render_as_string(hide_password=True)
        raise MigrationFailed(
            f"The tables of {place} could not be brought to {to}; nothing changed."
        ) from error


def _config(url: str) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    logging.getLogger("alembic").setLevel(logging.WARNING)  # an application's log is not a migration's
    return config
