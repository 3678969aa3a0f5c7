"""Notices handed over as they come, beside whatever else a process does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from db.engine import Record
from db.log import Log
from tasks.notices.delivery import channels, deliver

log = Log("notices")

SECONDS_BETWEEN_PASSES = 10.0
SECONDS_TO_STOP = 3.0


@contextmanager
def delivering(record: Record, every: float = SECONDS_BETWEEN_PASSES) -> Iterator[None]:
    """Meanwhile, on a thread, pass after pass; nothing where no channel is set. Raises BadSettings."""
    if not channels():
        yield
        return
    stopped = threading.Event()
    thread = threading.Thread(target=_deliver, args=(record, stopped, every), name="notices", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(SECONDS_TO_STOP)


def _deliver(record: Record, stopped: threading.Event, every: float) -> None:
    while not stopped.wait(every):
        try:
            deliver(record, channels())
        except Exception as error:
            log.error("a pass over the notices failed", error=error)
