"""The process that works on a batch holds it, and says that it lives."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from db.repositories import batches
from tasks.batch.endings import BEATS, LEASE_SECONDS
from tasks.errors import LostLease, UsageError
from tasks.ledger.heartbeat import Heartbeat
from tasks.process_identity import is_gone
from tasks.runtime import Workshop, spending_only_while

SECONDS_BETWEEN_TRIES = 2.0


@contextmanager
def holding(
    workshop: Workshop,
    batch_id: str,
    *,
    seconds: float = LEASE_SECONDS,
    beats: float = BEATS,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold the batch while the block runs; nothing is bought in it once another has taken the batch.

    A process that held it before and has vanished is waited for until its hold ends. UsageError when it
    does not: it lives.
    """
    tries = int(seconds * 1.5 / SECONDS_BETWEEN_TRIES) + 1
    while not _take(workshop, batch_id, seconds):
        tries -= 1
        if tries <= 0:
            raise UsageError(
                "Another process works on this batch. Wait until it is done, or cancel its run.",
                code="batch_under_way",
            )
        sleep(SECONDS_BETWEEN_TRIES)
    with (
        Heartbeat(lambda: _renew(workshop, batch_id, seconds), every=beats),
        spending_only_while(lambda: is_ours(workshop, batch_id)),
    ):
        yield


def is_ours(workshop: Workshop, batch_id: str) -> bool:
    """Whether this process still works on the batch: false once another has ended it or taken it over."""
    with workshop.record.reading() as session:
        return batches.is_held_by(session, batch_id, workshop.owner)


def _take(workshop: Workshop, batch_id: str, seconds: float) -> bool:
    with workshop.record.writing() as session:
        return batches.take(session, batch_id, owner=workshop.owner, seconds=seconds, is_gone=is_gone)


def _renew(workshop: Workshop, batch_id: str, seconds: float) -> None:
    with workshop.record.writing() as session:
        if not batches.renew(session, batch_id, owner=workshop.owner, seconds=seconds):
            raise LostLease("Another process has taken this batch over.")
