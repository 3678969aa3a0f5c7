"""Bringing the tables up to date while others work: one migrator at a time, short locks, on either database.

Each migration is a transaction of its own, or several short ones where it says so (`migrations.online`).
"""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, make_url, text

from db.database_url import sqlite_file
from db.engine import make_engine, make_folder
from db.errors import (
    BUSY,
    NO_CREATE,
    MigrationFailed,
    RecordAway,
    RecordError,
    RecordReadOnly,
    RecordTooNew,
    in_plain_words,
)
from db.log import Log
from db.migration_lock import Tell, only_migrator
from db.settings import PROJECT, record_settings

if TYPE_CHECKING:
    from alembic.config import Config

log = Log("migrate")

SCRIPTS = PROJECT / "migrations"
# How long a change of a table may wait for its lock on Postgres: whoever comes after it waits behind it.
LOCK_TIMEOUT_MS = 1_000
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0  # between tries for a lock that was not to be had
PATIENCE_S = 900  # how long it is tried for
HELD_UP = "the database is busy with other work: trying again in {0:.0f} s"
_REVISION = re.compile(r"""^(down_)?revision(?:: [^=]+)? = ["'](\w+)["']$""", re.MULTILINE)


def record_url() -> str:
    """The URL of this installation's record."""
    return record_settings().database_url


def upgrade(url: str | None = None, to: str = "head", *, tell: Tell | None = None) -> bool:
    """Bring the tables of `url` (by default this installation's) up to date; True if there was need.

    Safe to call from any number of processes at once, and while others work on the record: one migrates,
    the others wait and find it done. `tell` is told each step. Raises RecordTooNew, RecordReadOnly,
    RecordAway or MigrationFailed; then what was done is whole, and another call goes on from there.
    """
    url = url or record_url()
    if to == "head" and is_current(url):
        return False
    _run("upgrade", url, to, tell or _log)
    return True


def downgrade(url: str | None = None, to: str = "base", *, tell: Tell | None = None) -> None:
    """Take the tables back to revision `to`; "base" is before the first, "-1" is one step. Data is lost."""
    _run("downgrade", url or record_url(), to, tell or _log)


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
def migrating(url: str, tell: Tell | None = None) -> Iterator[Connection]:
    """A connection in a transaction that may change tables, while nobody else does. Commit each migration.

    SQLite's foreign keys are off meanwhile (rebuilding a table would cascade): see `check_references`.
    """
    make_folder(url)
    with only_migrator(url, tell or _log), _connection(url, write=True) as connection:
        if connection.dialect.name != "sqlite":
            connection.execute(text(f"SET lock_timeout = {LOCK_TIMEOUT_MS}"))
        yield connection
        check_references(connection)


def check_references(connection: Connection) -> None:
    """Before a commit: raise MigrationFailed if a rebuilt table of SQLite left rows that point nowhere."""
    if connection.dialect.name != "sqlite" or not connection.in_transaction():
        return
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise MigrationFailed("The migration would have left rows that point nowhere.")


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
            connection.begin()
            yield connection
            connection.commit()
    finally:
        engine.dispose()


def _driver(connection: Connection, statement: str) -> None:
    """Run a statement outside of any transaction."""
    cursor = connection.connection.cursor()
    cursor.execute(statement)
    cursor.close()


def _run(direction: str, url: str, to: str, tell: Tell) -> None:
    """Let Alembic do it; whatever it raises becomes one sentence, with the cause kept for developers."""
    until, pause = time.monotonic() + PATIENCE_S, FIRST_PAUSE_S
    tell_step = _log if current(url) is None else tell  # a new database has no rows to wait for
    while True:
        try:
            return _try(direction, url, to, tell, tell_step)
        except RecordAway as error:  # a lock was not to be had: what came before it is done and stays so
            if error.sentence != BUSY or time.monotonic() > until:
                raise
        tell(HELD_UP.format(pause))
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


def _try(direction: str, url: str, to: str, tell: Tell, tell_step: Tell) -> None:
    from alembic import command  # noqa: PLC0415 - a start with nothing to do must not wait for Alembic

    try:
        with in_plain_words():
            getattr(command, direction)(_config(url, tell, tell_step), to)
    except RecordError:
        raise
    except Exception as error:
        if getattr(getattr(error, "orig", None), "sqlstate", None) == "42501":
            raise RecordReadOnly(NO_CREATE, code="record_no_create") from error
        place = make_url(url).render_as_string(hide_password=True)
        raise MigrationFailed(
            f"The tables of {place} could not be brought to {to}; nothing changed that is not whole."
        ) from error


def _log(_what: str) -> None:
    log.info("migration goes on")


def _config(url: str, tell: Tell, tell_step: Tell) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes |= {"url": url, "tell": tell, "tell_step": tell_step}
    logging.getLogger("alembic").setLevel(logging.WARNING)  # an application's log is not a migration's
    return config
