"""A worker on a machine without a studio has the runs of dead machines go on as a studio would.

`storykin up` starts both, and says so to the worker: one of the two is enough, and what it imports for this
takes 40 MB.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from db.errors import UserFacingError
from db.log import Log

BESIDE_A_STUDIO = "--beside-a-studio"
SECONDS_BETWEEN_TRIES = 10.0
SECONDS_TO_STOP = 3.0

log = Log("reconciler")


@contextmanager
def reconciling_alone(arguments: list[str], every: float = SECONDS_BETWEEN_TRIES) -> Iterator[None]:
    """Meanwhile, on a thread, unless the worker's `arguments` say that a studio does it."""
    if BESIDE_A_STUDIO in arguments:
        yield
        return
    stopped = threading.Event()
    thread = threading.Thread(target=_reconcile, args=(stopped, every), name="reconciler", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(SECONDS_TO_STOP)


def _reconcile(stopped: threading.Event, every: float) -> None:
    """As soon as there is a record that this version can work on."""
    # All of it is large, and beside a studio not needed.
    from db.record_state import require_current  # noqa: PLC0415
    from flows.reconciler import Reconciler  # noqa: PLC0415
    from tasks.runtime import current_runtime  # noqa: PLC0415

    last_code = ""
    while not stopped.wait(every):
        try:
            require_current()
            reconciler = Reconciler(current_runtime())
        except UserFacingError as error:
            if error.code != last_code:
                log.warning("a lone worker can't see to dead runs yet", code=error.code)
            last_code = error.code
        else:
            reconciler.run(stopped, every)
