"""What is on record as under way, and is not on its way with Prefect, is submitted again by itself.

Whoever died (a run, its worker, Prefect's server, its database, the studio, the machine), the record says
which runs are unfinished, and Prefect what it holds of them. Where Prefect can't be asked, nothing is done.
Any number of reconcilers may be at it: `tasks.resumption` tells one of them to take up a run.
"""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from db.log import Log
from db.repositories import calls, characters, events
from db.reserve import keep_reserve
from db.settings import record_settings
from flows.batches import hand_over_abandoned
from flows.dead_runs import DeadRuns
from flows.losses_told import tell_dead_runs
from flows.request_run import submit_run
from flows.submit import (
    FlowRunSeen,
    PrefectUnreachable,
    character_runs,
    flow_run,
    run_again,
    submit_character_run,
)
from flows.watch import Watch
from tasks.errors import StorykinError
from tasks.process_identity import is_gone
from tasks.resumption import (
    Resumption,
    UnfinishedRun,
    queue_what_lacked_room,
    resume_run,
    stop,
    unfinished_run,
)
from tasks.runtime import Runtime, current_runtime

log = Log("reconciler")

SECONDS_BETWEEN_PASSES = 10.0
SECONDS_TO_STOP = 3.0
SHARE = 10  # a pass takes at most one part in so many of the time,
LONGEST_WAIT = 45.0  # but there is always one within a minute
# Whoever was told to take a run up has died over it when nothing has come of it by then.
TAKING_UP_SECONDS = 45.0
# A run that Prefect knows nothing of, on another machine: no step takes so long without an event.
SILENT_SECONDS = 1800.0
LEAST_FREE_BYTES = 20_000_000
MESSAGE = "It ended before it was done, and is taken up again."
ENDED = frozenset({"CRASHED", "FAILED", "COMPLETED"})


@contextmanager
def reconciling(reconciler: "Reconciler", every: float = SECONDS_BETWEEN_PASSES) -> Iterator[None]:
    """Meanwhile, on a thread, pass after pass."""
    stopped = threading.Event()
    thread = threading.Thread(target=reconciler.run, args=(stopped, every), name="reconciler", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(SECONDS_TO_STOP)


class Reconciler:
    """Compares the record with Prefect, pass after pass."""

    def __init__(self, runtime: Runtime, watch: Watch | None = None, dead: DeadRuns | None = None) -> None:
        self._runtime = runtime
        self._watch = watch or Watch()
        self._dead = dead or DeadRuns(self._sign_of_life)

    def run(self, stopped: threading.Event, every: float = SECONDS_BETWEEN_PASSES) -> None:
        """One pass after another until `stopped`; what goes wrong in one is for the next.

        With thousands under way a pass takes its time: then there are fewer of them.
        """
        took = 0.0
        while not stopped.wait(max(every, min(SHARE * took, LONGEST_WAIT))):
            began = time.monotonic()
            try:
                self.look()
            except PrefectUnreachable:
                continue  # it says so where people look
            except Exception as error:
                log.error("a pass of the reconciler failed", error=error)
            else:
                took = time.monotonic() - began

    def look(self) -> int:
        """One pass; returns how many runs were submitted. Raises PrefectUnreachable."""
        if not has_room():
            return 0  # a run would fail for that, and its tries are numbered
        keep_reserve()
        queue_what_lacked_room(self._runtime)
        runs = list(self._unfinished())
        self._watch.keep_only({run.character_id for run in runs})
        try:
            hand_over_abandoned(self._runtime)
            tell_dead_runs(self._runtime, self._dead.end())
            held = character_runs([run.run_token for run in runs])
            return sum(self._reconcile_run(run, held.get(run.run_token)) for run in runs)
        except PrefectUnreachable:
            self._watch.forget()
            raise

    def _unfinished(self) -> Iterator[UnfinishedRun]:
        after = ""
        while True:
            with self._runtime.record.reading() as session:
                found = characters.under_way(session, after_id=after)
                runs = [unfinished_run(session, character) for character in found]
            yield from (run for run in runs if run is not None)
            if not found:
                return
            after = found[-1].id

    def _reconcile_run(self, run: UnfinishedRun, seen: FlowRunSeen | None) -> bool:
        if seen is None:
            return self._unknown_to_prefect(run)
        if seen.state_type == "CANCELLED":
            stop(self._runtime, run.character_id, run.run_token)
            return False
        if seen.state_type in ENDED:
            return take_up(self._runtime, run, seen, again=self._has_stayed(run, seen, TAKING_UP_SECONDS))
        return False

    def _unknown_to_prefect(self, run: UnfinishedRun) -> bool:
        if run.process is None and run.styles is not None:
            # Nobody has begun it. Submitting it twice is submitting it once.
            return _submit(self._runtime, run)
        silent = self._watch.unchanged_for(run.character_id, run.event_count) >= SILENT_SECONDS
        if not silent and not is_gone(run.process):
            return False
        if run.styles is None:  # a command's own run: nobody else knows what to draw
            stop(self._runtime, run.character_id, run.run_token)
            return False
        return take_up(self._runtime, run, None)

    def _has_stayed(self, run: UnfinishedRun, seen: FlowRunSeen, seconds: float) -> bool:
        return self._watch.unchanged_for(run.character_id, (seen.state_id, run.process)) >= seconds

    def _sign_of_life(self, seen: FlowRunSeen) -> object:
        """What changes on record while a run lives: its events, and the leases of its calls."""
        if seen.character_id is None:
            return None
        with self._runtime.record.reading() as session:
            leases = [call.lease_expires_at for call in calls.of_character(session, seen.character_id)]
            return events.count_of_run(session, seen.idempotency_key), [each for each in leases if each]


def take_up(runtime: Runtime, run: UnfinishedRun, seen: FlowRunSeen | None, *, again: bool = False) -> bool:
    """Have a run that ended without a word go on, if that is ours to do.

    It is `again` where whoever was told to has not done so.
    """
    ended = seen.state_id if seen else f"{run.process}, event {run.event_count}"
    verdict = resume_run(runtime, run.character_id, run.run_token, ended=ended)
    log.info("unfinished run", run_token=run.run_token, character_id=run.character_id, state=verdict.value)
    if verdict is not Resumption.TAKE_UP and not (again and verdict is Resumption.TAKEN_UP):
        return False
    if seen is not None:
        return run_again(seen, MESSAGE)
    return _submit(runtime, run)


def _submit(runtime: Runtime, run: UnfinishedRun) -> bool:
    """Submit a run that is on record; whether Prefect took it."""
    return submit_run(runtime, run.run_token, submit_character_run).problem is None


def take_up_crashed(flow_run_id: str, character_id: str) -> None:
    """What a crashed run's hook does: have it go on at once. A reconciler does so later where this fails."""
    runtime = current_runtime()
    with runtime.record.reading() as session:
        run = unfinished_run(session, characters.get(session, character_id))
    if run is None or not has_room():
        return
    try:
        seen = flow_run(flow_run_id)
        if seen is not None and seen.state_type in ENDED and seen.idempotency_key in ("", run.run_token):
            take_up(runtime, run, seen)
    except StorykinError as error:
        log.warning("a crashed run waits for the reconciler", run_token=run.run_token, code=error.code)


def has_room() -> bool:
    """Whether anything can be written where the data folder is."""
    try:
        return shutil.disk_usage(record_settings().home).free >= LEAST_FREE_BYTES
    except OSError:
        return True
