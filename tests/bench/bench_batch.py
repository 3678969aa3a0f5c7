"""How near a batch comes to what its provider allows, and what a picture costs our own processor.

Run by `make bench`, or alone: `python -m tests.bench.bench_batch [characters]`. Each character is a look and
a picture of 0.2 s each at a provider that takes 20 requests at once; the record is a file of SQLite, the
store a disk. Beside it, in the same run, the same waiting in plain asyncio. The photo with a face costs what
a bought picture costs locally: its likeness to the photo is measured here.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from db.ids import new_id
from db.models import BatchState
from flows.batch_work import Worked, use_threads, work_on
from tasks.batch.endings import close_batch
from tasks.batch.lease import let_go
from tasks.batch.plan import open_batch, start_batch
from tasks.perception.likeness.measure import METRIC_VERSION
from tasks.runtime import Runtime, using_runtime
from tests.bench.table import row, title
from tests.support.providers import BookkeepingImage, BookkeepingVision
from tests.support.records import fresh_record
from tests.support.runtimes import open_runtime
from tests.topology import folk
from tests.topology.studio_job import demo_photo

USUAL_CHARACTERS = 40
AT_ONCE = 20
ANSWER_SECONDS = 0.2
CALLS = 2  # of a character
NOT_MEASURED = {"metric_version": METRIC_VERSION, "warnings": ["not_measured"]}


def main(count: int = USUAL_CHARACTERS) -> int:
    """Print the figures."""
    limit = count * CALLS * ANSWER_SECONDS / AT_ONCE
    title(f"{count} characters, {AT_ONCE} requests at once", ("seconds", "of limit", "cpu ms each"))
    works: dict[str, Callable[[int], Coroutine[Any, Any, list[float]]]] = {
        "plain asyncio": _plain,
        "a batch, nothing measured here": partial(_batch, _nothing_measured),
        "a batch, each likeness measured here": partial(_batch, nullcontext),
    }
    for name, work in works.items():
        took, spent = asyncio.run(work(count))
        row(name, took, took / limit, spent / count * 1000)
    return 0


@contextmanager
def _measured() -> Iterator[list[float]]:
    """Seconds, and CPU seconds of this process, in the list when the block is done."""
    figures: list[float] = []
    began, before = time.perf_counter(), time.process_time()
    yield figures
    figures += [time.perf_counter() - began, time.process_time() - before]


async def _plain(count: int) -> list[float]:
    """As many waits, and nothing besides."""
    at_once = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with at_once:
            for _ in range(CALLS):
                await asyncio.sleep(ANSWER_SECONDS)

    with _measured() as figures:
        await asyncio.gather(*(one() for _ in range(count)))
    return figures


async def _batch(meanwhile: Callable[[], AbstractContextManager[None]], count: int) -> list[float]:
    """One process works on all of it; from the plan to the closed books."""
    with _runtime() as runtime, using_runtime(runtime), meanwhile():
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
def _runtime() -> Iterator[Runtime]:
    with tempfile.TemporaryDirectory() as folder:
        migrated = Path(folder) / "migrated.db"
        fresh_record(migrated)
        with open_runtime(Path(folder), migrated) as runtime:
            vision = BookkeepingVision(misbehave=lambda _count: time.sleep(ANSWER_SECONDS))
            image = BookkeepingImage(before_billing=lambda _style: time.sleep(ANSWER_SECONDS))
            yield replace(runtime, vision=vision, image=image)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
