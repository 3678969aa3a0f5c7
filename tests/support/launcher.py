"""`storykin up` as a process of its own, on a data folder of the test's."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from flows.running import Running, running
from tests.support.ports import free_port
from tests.support.prefect_server import ROOT, STUBS
from tests.support.processes import processes_of
from tests.support.waiting import until


class Up:
    """One launcher on a data folder. It leads a process group, as a command at a terminal does."""

    def __init__(
        self,
        home: Path,
        *,
        ports: tuple[int, int] | None = None,
        command: tuple[str, ...] = (sys.executable, str(STUBS / "up.py")),
        terminal: int | None = None,
        environ: Mapping[str, str] = os.environ,
        **environment: str,
    ) -> None:
        self.home = home
        self.ports = ports or (free_port(), free_port())
        self.diary = home.parent / "diary.jsonl"
        self._output = home.parent / f"output-{self.ports[0]}"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.ports[0]), "--prefect-port", str(self.ports[1])],
                env=self._environment(dict(environ), environment),
                cwd=ROOT,
                stdin=terminal,
                stdout=_either(terminal, output),
                stderr=_either(terminal, output),
                start_new_session=True,
            )

    def _environment(self, environ: dict[str, str], more: dict[str, str]) -> dict[str, str]:
        theirs = {**os.environ, **environ}
        theirs.pop("PYTHONUNBUFFERED", None)  # most people have none, and it hides what is left to be written
        return {
            **theirs,
            "STORYKIN_HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(STUBS)]),
            "STORYKIN_PRELOAD": "stub_flows",
            "STUB_DIARY": str(self.diary),
            **more,
        }

    @property
    def said(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def is_ready(self) -> Running:
        """Wait until it is; what it notes about itself."""

        def look() -> Running | None:
            assert self.process.poll() is None, self.said
            return running(self.home)

        return until(look, "storykin to be ready", seconds=240)  # type: ignore[return-value]

    def says(self, words: str) -> None:
        """Wait until it does."""
        until(lambda: words in self.said, f"the words {words!r}", seconds=240)

    def ends_with(self, code: int) -> None:
        """Wait for its end, after which no process of its data folder may be left."""
        ended = self.process.wait(240)
        assert ended == code, (ended, self.said)
        until(lambda: not processes_of(self.home), f"an end of {processes_of(self.home)}")

    def kill_everything(self) -> None:
        for pid in [self.process.pid, *processes_of(self.home)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()


def _either(terminal: int | None, output: IO[bytes]) -> int | IO[bytes]:
    return output if terminal is None else terminal
