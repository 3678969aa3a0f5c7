"""Keeps the children: notices when one ends, starts it again, and ends them all in order.

While everything is being started, a child that keeps ending ends the start, with its sentence: something is
wrong that a person can put right. Later none is given up: it is started again, after a while that grows.
"""

import signal
import time
from collections.abc import Callable
from pathlib import Path

from flows.launch.child import Child, Service
from flows.launch.console import Console
from flows.launch.stop_signals import StopSignals
from tasks.errors import StorykinError

POLL_SECONDS = 0.1
ROTATE_SECONDS = 60
LONG_WAIT_SECONDS = 5  # seconds; shorter ones are not worth a line


class ServiceEnded(StorykinError):
    """A process that should run has ended, or never became ready."""

    code = "service_ended"


class Supervisor:
    """Starts, watches, restarts and stops children, in the order in which they were started."""

    def __init__(self, logs: Path, console: Console) -> None:
        self._logs = logs
        self._console = console
        self._children: list[Child] = []
        self._rotated = time.monotonic()
        self._on_restart: Callable[[Child, str], None] | None = None

    @property
    def pids(self) -> dict[str, int]:
        """The process id of each child by its name."""
        return {child.service.name: child.pid for child in self._children}

    def start(self, service: Service) -> Child:
        """Start `service`. Raises ServiceEnded if its program can't even be started."""
        try:
            child = Child(service, self._logs)
        except OSError as error:
            raise ServiceEnded(f"The {service.title} can't be started: {error.strerror}.") from error
        self._children.append(child)
        return child

    def wait_until(self, ready: Callable[[], bool], title: str, seconds: float) -> None:
        """Wait until `ready()`, watching every child meanwhile. Raises ServiceEnded."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise ServiceEnded(
                    f"The {title} was not ready within {seconds:.0f} seconds. Its log: {self._log_of(title)}"
                )
            time.sleep(POLL_SECONDS)

    def run_to_end(self, service: Service, seconds: float) -> None:
        """Run something that ends by itself, watching every child meanwhile. Raises ServiceEnded."""
        child = self.start(service)
        self._children.remove(child)
        try:
            self.wait_until(lambda: child.exit_code is not None, service.title, seconds)
        finally:
            child.signal_group(signal.SIGKILL)
        if child.exit_code != 0:
            raise ServiceEnded(f"The {service.title} failed ({child.reason()}). Its log: {child.log}")

    def watch(self, on_restart: Callable[[Child, str], None] = lambda _child, _why: None) -> None:
        """Watch the children for good, starting again whatever ends; `on_restart` hears which, and why.

        Only ends by raising what a signal raises.
        """
        self._on_restart = on_restart
        while True:
            self.check()
            if time.monotonic() - self._rotated > ROTATE_SECONDS:
                self._rotated = time.monotonic()
                for child in self._children:
                    child.rotate_log()
            time.sleep(5 * POLL_SECONDS)

    def check(self) -> None:
        """Start again what may be started again; raises ServiceEnded on any other end."""
        for child in self._children:
            if child.exit_code is None:
                child.clean_up_after_end()
            elif self._on_restart is not None:
                self._restart_when_due(child, self._on_restart)
            else:
                self._restart_during_start(child)

    def _restart_during_start(self, child: Child) -> None:
        title, reason = child.service.title, child.reason()
        if child.restarted >= child.service.restarts:
            raise ServiceEnded(f"The {title} stopped by itself ({reason}). Its log: {child.log}")
        child.restart()
        self._console.problem(f"The {title} stopped by itself ({reason}). Started again.")

    def _restart_when_due(self, child: Child, on_restart: Callable[[Child, str], None]) -> None:
        """Restart a child that has ended once its backoff is over, and call `on_restart` then."""
        if child.due is None:
            wait = child.backoff.seconds_after(child.ran_seconds)
            child.due = time.monotonic() + wait
            child.why = child.reason()
            child.signal_group(signal.SIGKILL)  # what it has left behind may be in the next one's way
            if wait > LONG_WAIT_SECONDS:
                sentence = f"The {child.service.title} stopped by itself ({child.why})."
                self._console.problem(f"{sentence} It is started again in {wait:.0f} seconds.")
        if time.monotonic() < child.due:
            return
        try:
            child.restart()
        except OSError as error:  # no memory, no room for its log: later, then
            child.due = time.monotonic() + child.backoff.seconds_after(0)
            title = child.service.title
            self._console.problem(f"The {title} can't be started again just now: {error.strerror}.")
            return
        self._console.problem(f"The {child.service.title} stopped by itself ({child.why}). Started again.")
        on_restart(child, child.why)

    def stop(self, signals: StopSignals) -> None:
        """Stop every child, the last started first; at once when `signals` say so."""
        while self._children:
            child = self._children[-1]
            child.ask_to_stop()
            deadline = time.monotonic() + child.service.patience
            while not child.wait(POLL_SECONDS):
                if signals.at_once or time.monotonic() > deadline:
                    child.signal_group(signal.SIGKILL)
            child.signal_group(signal.SIGKILL)  # what it may have left behind
            self._children.pop()

    def _log_of(self, title: str) -> Path:
        logs = [child.log for child in self._children if child.service.title == title]
        return logs[0] if logs else self._logs
