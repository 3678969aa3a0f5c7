"""Work of the launcher that needs much memory, in a process that is gone when it is done.

The launcher lives as long as the studio does and only watches: what it had imported to prepare the record and
the store (drivers, models, a bucket's client) it would keep for nothing.
"""

import contextlib
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from typing import IO, TypeVar, cast

from db.errors import UserFacingError
from flows.die_with_parent import die_with_parent
from flows.launch.stop_signals import StopRequested
from tasks.errors import StorykinError

T = TypeVar("T")


class WorkFailed(Exception):
    """It failed in a way that has no sentence for people; the message is its traceback."""


class Apart:
    """`work`, begun in a forked process. What it prints is printed; to be used while there is one thread."""

    def __init__(self, work: Callable[[], object]) -> None:
        read, write = os.pipe()
        launcher = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            self._pid = os.fork()
            if self._pid == 0:
                os.close(read)
                die_with_parent(launcher)
                with os.fdopen(write, "wb") as answer:
                    _do(work, answer)
        finally:
            if os.getpid() != launcher:  # whatever has come up: nobody but the launcher goes on from here
                _leave()
        os.close(write)
        self._answer: IO[bytes] = os.fdopen(read, "rb")

    def result(self) -> object:
        """Wait for what it returns. Raises StorykinError with its sentence, or WorkFailed. To be followed by
        `stop`, whatever this raises.
        """
        try:
            answer = self._answer.read()
        finally:
            self._answer.close()
        os.waitpid(self._pid, 0)
        if not answer:
            raise WorkFailed("its process ended without an answer")
        kind, *told = pickle.loads(answer)  # noqa: S301 - of a process of our own
        if kind == "done":
            return told[0]
        if kind == "told":
            raise StorykinError(told[0], code=told[1])
        raise WorkFailed(told[0])

    def stop(self) -> None:
        """Have it end, undoing what it is at, and wait for that. Harmless where it has ended."""
        self._answer.close()
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            if os.waitpid(self._pid, os.WNOHANG) == (0, 0):
                os.kill(self._pid, signal.SIGTERM)
                os.waitpid(self._pid, 0)


def apart(work: Callable[[], T]) -> T:
    """What `work` returns, done in a forked process. Raises as `Apart.result` does."""
    under_way = Apart(work)
    try:
        return cast(T, under_way.result())
    finally:
        under_way.stop()


def _do(work: Callable[[], object], answer: IO[bytes]) -> None:
    try:
        told: tuple[object, ...] = ("done", work())
    except UserFacingError as error:
        told = ("told", str(error.sentence), error.code)
    except StopRequested:
        return
    except BaseException:
        told = ("failed", traceback.format_exc())
    pickle.dump(told, answer)


def _leave() -> None:
    """End without what the launcher would do at its end."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(0)
