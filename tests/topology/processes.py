"""Running parts: start, stop, kill with everything they have begun, freeze, thaw."""

import os
import signal
import subprocess
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from tests.support.processes import parent_of, processes_of
from tests.support.waiting import until
from tests.topology.composed import Part

SECONDS_TO_STOP = 60


class Running:
    """A part as a process, which leads a group of its own; what it says goes into a file."""

    def __init__(self, part: Part, folder: Path, user: int | None = None) -> None:
        self.part = part
        self.log = folder / f"{part.name}.log"
        self._home = folder / part.name
        self._user = user
        self.started = 0
        self._killed = False
        self._worked = 0.0  # CPU seconds of processes that are gone
        self.start()

    def start(self) -> None:
        """Start it, for the first time or again."""
        self._home.mkdir(mode=0o755, exist_ok=True)
        if self._user is not None:
            os.chown(self._home, self._user, -1)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.part.command,
                env=dict(self.part.environment),
                cwd=self._home,
                user=self._user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started += 1
        self._killed = False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Stop it as a service manager does; the seconds that took. What does not stop is a failure."""
        began = time.monotonic()
        self._worked = self.cpu_seconds()
        self.process.send_signal(how)
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.part.name} did not stop in {SECONDS_TO_STOP} s") from None
        return time.monotonic() - began

    def kill(self) -> None:
        """kill -9 of it and of everything it has begun, as the end of its machine."""
        self._worked = self.cpu_seconds()
        self._killed = True
        self._all(signal.SIGKILL)
        self.process.wait(20)

    def freeze(self) -> None:
        """Stop it and everything it has begun where they are."""
        self._all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._all(signal.SIGCONT)

    def said(self, words: str) -> int:
        """How often these words are in its log."""
        return self.log.read_text("utf-8", "replace").count(words)

    def check_alive(self) -> None:
        """Fail where it has ended by itself, and not been killed."""
        code = self.process.poll()
        assert code is None or self._killed, (
            f"{self.part.name} ended by itself ({code}):\n{self._end_of_log()}"
        )

    def cpu_seconds(self) -> float:
        """What it has worked since its first start, with all that it has begun."""
        if self.process.poll() is not None:
            return self._worked
        return self._worked + sum(map(_cpu_seconds, self._pids()))

    def megabytes(self) -> int:
        """What it and all that it has begun hold, shared pages counted once for all (PSS)."""
        return round(sum(map(_kilobytes, self._pids())) / 1000)

    def _pids(self) -> set[int]:
        return {self.process.pid, *descendants(self.process.pid), *processes_of(self._home)}

    def _end_of_log(self) -> str:
        return self.log.read_text("utf-8", "replace")[-2000:]

    def _all(self, number: signal.Signals) -> None:
        for pid in self._pids():
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def descendants(pid: int) -> set[int]:
    """The process ids of its children, and of theirs."""
    children = defaultdict(set)
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                children[parent_of(int(folder.name))].add(int(folder.name))
    found, todo = set[int](), [pid]
    while todo:
        new = children[todo.pop()] - found
        found |= new
        todo += new
    return found


def _cpu_seconds(pid: int) -> float:
    """Of a process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _kilobytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def run_once(part: Part, folder: Path, given: str = "") -> str:
    """Run a part to its end; what it said. Fails unless it ended with 0."""
    home = folder / part.name
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        part.command,
        env=dict(part.environment),
        cwd=home,
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    (folder / f"{part.name}.log").open("a").write(done.stdout + done.stderr)
    assert done.returncode == 0, f"{part.command} ended with {done.returncode}:\n{done.stderr[-2000:]}"
    return done.stdout


def wait_for_port(port: int, running: Running, seconds: float = 120) -> None:
    """Wait until somebody listens there."""
    import socket

    def listens() -> bool:
        running.check_alive()
        with socket.socket() as door:
            return door.connect_ex(("127.0.0.1", port)) == 0

    until(listens, f"{running.part.name} to listen", seconds=seconds)
