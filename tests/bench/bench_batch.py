"""How near a batch comes to what its provider allows, and what a picture costs our own processor.

Run by `make bench`, or alone: `python -m tests.bench.bench_batch [characters] [seconds of an answer] [how
many at once]`. Each character is a look and a picture of 0.2 s each, in six steps, twenty at once, in one
process; the record is a file of SQLite, the store a disk. Beside it, in the same run, the same waiting in
plain asyncio, and in Celery with Redis, which keeps no ledger, no store and no timeline. The photo with a
face costs what a bought picture costs locally: its likeness to the photo is measured here.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import psutil  # type: ignore[import-untyped]

from db.ids import new_id
from db.models import BatchState
from flows.batch_work import Worked, use_threads, work_on
from tasks.batch.endings import close_batch
from tasks.batch.lease import let_go
from tasks.batch.plan import open_batch, start_batch
from tasks.perception.likeness.measure import METRIC_VERSION
from tasks.runtime import Runtime, using_runtime
from tests.bench import celery_peer
from tests.bench.table import row, title
from tests.support.providers import BookkeepingImage, BookkeepingVision
from tests.support.records import fresh_record
from tests.support.runtimes import open_runtime
from tests.support.settings_of_process import settings_of_its_own
from tests.topology import folk
from tests.topology.studio_job import demo_photo

USUAL_CHARACTERS = 200
MEASURED_CHARACTERS = (
    40  # at the most, of those whose likeness is measured: that is a matter of the processor
)
AT_ONCE = 20
ANSWER_SECONDS = 0.2
STEPS = 6
MEGABYTE = 1e6
NO_PACE = "local=100000"  # the provider is not what is measured
CALLS = 2  # of a character
COLUMNS = ("characters", "seconds", "of limit", "cpu ms each", "grown by MB")
NOT_MEASURED = {"metric_version": METRIC_VERSION, "warnings": ["not_measured"]}


@dataclass(frozen=True)
class Load:
    """What is to be done: so many characters, so many of them at once, each answer after so many seconds."""

    count: int = USUAL_CHARACTERS
    seconds: float = ANSWER_SECONDS
    at_once: int = AT_ONCE

    @property
    def limit(self) -> float:
        """The seconds that nobody can do it in less than."""
        return self.count * CALLS * self.seconds / self.at_once


def main(load: Load = Load()) -> int:
    """Print the figures."""
    title(f"{load.at_once} characters at once, {CALLS} calls of {load.seconds} s each", COLUMNS)
    _tell("plain asyncio", load, asyncio.run(_plain(load)))
    peer = celery_peer.run(load.count, at_once=load.at_once, calls=CALLS, seconds=load.seconds, steps=STEPS)
    if peer is None:
        print(celery_peer.MISSING)
    else:
        _tell("Celery with Redis: no ledger, no store", load, peer)
    with patch.dict(os.environ, STORYKIN_PROVIDER_PACES=NO_PACE), settings_of_its_own():
        _tell("a batch, nothing measured here", load, asyncio.run(_batch(False, load)))
        fewer = replace(load, count=min(load.count, MEASURED_CHARACTERS))
        _tell("a batch, each likeness measured here", fewer, asyncio.run(_batch(True, fewer)))
    return 0


def _tell(name: str, load: Load, figures: Sequence[float]) -> None:
    took, spent, *held = figures
    row(name, load.count, took, took / load.limit, spent / load.count * 1000, *held)


@contextmanager
def _measured() -> Iterator[list[float]]:
    """Seconds, and CPU seconds of this process, in the list when the block is done."""
    figures: list[float] = []
    began, before = time.perf_counter(), time.process_time()
    yield figures
    figures += [time.perf_counter() - began, time.process_time() - before]


async def _plain(load: Load) -> list[float]:
    """As many waits, and nothing besides."""
    at_once = asyncio.Semaphore(load.at_once)

    async def one() -> None:
        async with at_once:
            for _ in range(CALLS):
                await asyncio.sleep(load.seconds)

    with _measured() as figures:
        await asyncio.gather(*(one() for _ in range(load.count)))
    return figures


async def _batch(measured: bool, load: Load) -> list[float]:
    """One process works on all of it; from the plan to the closed books."""
    meanwhile = nullcontext() if measured else _nothing_measured()
    with _runtime(load.seconds) as runtime, using_runtime(runtime), meanwhile:
        folk.take_in(runtime, demo_photo(), load.count, ("flat",))
        use_threads(load.at_once)
        held = _resident()
        with _measured() as figures:
            batch_id = open_batch(new_id(), None, limit=load.count, at_once=load.at_once)
            start_batch(batch_id, load.count)
            let_go(runtime, batch_id)
            while await work_on(batch_id) is Worked.DONE:
                pass
            assert close_batch(runtime, batch_id) is BatchState.DONE
        assert isinstance(runtime.image, BookkeepingImage)
        assert runtime.image.billed.total() == load.count
        return [*figures, (_resident() - held) / MEGABYTE]


def _resident() -> int:
    return int(psutil.Process().memory_info().rss)


@contextmanager
def _nothing_measured() -> Iterator[None]:
    """Leave out what OpenCV looks at: faces before a run, the likeness after it."""
    with (
        patch("tasks.recheck_photo.recheck_photo", lambda *_args: None),
        patch(
            "tasks.score_likeness.score_likeness",
            lambda *_args: {"metric_version": METRIC_VERSION, "warnings": ["not_measured"]},
        ),
    ):
        yield


@contextmanager
def _runtime(seconds: float) -> Iterator[Runtime]:
    with tempfile.TemporaryDirectory() as folder:
        migrated = Path(folder) / "migrated.db"
        fresh_record(migrated)
        with open_runtime(Path(folder), migrated) as runtime:
            vision = BookkeepingVision(misbehave=lambda _count: time.sleep(seconds))
            image = BookkeepingImage(before_billing=lambda _style: time.sleep(seconds))
            yield replace(runtime, vision=vision, image=image)


if __name__ == "__main__":
    asked = zip((int, float, int), sys.argv[1:], strict=False)
    sys.exit(main(Load(*(of(word) for of, word in asked))))
