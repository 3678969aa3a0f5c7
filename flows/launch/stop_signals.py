"""Ctrl-C, `kill` and a closing terminal all mean: stop everything. Once more means: at once."""

import signal
from types import FrameType, TracebackType
from typing import Self

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Someone asked us to stop. Not an Exception, so that no step of the start-up takes it for a failure."""


class StopSignals:
    """While entered: the first signal raises StopRequested in the main thread, later ones set `at_once`."""

    def __init__(self) -> None:
        self.asked = False
        self.at_once = False
        self._before: dict[signal.Signals, signal.Handlers | object] = {}

    def __enter__(self) -> Self:
        for each in STOPPING:
            self._before[each] = signal.signal(each, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each, handler in self._before.items():
            # Who was asked to stop is about to end: one more Ctrl-C must not turn that into a failure.
            signal.signal(each, signal.SIG_IGN if self.asked else handler)  # type: ignore[arg-type]

    def hold(self) -> None:
        """Raise StopRequested no more: stopping has begun, and a further signal only sets `at_once`."""
        self.asked = True

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        del number
        if self.asked:
            self.at_once = True
            return
        self.asked = True
        raise StopRequested
