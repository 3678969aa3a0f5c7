"""How a session on Postgres is set up, whatever the server, the database, the role or the shell say."""

import os
from collections.abc import MutableMapping
from typing import Any

from sqlalchemy import make_url

from db.errors import RecordError

NOT_UTF8 = (
    "The database does not keep its text as UTF-8, so that names would be lost. Make one that does "
    "(CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0) and set DATABASE_URL to it."
)
# What the code relies on. Each can be set otherwise for a server, a database or a role.
SETTINGS = {
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "standard_conforming_strings": "on",
    "bytea_output": "hex",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "default_transaction_deferrable": "off",
    "session_replication_role": "origin",
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "lock_timeout": "30s",
    "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": "10min",  # a frozen process does not hold up the others for ever
}
SEARCH_PATH = '"$user", public'
# What libpq takes from the environment for all that an address leaves out. Passwords and certificates stay.
_PLACES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE", "PGSERVICEFILE")
_HABITS = ("PGOPTIONS", "PGCLIENTENCODING", "PGDATESTYLE", "PGTZ", "PGGEQO", "PGTARGETSESSIONATTRS")


def forget_libpq_environment(url: str, environment: MutableMapping[str, str] = os.environ) -> None:
    """An address that names its server means that one: what the shell says for psql is for psql."""
    place = make_url(url)
    if place.host or "host" in place.query:
        for name in (*_PLACES, *_HABITS):
            environment.pop(name, None)


def prepare_session(connection: Any, *, search_path: bool) -> None:
    """Set a new connection up. RecordError (`record_encoding`) where the database is not in UTF-8."""
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise RecordError(NOT_UTF8, code="record_encoding")
    before, connection.autocommit = connection.autocommit, True
    wanted = SETTINGS | ({"search_path": SEARCH_PATH} if search_path else {})
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")  # first, so that the next is not cut short
        cursor.execute(
            "SELECT set_config(known.name, wanted.value, false) "
            "FROM unnest(%s::text[], %s::text[]) AS wanted (name, value) "
            "JOIN pg_catalog.pg_settings AS known ON lower(known.name) = lower(wanted.name) "
            "WHERE known.context = 'user' OR (known.context = 'superuser' AND pg_catalog.current_setting("
            "'is_superuser') = 'on')",
            (list(wanted), list(wanted.values())),
        )
    connection.autocommit = before


def states_search_path(url: str) -> bool:
    """Whether the address itself says in which schema the tables are."""
    return "search_path" in str(make_url(url).query.get("options", ""))
