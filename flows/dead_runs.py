"""Flow runs whose process is gone, of every flow and on whatever machine, and that Prefect takes for alive.

A worker sees to its own runs. Nobody does when the machine is gone, or the worker with it: such a run stays
Running, and holds its place, for good. It is noticed by what it does not do any more: a living run sends a
heartbeat every half minute. Nothing here compares two clocks: a run is dead when nothing of it has changed
while we looked for so long, and Prefect answered all the while.
"""

import time
from collections.abc import Callable

from db.settings import record_settings
from flows.losses_told import tell_dead_runs
from flows.open_runs import OpenRuns, notes_folder
from flows.submit import FlowRunSeen, PrefectUnreachable, end_run, newest_heartbeat, runs_under_way
from flows.watch import Watch
from tasks.runtime import Runtime

SILENT_SECONDS = 80.0  # more than two heartbeats
# A run that never sent a heartbeat may be one that sends none: then no step takes so long.
NEVER_HEARD_SECONDS = 1200.0
MESSAGE = "Its process is gone: it has given no sign of life."
BETWEEN_LOOKS = 5.0


class DeadRuns:
    """Looks for them again and again. `sign_of_life` says what else changes while a run lives."""

    def __init__(
        self,
        sign_of_life: Callable[[FlowRunSeen], object] = lambda _run: None,
        *,
        watch: Watch | None = None,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._sign_of_life = sign_of_life
        self._watch = watch or Watch()
        self._silent_seconds = silent_seconds
        self._here = OpenRuns(notes_folder(record_settings().home))

    def look(self) -> list[FlowRunSeen]:
        """Those that are dead as far as the looks until now tell. Raises PrefectUnreachable."""
        try:
            runs = runs_under_way()
            self._watch.keep_only({run.id for run in runs})
            return [run for run in runs if self._is_dead(run)]
        except PrefectUnreachable:
            self._watch.forget()
            raise

    def end(self) -> list[FlowRunSeen]:
        """End them in Prefect; returns those that it took. Raises PrefectUnreachable."""
        return [run for run in self.look() if end_run(run, MESSAGE)]

    def _is_dead(self, run: FlowRunSeen) -> bool:
        if self._here.is_held(run.id):
            return False  # its worker lives, on this machine, and sees to it
        heartbeat = newest_heartbeat(run.id)
        started = run.state_type != "PENDING"  # on its way to a process, which takes seconds
        patience = NEVER_HEARD_SECONDS if started and not heartbeat else self._silent_seconds
        seen = (run.state_id, heartbeat, self._sign_of_life(run))
        return self._watch.unchanged_for(run.id, seen) >= patience


def end_dead_runs(runtime: Runtime, seconds: float = SILENT_SECONDS + 2 * BETWEEN_LOOKS) -> int:
    """Look for dead runs for so long, and end them; returns how many. Raises PrefectUnreachable.

    For housekeeping, which remembers nothing of its last round. It returns at once where nothing runs
    besides itself.
    """
    dead = DeadRuns()
    ended = 0
    until = time.monotonic() + seconds
    while len(runs_under_way()) > 1 and time.monotonic() < until:
        found = dead.end()
        tell_dead_runs(runtime, found)
        ended += len(found)
        time.sleep(BETWEEN_LOOKS)
    return ended
