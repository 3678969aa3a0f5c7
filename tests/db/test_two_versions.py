"""Two releases over one database: the older one finds what it knows, and is asked for nothing more.

`test_live_migration.py` reads the migrations' scripts; here their outcome is looked at, on both databases.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from db import migrate
from db.engine import make_engine
from tests.db.test_live_migration import CONTRACTS, SINCE

Tables = Mapping[str, Mapping[str, sa.Column[Any]]]


@dataclass(frozen=True)
class Schema:
    """The columns of every table, and what must be unique in it."""

    columns: Tables
    unique: Mapping[str, frozenset[tuple[str, ...]]]


def schema_of(url: str) -> Schema:
    engine = make_engine(url)
    metadata = sa.MetaData()
    metadata.reflect(engine)
    engine.dispose()
    return Schema(
        {table.name: {column.name: column for column in table.columns} for table in metadata.tables.values()},
        {table.name: unique_in(table) for table in metadata.tables.values()},
    )


def unique_in(table: sa.Table) -> frozenset[tuple[str, ...]]:
    """The sets of columns of which no two rows may have the same."""
    whole = [index.columns.keys() for index in table.indexes if index.unique and not is_partial(index)]
    ruled = [each.columns.keys() for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
    return frozenset(tuple(sorted(each)) for each in (*whole, *ruled))


def is_partial(index: sa.Index) -> bool:
    return any(name.endswith("_where") and value is not None for name, value in index.dialect_kwargs.items())


def taken_from_the_older(old: Schema, new: Schema) -> list[str]:
    """What a release that knows `old` can't do any more on `new`."""
    found = [f"{name} is gone" for name in old.columns if name not in new.columns]
    for table, columns in old.columns.items():
        there = new.columns.get(table, {})
        found += [f"{table}.{name} is gone" for name in columns if there and name not in there]
        for name, column in there.items():
            before = columns.get(name)
            if before is None and not column.nullable and column.server_default is None:
                found.append(f"{table}.{name} is asked of whoever does not know it")
            if before is not None and before.nullable and not column.nullable:
                found.append(f"{table}.{name} may not be empty any more")
            if before is not None and narrower(before.type, column.type):
                found.append(f"{table}.{name} holds less: {column.type} after {before.type}")
        known = {each for each in new.unique.get(table, ()) if set(each) <= columns.keys()}
        found += [f"{table}: {each} must be unique now" for each in known - old.unique[table]]
    return found


def narrower(before: sa.types.TypeEngine[Any], after: sa.types.TypeEngine[Any]) -> bool:
    if isinstance(before, sa.String) and isinstance(after, sa.String):
        return after.length is not None and (before.length is None or after.length < before.length)
    return before._type_affinity is not after._type_affinity


@pytest.mark.parametrize("since", ["the release before", "all that expand"])
def test_what_the_older_release_knows_is_there_and_no_more_is_asked_of_it(blank_url: str, since: str) -> None:
    every = migrate.revisions()
    older = every[-2] if since == "the release before" else [each for each in every if each < SINCE][-1]
    migrate.upgrade(blank_url, to=older)
    old = schema_of(blank_url)
    migrate.upgrade(blank_url)
    assert taken_from_the_older(old, schema_of(blank_url)) == []


def table(name: str, *columns: sa.Column[Any], unique: tuple[str, ...] = ()) -> Schema:
    rules = [sa.UniqueConstraint(*unique)] if unique else []
    made = sa.Table(name, sa.MetaData(), *columns, *rules)
    return Schema({name: dict(made.columns.items())}, {name: unique_in(made)})


def test_what_is_taken_away_would_be_seen() -> None:
    assert "batch_alter_table" in CONTRACTS  # by which SQLite hides what it does from the scripts' readers
    old = table("a", sa.Column("b", sa.String(9)), sa.Column("c", sa.Text()))
    assert taken_from_the_older(old, Schema({}, {})) == ["a is gone"]
    new = table("a", sa.Column("b", sa.String(4)), sa.Column("d", sa.Text(), nullable=False), unique=("b",))
    assert sorted(taken_from_the_older(old, new)) == [
        "a.b holds less: VARCHAR(4) after VARCHAR(9)",
        "a.c is gone",
        "a.d is asked of whoever does not know it",
        "a: ('b',) must be unique now",
    ]
    new = table("a", sa.Column("b", sa.String(9), nullable=False), sa.Column("c", sa.Integer()))
    assert sorted(taken_from_the_older(old, new)) == [
        "a.b may not be empty any more",
        "a.c holds less: INTEGER after TEXT",
    ]
    wider = table("a", sa.Column("b", sa.Text()), sa.Column("c", sa.Text()), sa.Column("e", sa.Text()))
    assert taken_from_the_older(old, wider) == []
