"""`make chaos`: every crash point on both databases with one and three workers, zombies, cuts, a restart.

Prints a line a scenario and the sum at the end; exit 1 if anything was paid twice, lost or unexplained, or
if a mutation of the promise was not noticed.
"""

import io
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from db.log import configure_logging
from db.migrate import upgrade
from tests.chaos.checker import NOTHING, Verdict
from tests.chaos.child import Scene
from tests.chaos.crash_points import IMAGE, POINTS
from tests.chaos.scenarios import Set, disturbed, frozen_at, killed_at, many_under
from tests.support.postgres import PostgresServer
from tests.support.rehearsal import rehearsing

Scenario = Callable[[Set], Verdict]

# A worker can be frozen at any edge but inside the one request itself.
FREEZES = tuple(point for point in IMAGE if not point.endswith(("answered", "before")))


def main() -> int:
    """Play everything; 0 when the promise was kept and every mutation was seen."""
    began = time.monotonic()
    configure_logging(io.StringIO())  # what goes wrong here is meant to
    postgres = PostgresServer(Path(tempfile.mkdtemp(prefix="storykin-chaos-pg-")))
    try:
        played = (_play(name, database, act, postgres) for name, database, act in _programme(postgres))
        total = sum(played, NOTHING)
        blind = [name for name in _mutants() if not _noticed(name, postgres)]
    finally:
        postgres.stop()
    print(f"\n{total.line()}   ({time.monotonic() - began:.0f} s)")
    for name in blind:
        print(f"✗ the checker did not notice: {name}")
    return 0 if total.kept and not blind else 1


def _programme(postgres: PostgresServer) -> Iterator[tuple[str, str, Scenario]]:
    for database in ("sqlite", "postgres"):
        for workers in (1, 3):
            for point in POINTS:
                yield f"kill -9 at {point}, {workers} at work", database, _killing(point, workers)
        for point in FREEZES:
            yield f"frozen at {point}", database, _freezing(point)
        for operation in ("create", "responses"):
            for when in ("before", "after"):
                yield f"{operation} cut {when} acceptance", database, _cutting(operation, when)
    yield "the database restarts under load", "postgres", _restarting(postgres)


def _killing(point: str, workers: int) -> Scenario:
    return lambda stage_set: killed_at(stage_set, point, workers=workers)


def _freezing(point: str) -> Scenario:
    return lambda stage_set: frozen_at(stage_set, point)


def _cutting(operation: str, when: str) -> Scenario:
    return lambda stage_set: disturbed(
        stage_set, lambda: stage_set.cloud.fault("drop", when=when, operation=operation, count=1)
    )


def _restarting(postgres: PostgresServer) -> Scenario:
    def restart() -> None:
        time.sleep(1.0)  # let the work get under way: whatever it is at is the right moment
        postgres.crash_and_restart()

    return lambda stage_set: many_under(stage_set, restart)


def _mutants() -> dict[str, Scenario]:
    return {
        "fence clause removed": _freezing("image.sending.after"),
        "SDK retries on": _cutting("responses", "after"),
        "unknown sent again": _killing("vision.answered", 1),
    }


def _play(name: str, database: str, act: Scenario, postgres: PostgresServer) -> Verdict:
    with _stage_set(database, postgres) as stage_set:
        verdict = act(stage_set)
    print(f"{'✓' if verdict.kept else '✗'} {database:<9}{name:<48}{verdict.line()}", flush=True)
    return verdict


def _noticed(mutation: str, postgres: PostgresServer) -> bool:
    with _stage_set("sqlite", postgres) as stage_set:
        broken = Set(replace(stage_set.scene, mutation=mutation), stage_set.cloud)
        verdict = _mutants()[mutation](broken)
    print(
        f"{'✓' if not verdict.kept else '✗'} mutation “{mutation}” turns it red: {verdict.line()}", flush=True
    )
    return not verdict.kept


@contextmanager
def _stage_set(database: str, postgres: PostgresServer) -> Iterator[Set]:
    folder = Path(tempfile.mkdtemp(prefix="storykin-chaos-"))
    (folder / "cloud").mkdir()
    try:
        with rehearsing(folder / "cloud") as cloud:
            if database == "postgres":
                with postgres.database() as url:
                    yield Set(Scene(folder, url, cloud.openai_url, cloud.url), cloud)
            else:
                url = f"sqlite:///{folder / 'record.db'}"
                upgrade(url)
                yield Set(Scene(folder, url, cloud.openai_url, cloud.url), cloud)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
