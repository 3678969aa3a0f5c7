"""A sign of life while something long runs, so that the lease does not lapse under it."""

import threading
from collections.abc import Callable
from types import TracebackType

from tasks.errors import LeaseLost


class Heartbeat:
    """Calls `beat` every `every` seconds on a thread of its own until the block ends.

    A lost lease ends the beating; the next fenced move finds out and stops the work. Other errors (a
    database that is away for a moment) are outlived.
    """

    def __init__(self, beat: Callable[[], None], *, every: float) -> None:
        self._beat = beat
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            try:
                self._beat()
            except LeaseLost:
                return
            except Exception:  # noqa: S112 - the next beat, or the next move, will tell
                continue
