"""Databases of an hour ago, and somebody else's: what they must not buy, move or delete."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from db.engine import Record
from db.ids import new_id, utc_now
from db.migrate import upgrade
from flows.run_request import RunRequest
from tasks.errors import StoreError
from tasks.housekeeping import scrub, sweep
from tasks.runtime import Runtime
from tasks.storage.generations import follow_store
from tests.chaos.checker import Verdict
from tests.chaos.child import Job
from tests.chaos.scenarios import STYLES, Set, a_character, counted, keep_this_house, start
from tests.support.runtimes import new_character

MONTHS = timedelta(days=90)
CHORES: tuple[Callable[[Runtime], int], ...] = (
    sweep.bring_back_named,
    sweep.drop_stale_uploads,
    sweep.drop_handed_over_photos,
    sweep.quarantine_unnamed,
    sweep.empty_quarantine,
    scrub.scrub,
)


def restored_after(stage_set: Set, point: str = "") -> Verdict:
    """Buy, put the record of before back, let months pass, and run everything again: the bank stays as it is.

    With a `point` the worker is killed there first, so that what it had under way is not on record at all.
    """
    scene = stage_set.scene
    with a_character(stage_set) as (runtime, character_id):
        sweep.quarantine_unnamed(runtime)
        backup = _taken(scene.url, scene.folder, runtime)
        start(Job(scene, RunRequest(character_id, STYLES, new_id()), point)).join(120)
        bought = _bought(stage_set)
        _let_months_pass(runtime)
        sweep.quarantine_unnamed(runtime)  # the store goes on with the record that is about to be lost
        _put_back(scene.url, backup, runtime)
        refused = _keep_the_store(runtime)
        keep_this_house(runtime)
        start(Job(scene, RunRequest(character_id, STYLES, new_id()))).join(120)
        follow_store(runtime)  # the operator says that this is the record from now on
        _keep_the_store(runtime)
        verdict = counted(stage_set, runtime, [character_id], struck=1)
        told = [] if refused else ["a restored record was let sweep its store"]
        if not point and _bought(stage_set) != bought:
            told.append(f"the bank has {_bought(stage_set)} entries after the restore, and had {bought}")
        return replace(verdict, complaints=(*verdict.complaints, *told))


def two_on_one_store(stage_set: Set) -> Verdict:
    """A new, empty record is pointed at a full store, and months pass: not a byte of it goes."""
    scene = stage_set.scene
    with a_character(stage_set) as (runtime, character_id):
        start(Job(scene, RunRequest(character_id, STYLES, new_id()))).join(120)
        before = {found.key: runtime.store.get(found.key) for found in runtime.store.iterate("")}
        url = f"sqlite:///{scene.folder / 'another.db'}"
        upgrade(url)
        stranger = replace(runtime, record=Record(url))
        _let_months_pass(stranger)
        told = []
        if _keep_the_store(stranger) != len(CHORES):
            told.append("a chore touched another installation's store")
        try:
            new_character(stranger, shade=33)
            told.append("a character was made in another installation's store")
        except StoreError:
            pass
        if {found.key: runtime.store.get(found.key) for found in runtime.store.iterate("")} != before:
            told.append("another installation's store is not as it was")
        stranger.record.close()
        verdict = counted(stage_set, runtime, [character_id], struck=1)
        return replace(verdict, complaints=(*verdict.complaints, *told))


def _keep_the_store(runtime: Runtime) -> int:
    """Every chore that may take something out of the store; how many of them refused."""
    refused = 0
    for chore in CHORES:
        try:
            chore(runtime)
        except StoreError:
            refused += 1
    return refused


def _let_months_pass(runtime: Runtime) -> None:
    """By the store's own clock, which is the one that ages are told by."""
    store: Any = runtime.store
    store.now = lambda: utc_now() + MONTHS


def _bought(stage_set: Set) -> int:
    return sum(entry.billed for entry in stage_set.cloud.settled_bank().entries.values())


def _taken(url: str, folder: Path, runtime: Runtime) -> str:
    """A copy of the record as it is: a file, or the name of a database."""
    runtime.record.close()
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        backup = folder / f"backup-{new_id()}.db"
        with closing(sqlite3.connect(str(place.database))) as live, closing(sqlite3.connect(backup)) as copy:
            live.backup(copy)
        return str(backup)
    name = f"backup_{new_id().replace('-', '')}"
    _on_the_server(url, f'CREATE DATABASE "{name}" TEMPLATE "{place.database}"')
    return name


def _put_back(url: str, backup: str, runtime: Runtime) -> None:
    runtime.record.close()
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        for left in (f"{place.database}-wal", f"{place.database}-shm"):
            Path(left).unlink(missing_ok=True)
        shutil.move(backup, str(place.database))
        return
    _on_the_server(
        url,
        f'DROP DATABASE "{place.database}" WITH (FORCE)',
        f'ALTER DATABASE "{backup}" RENAME TO "{place.database}"',
    )


def _on_the_server(url: str, *statements: str) -> None:
    plain = make_url(url).set(drivername="postgresql", database="postgres")
    target = plain.render_as_string(hide_password=False)
    with psycopg.connect(target, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
