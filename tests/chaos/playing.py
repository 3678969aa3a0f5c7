"""Plays everything, and prints what came of it. Not `__main__`: other processes import what they play."""

import io
import multiprocessing
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

from db.log import configure_logging
from db.migrate import upgrade
from tests.chaos.checker import NOTHING, Verdict
from tests.chaos.child import Scene
from tests.chaos.clocks import HOW_TO, libfaketime
from tests.chaos.prefect_outage import OUTAGES, outage, prefect_to_break
from tests.chaos.programme import Act, mutants, programme
from tests.chaos.scenarios import Set, many_under
from tests.support.postgres import PostgresServer
from tests.support.rehearsal import Rehearsal, rehearsing
from tests.support.state_directory import state_directory

LANES = int(os.environ.get("STORYKIN_CHAOS_LANES") or 2 * (os.cpu_count() or 1))


def main() -> int:
    """Play everything; 0 when the promise was kept and every mutation was seen."""
    began = time.monotonic()
    _quiet()
    with ExitStack() as stack:
        postgres = stack.enter_context(_postgres())
        stage = stack.enter_context(_Stage(postgres))
        # The longest first: they wait more than they work.
        alone = [stage.beside(_prefect_outages), stage.beside(_restart)]
        played = [stage.play(act) for act in programme() if act.can_be_played]
        mutated = [stage.play(act) for act in mutants() if act.can_be_played]
        verdicts = [_told(*each.result()) for each in played]
        verdicts += [_told(*each) for future in alone for each in future.result()]
        blind = [act.title for act, verdict in (each.result() for each in mutated) if not _seen(act, verdict)]
    total = sum(verdicts, NOTHING)
    for why in total.why_unknown():
        print(f"  unknown-open: {why}")
    if libfaketime() is None:
        print(f"  not played: {HOW_TO}")
    print(f"\n{total.line()}   ({total.struck} struck; {time.monotonic() - began:.0f} s)")
    for title in blind:
        print(f"✗ the checker did not notice: {title}")
    return 0 if total.kept and not blind else 1


def _told(act: Act, verdict: Verdict) -> Verdict:
    print(f"{'✓' if verdict.kept else '✗'} {act.database:<9}{act.title:<58}{verdict.line()}", flush=True)
    return verdict


def _seen(act: Act, verdict: Verdict) -> bool:
    # A scenario that could not be played to its end has noticed nothing.
    red = not verdict.kept and verdict.accepted > 0
    print(f"{'✓' if red else '✗'} mutation “{act.title}” turns it red: {verdict.line()}", flush=True)
    return red


class _Stage:
    """Lanes of processes that play acts, and a lane of its own for whatever needs a server of its own."""

    def __init__(self, postgres: PostgresServer) -> None:
        self._postgres = postgres
        self._making = threading.Lock()  # one database is copied from the template at a time

    def __enter__(self) -> "_Stage":
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(
            ["tests.chaos.warm", "tests.chaos.prefect_outage", "tests.chaos.programme"]
        )
        self._processes = ProcessPoolExecutor(LANES + 2, context, initializer=_quiet)
        self._lanes = ThreadPoolExecutor(LANES)
        self._others = ThreadPoolExecutor(2)
        return self

    def __exit__(self, *_: object) -> None:
        self._lanes.shutdown()
        self._others.shutdown()
        self._processes.shutdown()

    def play(self, act: Act) -> "Future[tuple[Act, Verdict]]":
        """Have `act` played when its turn comes."""
        return self._lanes.submit(self._play, act)

    def beside(self, acts: Callable[[], list[tuple[Act, Verdict]]]) -> "Future[list[tuple[Act, Verdict]]]":
        """Have several acts played one after the other, beside the lanes."""
        return self._others.submit(lambda: self._processes.submit(acts).result())

    def _play(self, act: Act) -> tuple[Act, Verdict]:
        if act.database != "postgres":
            return act, self._processes.submit(_play_on, act, None).result()
        with ExitStack() as stack:
            with self._making:
                url = stack.enter_context(self._postgres.database())
            return act, self._processes.submit(_play_on, act, url).result()


def _play_on(act: Act, url: str | None) -> Verdict:
    with stage_set(url, _cloud_of_this_process().with_empty_books()) as made:
        return act.play(made)


@cache
def _cloud_of_this_process() -> Rehearsal:
    """One for all acts of a lane: it takes longer to start than most acts take to play."""
    folder = Path(tempfile.mkdtemp(prefix="storykin-chaos-cloud-"))
    stack = ExitStack()
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    Finalize(None, stack.close, exitpriority=1)  # a process of a pool runs no atexit
    return stack.enter_context(rehearsing(folder))


def _prefect_outages() -> list[tuple[Act, Verdict]]:
    """Every outage of Prefect's server, half of them with the record on Postgres."""
    played = []
    with state_directory(), prefect_to_break() as server, _postgres() as postgres:
        for number, (title, happens) in enumerate(OUTAGES.items()):
            with ExitStack() as stack:
                url = stack.enter_context(postgres.database()) if number % 2 else None
                act = Act(title, "outage", database="postgres" if url else "sqlite")
                try:
                    verdict = outage(stack.enter_context(stage_set(url)), server, happens)
                except AssertionError as error:
                    verdict = Verdict(complaints=(f"{title}: {error}",))
                played.append((act, verdict))
    return played


def _restart() -> list[tuple[Act, Verdict]]:
    """The record's database ends as in a power cut while twelve workers are on four characters."""

    def crash() -> None:
        time.sleep(1.0)  # let the work get under way: whatever it is at is the right moment
        postgres.crash_and_restart()

    with _postgres() as postgres, postgres.database() as url, stage_set(url) as made:
        act = Act("the database restarts under load", "restart", database="postgres")
        return [(act, many_under(made, crash))]


@contextmanager
def _postgres() -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="storykin-chaos-pg-"))
    postgres = PostgresServer(folder)
    try:
        yield postgres
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def stage_set(url: str | None, cloud: Rehearsal | None = None) -> Iterator[Set]:
    """A fresh record (on the database at `url`, or SQLite), a fresh store, and a cloud with empty books."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="storykin-chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if cloud is None:
            (folder / "cloud").mkdir()
            cloud = stack.enter_context(rehearsing(folder / "cloud"))
        if url is None:
            url = f"sqlite:///{folder / 'record.db'}"
            upgrade(url)
        yield Set(Scene(folder, url, cloud.openai_url, cloud.url), cloud)


def _quiet() -> None:
    configure_logging(io.StringIO())  # what goes wrong here is meant to
