"""Keeps the children: notices when one ends, and ends them all in order."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

from flows.launch.child import Child, Service
from flows.launch.console import Console
from flows.launch.stop_signals import StopSignals
from tasks.errors import StorykinError

LOOK_SECONDS = 0.1
ROTATE_SECONDS = 60


class ServiceEnded(StorykinError):
    """A process that should run has ended, or never became ready."""

    code = "service_ended"


class Supervisor:
    """The children in the order they were started."""

    def __init__(self, logs: Path, console: Console) -> None:
        self._logs = logs
        self._console = console
        self._children: list[Child] = []
        self._rotated = time.monotonic()

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
            self.look()
            if time.monotonic() > deadline:
                raise ServiceEnded(
                    f"The {title} was not ready within {seconds:.0f} seconds. Its log: {self._log_of(title)}"
                )
            time.sleep(LOOK_SECONDS)

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

    def watch(self) -> None:
        """Watch the children for good. Only ends by raising: ServiceEnded, or what a signal raises."""
        while True:
            self.look()
            if time.monotonic() - self._rotated > ROTATE_SECONDS:
                self._rotated = time.monotonic()
                for child in self._children:
                    child.rotate_log()
            time.sleep(5 * LOOK_SECONDS)

    def look(self) -> None:
        """Start again what may be started again; raises ServiceEnded on any other end."""
        for child in self._children:
            if child.exit_code is None:
                child.put_right()
                continue
            title, reason = child.service.title, child.reason()
            if child.restarted >= child.service.restarts:
                raise ServiceEnded(f"The {title} stopped by itself ({reason}). Its log: {child.log}")
            child.restart()
            again = f"{child.restarted} of {child.service.restarts}"
            self._console.problem(f"The {title} stopped by itself ({reason}). Started again ({again}).")

    def stop(self, signals: StopSignals) -> None:
        """Stop every child, the last started first; at once when `signals` say so."""
        while self._children:
            child = self._children[-1]
            child.ask_to_stop()
            deadline = time.monotonic() + child.service.patience
            while not child.wait(LOOK_SECONDS):
                if signals.at_once or time.monotonic() > deadline:
                    child.signal_group(signal.SIGKILL)
            child.signal_group(signal.SIGKILL)  # what it may have left behind
            self._children.pop()

    def _log_of(self, title: str) -> Path:
        logs = [child.log for child in self._children if child.service.title == title]
        return logs[0] if logs else self._logs
