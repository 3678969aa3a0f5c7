"""Which flow runs this machine's worker has taken on, in files, so that they outlive the worker.

A note is written before a run's process starts and removed once Prefect is known to know how it ended. What
a worker leaves here when it dies, its next one on the same data folder finds.
"""

import itertools
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from tasks.process_identity import is_gone, this_process


class OpenRuns:
    """One note a run, in `folder`; the note names the worker process that has it."""

    def __init__(self, folder: Path, *, is_gone: Callable[[str], bool] = is_gone) -> None:
        self._folder = folder
        self._is_gone = is_gone
        self._starts: dict[UUID, int] = {}
        self._numbers = itertools.count(1)

    def open(self, flow_run_id: UUID) -> None:
        """This worker starts it now, whoever had it before."""
        self._starts[flow_run_id] = next(self._numbers)
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / f".{flow_run_id}"
        unfinished.write_text(this_process())
        unfinished.replace(self._folder / str(flow_run_id))

    def close(self, flow_run_id: UUID) -> None:
        """Remove the note: Prefect knows how the run ended."""
        self._starts.pop(flow_run_id, None)
        (self._folder / str(flow_run_id)).unlink(missing_ok=True)

    def start_of(self, flow_run_id: UUID) -> int:
        """A number for this worker's newest start of the run; 0 when it has not started it."""
        return self._starts.get(flow_run_id, 0)

    def is_held(self, flow_run_id: str) -> bool:
        """Whether a worker that lives, here, has the run."""
        try:
            return not self._is_gone((self._folder / flow_run_id).read_text())
        except OSError:
            return False

    def left_over(self) -> list[UUID]:
        """Runs of workers that are gone, and whose processes are gone with them."""
        found = []
        for note in self._folder.glob("[!.]*") if self._folder.is_dir() else ():
            with suppress(OSError, ValueError):
                flow_run_id = UUID(note.name)
                if not self.start_of(flow_run_id) and self._is_gone(note.read_text()):
                    found.append(flow_run_id)
        return found


def notes_folder(home: Path) -> Path:
    """Where the workers of the data folder `home` keep their notes."""
    return home.resolve() / "run" / "flow-runs"
