"""Servers, databases, roles and shells with habits of their own: none changes what is read or written."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import OperationalError

from db import migrate
from db.engine import Record
from db.errors import RecordAway, RecordError, RecordReadOnly, plain
from db.models import User
from tests.support.postgres import PostgresServer, postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

pytestmark = pytest.mark.postgres
MOMENT = datetime(2026, 3, 29, 1, 30, 15, 123456, tzinfo=UTC)
ODD = {
    "DateStyle": "'SQL, DMY'",
    "TimeZone": "'Pacific/Auckland'",
    "client_encoding": "'LATIN1'",
    "standard_conforming_strings": "off",
    "search_path": "pg_catalog",
    "default_transaction_isolation": "'serializable'",
    "default_transaction_read_only": "on",
    "statement_timeout": "300",  # ms: the statement that lifts it needs some of that itself on a busy machine
    "lock_timeout": "1",
    "idle_in_transaction_session_timeout": "1",
    "IntervalStyle": "'iso_8601'",
}


def run(url: str, *statements: str) -> None:
    record = Record(url)
    with record.writing() as session:
        for statement in statements:
            session.execute(text(statement))
    record.close()


@pytest.mark.parametrize("whose", ["DATABASE", "ROLE"])
def test_odd_habits_change_nothing(postgres_server: PostgresServer, postgres_url: str, whose: str) -> None:
    database = make_url(postgres_url).database
    role = f"odd_{database}"
    run(postgres_url, f"CREATE ROLE {role} LOGIN SUPERUSER")
    whom = database if whose == "DATABASE" else role
    run(postgres_url, *(f"ALTER {whose} {whom} SET {name} = {value}" for name, value in ODD.items()))
    url = make_url(postgres_url).set(username=role).render_as_string(hide_password=False)
    record = Record(url)
    try:
        with record.writing() as session:
            session.add(User(email="zoe@b", name="Zoë 李\\", created_at=MOMENT))
            session.execute(text("SELECT pg_sleep(0.4)"))
        with record.reading() as session:
            assert session.scalars(select(User.name)).one() == "Zoë 李\\"
            assert session.scalars(select(User.created_at)).one() == MOMENT
            assert session.scalar(text("SHOW transaction_isolation")) == "read committed"
            assert session.scalar(text("SELECT CAST(created_at AS text) FROM users")).startswith(
                "2026-03-29 01"
            )
        assert migrate.is_current(url)
    finally:
        record.close()
        run(postgres_url, f"DROP ROLE {role}")


def test_a_database_that_is_not_utf8_is_refused_in_words(postgres_server: PostgresServer) -> None:
    postgres_server._run(
        "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    try:
        with pytest.raises(RecordError, match="UTF-8") as refusal:
            migrate.upgrade(postgres_server.url("latin"))
        assert refusal.value.code == "record_encoding"
    finally:
        postgres_server._run("DROP DATABASE latin WITH (FORCE)")


@pytest.fixture
def blank(postgres_server: PostgresServer) -> Iterator[str]:
    with postgres_server.database(template="template0") as url:
        yield url


def test_a_role_that_may_not_make_tables_is_told_what_it_lacks(blank: str) -> None:
    role = f"poor_{make_url(blank).database}"
    run(blank, f"CREATE ROLE {role} LOGIN")
    try:
        with pytest.raises(RecordReadOnly, match="GRANT CREATE") as refusal:
            migrate.upgrade(make_url(blank).set(username=role).render_as_string(hide_password=False))
        assert refusal.value.code == "record_no_create"
    finally:
        run(blank, f"DROP ROLE {role}")


HOSTILE = {
    "PGHOST": "nowhere.invalid",
    "PGHOSTADDR": "192.0.2.1",
    "PGPORT": "1",
    "PGUSER": "nobody",
    "PGDATABASE": "nothing",
    "PGSERVICE": "none",
    "PGOPTIONS": "-c search_path=nothing",
    "PGCLIENTENCODING": "LATIN1",
}


def test_what_the_shell_says_for_psql_is_for_psql(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    record = Record(postgres_url)
    with record.reading() as session:
        assert session.scalar(text("SELECT current_user")) == make_url(postgres_url).username
        assert session.scalars(select(User)).all() == []
    record.close()
    assert not HOSTILE.keys() & os.environ.keys()


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"database": "stoykin"}, "Create it"), ({"username": "nobody_here"}, "Create it")],
    ids=["database", "user"],
)
def test_a_wrong_name_on_a_server_that_is_there_is_not_called_away(
    postgres_url: str, changed: dict[str, str], said: str
) -> None:
    wrong = make_url(postgres_url).set(**changed).render_as_string(hide_password=False)  # type: ignore[arg-type]
    with pytest.raises(RecordAway, match=said) as told:
        migrate.current(wrong)
    assert "can't be reached" not in told.value.sentence


@pytest.mark.parametrize(
    ("driver", "said"),
    [
        ('FATAL:  password authentication failed for user "ann"', "password"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "ann", no encryption', "pg_hba"),
        ("fe_sendauth: no password supplied", "password"),
        ("server does not support SSL, but SSL was required", "encrypted"),
        ("SSL error: certificate verify failed", "encrypted"),
        ("FATAL:  sorry, too many clients already", "no more connections"),
        ("failed to resolve host 'db.invalid': [Errno -2] Name or service not known", "host"),
        ('connection to server at "locked-certificate", port 5432 failed: Connection refused', "reached"),
        ("SSL connection has been closed unexpectedly", "reached"),
    ],
)
def test_what_keeps_a_server_from_answering_is_named(driver: str, said: str) -> None:
    told = plain(OperationalError("SELECT 1", {}, psycopg.OperationalError(driver)))
    assert isinstance(told, RecordAway) and said in told.sentence
