"""A fork server that the worker's own process has forked (`flows.worker.work`), as its worker sees it."""

import contextlib
import os
import signal
import socket
import subprocess
import time

POLL_SECONDS = 0.05


class ForkedAhead:
    """A fork server that this process has forked. Is waited for and killed like a `subprocess.Popen`."""

    def __init__(self, pid: int, control: socket.socket) -> None:
        self.pid = pid
        self.control = control  # the worker's end

    def wait(self, timeout: float | None = None) -> None:
        """Until it has ended. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self._has_ended():
            if until is not None and timeout is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("the fork server", timeout)
            time.sleep(POLL_SECONDS)

    def kill(self) -> None:
        """End it at once."""
        if not self._has_ended():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _has_ended(self) -> bool:
        try:
            return os.waitpid(self.pid, os.WNOHANG) != (0, 0)
        except ChildProcessError:  # someone has waited for it already
            return True
