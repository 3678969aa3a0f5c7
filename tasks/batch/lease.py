"""The process that works on a batch holds it, and says that it lives."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from db.repositories import batches
from tasks.batch.endings import BEATS, LEASE_SECONDS
from tasks.errors import LeaseLost, UsageError
from tasks.ledger.heartbeat import Heartbeat
from tasks.process_identity import is_gone
from tasks.runtime import Runtime

SECONDS_BETWEEN_TRIES = 2.0


@contextmanager
def holding(
    runtime: Runtime,
    batch_id: str,
    *,
    seconds: float = LEASE_SECONDS,
    beats: float = BEATS,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Follow the batch while the block runs; what is bought in it is bought by who holds the chunk.

    A process that held it before and has vanished is waited for until its hold ends. UsageError when it
    does not: it lives.
    """
    tries = int(seconds * 1.5 / SECONDS_BETWEEN_TRIES) + 1
    while not _take(runtime, batch_id, seconds):
        tries -= 1
        if tries <= 0:
            raise UsageError(
                "Another process works on this batch. Wait until it is done, or cancel its run.",
                code="batch_under_way",
            )
        sleep(SECONDS_BETWEEN_TRIES)
    with Heartbeat(lambda: _renew(runtime, batch_id, seconds), every=beats):
        yield


def let_go(runtime: Runtime, batch_id: str) -> None:
    """Follow the batch no more: whoever comes next need not wait. Harmless where another follows it."""
    with runtime.record.writing() as session:
        batches.release_lease(session, batch_id, owner=runtime.owner)


def is_ours(runtime: Runtime, batch_id: str) -> bool:
    """Whether this process still works on the batch: false once another has ended it or taken it over."""
    with runtime.record.reading() as session:
        return batches.holds_lease(session, batch_id, runtime.owner)


def _take(runtime: Runtime, batch_id: str, seconds: float) -> bool:
    with runtime.record.writing() as session:
        return batches.acquire_lease(session, batch_id, owner=runtime.owner, seconds=seconds, is_gone=is_gone)


def _renew(runtime: Runtime, batch_id: str, seconds: float) -> None:
    with runtime.record.writing() as session:
        if not batches.renew_lease(session, batch_id, owner=runtime.owner, seconds=seconds):
            raise LeaseLost("Another process has taken this batch over.")
