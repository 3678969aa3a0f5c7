"""A small memory of costly results: asked for by several threads at once, each is worked out once."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

Key = TypeVar("Key")
Result = TypeVar("Result")


class SharedResults(Generic[Key, Result]):
    """The last few results by key. A failure is told to everyone who waits for it, and not remembered."""

    def __init__(self, work: Callable[[Key], Result], keep: int) -> None:
        self._work = work
        self._keep = keep
        self._reset()
        # A forked child has none of the parent's threads: what they were working on would never come.
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._results: OrderedDict[Key, Future[Result]] = OrderedDict()

    def get(self, key: Key) -> Result:
        """The result for `key`, worked out now, by another thread right now, or earlier."""
        with self._lock:
            known = self._results.get(key)
            mine = known is None
            future: Future[Result] = Future() if known is None else known
            self._results[key] = future
            self._results.move_to_end(key)
            self._forget_oldest()
        return self._fulfil(key, future) if mine else future.result()

    def _forget_oldest(self) -> None:
        while len(self._results) > self._keep:
            self._results.popitem(last=False)

    def _fulfil(self, key: Key, future: Future[Result]) -> Result:
        try:
            result = self._work(key)
        except BaseException as error:
            with self._lock:
                if self._results.get(key) is future:
                    del self._results[key]
            future.set_exception(error)
            raise
        future.set_result(result)
        return result
