"""How near a batch comes to what its provider allows, and what a picture costs our own processor.

Run by `make bench`, or alone: `python -m tests.bench.bench_batch [characters] [seconds of an answer]`. Each
character is a look and a picture of 0.2 s each, in six steps, twenty at once; the record is a file of SQLite,
the store a disk. Beside it, in the same run, the same waiting in plain asyncio, and in Celery with Redis,
which keeps no ledger, no store and no timeline. The photo with a face costs what a bought picture costs
locally: its likeness to the photo is measured here.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

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
NO_PACE = "local=100000"  # the provider is not what is measured
CALLS = 2  # of a character
COLUMNS = ("characters", "seconds", "of limit", "cpu ms each")
NOT_MEASURED = {"metric_version": METRIC_VERSION, "warnings": ["not_measured"]}


def main(count: int = USUAL_CHARACTERS, seconds: float = ANSWER_SECONDS) -> int:
    """Print the figures."""
    title(f"{AT_ONCE} characters at once, {CALLS} calls of {seconds} s each", COLUMNS)
    _tell("plain asyncio", count, seconds, asyncio.run(_plain(count, seconds)))
    peer = celery_peer.run(count, at_once=AT_ONCE, calls=CALLS, seconds=seconds, steps=STEPS)
    if peer is None:
        print(celery_peer.MISSING)
    else:
        _tell("Celery with Redis: no ledger, no store", count, seconds, peer)
    with patch.dict(os.environ, STORYKIN_PROVIDER_PACES=NO_PACE), settings_of_its_own():
        _tell("a batch, nothing measured here", count, seconds, asyncio.run(_batch(False, count, seconds)))
        fewer = min(count, MEASURED_CHARACTERS)
        _tell(
            "a batch, each likeness measured here", fewer, seconds, asyncio.run(_batch(True, fewer, seconds))
        )
    return 0


def _tell(name: str, count: int, seconds: float, figures: Sequence[float]) -> None:
    took, spent = figures
    row(name, count, took, took / (count * CALLS * seconds / AT_ONCE), spent / count * 1000)


@contextmanager
def _measured() -> Iterator[list[float]]:
    """Seconds, and CPU seconds of this process, in the list when the block is done."""
    figures: list[float] = []
    began, before = time.perf_counter(), time.process_time()
    yield figures
    figures += [time.perf_counter() - began, time.process_time() - before]


async def _plain(count: int, seconds: float) -> list[float]:
    """As many waits, and nothing besides."""
    at_once = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with at_once:
            for _ in range(CALLS):
                await asyncio.sleep(seconds)

    with _measured() as figures:
        await asyncio.gather(*(one() for _ in range(count)))
    return figures


async def _batch(measured: bool, count: int, seconds: float) -> list[float]:
    """One process works on all of it; from the plan to the closed books."""
    meanwhile = nullcontext() if measured else _nothing_measured()
    with _runtime(seconds) as runtime, using_runtime(runtime), meanwhile:
        folk.take_in(runtime, demo_photo(), count, ("flat",))
        use_threads(AT_ONCE)
        with _measured() as figures:
            batch_id = open_batch(new_id(), None, limit=count, at_once=AT_ONCE)
            start_batch(batch_id, count)
            let_go(runtime, batch_id)
            while await work_on(batch_id) is Worked.DONE:
                pass
            assert close_batch(runtime, batch_id) is BatchState.DONE
        assert isinstance(runtime.image, BookkeepingImage)
        assert runtime.image.billed.total() == count
        return figures


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
    sys.exit(main(*map(int, sys.argv[1:2]), *map(float, sys.argv[2:3])))
