"""One process that the launcher keeps: started with a log, ended with its whole group."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from db.settings import record_settings
from flows.die_with_parent import die_with_parent
from flows.launch.backoff import Backoff
from flows.launch.logs import failure_line, rotate
from flows.launch.postgres import Account


@dataclass(frozen=True)
class Service:
    """A program to start: command, environment, how it is stopped and how often it may restart."""

    title: str  # as people are told: "Prefect server"
    name: str  # as its log is called: "prefect"
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    # What the kernel sends should the launcher be killed itself. Postgres gets its clean, quick stop.
    orphan_signal: signal.Signals = signal.SIGKILL
    patience: float = 10  # seconds between asking it to stop and killing it
    account: Account | None = None
    restarts: int = 0  # how often it may crash while everything is being started; later, there is no limit
    # Cleans up after an end; called with the moment of the end until it returns True.
    on_restart: Callable[[datetime], bool] = lambda _ended: True


class Child:
    """A started service. It is in a session of its own, so a Ctrl-C at the terminal does not reach it."""

    def __init__(self, service: Service, logs: Path) -> None:
        self.service = service
        self.log = logs / f"{service.name}.log"
        self.restarted = 0
        self.backoff = Backoff()
        self.due: float | None = None  # when it is to be started again
        self.why = ""  # it ended, last time
        self._ended: datetime | None = None
        self._process = self._start()

    @property
    def pid(self) -> int:
        """Its process id, which is its group's too."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    @property
    def ran_seconds(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self._started

    def restart(self) -> None:
        """Start it again after it ended. Raises OSError if that can't be done just now."""
        self.signal_group(signal.SIGKILL)
        self.restarted += 1
        self.due = None
        self._ended = datetime.now(UTC)
        self.clean_up_after_end()
        self._process = self._start()

    def clean_up_after_end(self) -> None:
        """Run `on_restart` for its last end, until that returns True."""
        if self._ended is not None and self.service.on_restart(self._ended):
            self._ended = None

    def rotate_log(self) -> None:
        """Rotate its log once that is too large, or too old; a full disk ends nothing."""
        with contextlib.suppress(OSError):
            rotate(self.log, record_settings().log_days)

    def reason(self) -> str:
        """Why it ended, for a sentence: the signal, or the exit code with the log's most telling line."""
        code = self.exit_code
        if code is not None and code < 0:
            return f"signal {-code}"
        words = failure_line(self.log, self._log_began)
        return f"exit code {code}: {words}" if words else f"exit code {code}"

    def ask_to_stop(self) -> None:
        """Send its stop signal to the process, not to its group."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, self.service.stop_signal)

    def signal_group(self, number: signal.Signals) -> None:
        """Signal it and what it has started itself."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within `seconds`."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _start(self) -> "subprocess.Popen[bytes]":
        self._started = time.monotonic()
        self.rotate_log()
        launcher, orphan_signal = os.getpid(), self.service.orphan_signal
        account = self.service.account
        who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
        with self.log.open("ab") as log:
            self._log_began = log.tell()
            return subprocess.Popen(  # type: ignore[call-overload,no-any-return] # noqa: S603
                list(self.service.command),
                env=dict(self.service.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(launcher, orphan_signal),  # noqa: PLW1509 - one call
                **who,
            )
