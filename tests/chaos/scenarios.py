"""What is done to the workers, and how it is put right afterwards: with what we ship, nothing else."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

from db.ids import new_id, utc_now
from db.repositories import calls
from flows.character_run import Order, run_character
from tasks import step_functions
from tasks.evidence import EvidenceRules, settle_unknown_calls
from tasks.tidying import settle_dead_calls
from tasks.workshop import Workshop
from tests.chaos.checker import Verdict, check
from tests.chaos.child import Job, Scene, stage, work
from tests.support.rehearsal import Rehearsal
from tests.support.waiting import until
from tests.support.workshops import new_character

# The rehearsal cloud's list lags only when it is told to, so absence is evidence at once.
AT_ONCE = EvidenceRules(grace=timedelta(0))
STYLES = ("flat", "anime")
ONE = ("flat",)  # a frozen worker must not hold SQLite's one lock in another thread

_spawner = multiprocessing.get_context("forkserver")
_spawner.set_forkserver_preload(["tests.chaos.child"])


@dataclass(frozen=True)
class Set:
    """A fresh record and store, and a rehearsal cloud with empty books."""

    scene: Scene
    cloud: Rehearsal

    def workshop(self) -> Workshop:
        return self.scene.workshop()


def start(job: Job) -> BaseProcess:
    """A worker, in a process of its own."""
    process = _spawner.Process(target=work, args=(job,))
    process.start()
    return process


def killed_at(stage_set: Set, point: str, *, workers: int = 1) -> Verdict:
    """kill -9 one worker at `point` while others may be on the same order; then put right, then count."""
    with a_character(stage_set) as (tools, character_id):
        order = Order(character_id, STYLES, new_id())
        others = [start(Job(stage_set.scene, order)) for _ in range(workers - 1)]
        victim = start(Job(stage_set.scene, order, point))
        for each in (victim, *others):
            each.join(120)
        if workers == 1:
            assert victim.exitcode == -signal.SIGKILL, f"{point} was not reached"
        start(Job(stage_set.scene, Order(character_id, STYLES, new_id()))).join(120)
        put_right(tools, [character_id])
        return check(tools, stage_set.cloud.bank, [character_id])


def frozen_at(stage_set: Set, point: str) -> Verdict:
    """SIGSTOP a worker past its lease, let another do the work, and wake the zombie up."""
    scene = replace(stage_set.scene, lease_seconds=3)
    with a_character(stage_set) as (tools, character_id):
        zombie = start(Job(scene, Order(character_id, ONE, new_id()), point, signal.SIGSTOP))
        until(lambda: _state_of(zombie) == "T", f"the worker to freeze at {point}")
        until(lambda: _lease_is_over(tools, character_id), "the lease to run out")
        put_right(tools, [character_id], ONE)
        assert zombie.pid is not None
        os.kill(zombie.pid, signal.SIGCONT)
        zombie.join(120)
        put_right(tools, [character_id], ONE)
        return check(tools, stage_set.cloud.bank, [character_id])


def disturbed(stage_set: Set, disturb: Callable[[], None]) -> Verdict:
    """A run through whatever `disturb` did to the way to the cloud."""
    with a_character(stage_set) as (tools, character_id):
        disturb()
        worker = start(Job(stage_set.scene, Order(character_id, STYLES, new_id())))
        worker.join(120)
        stage_set.cloud.behave()
        put_right(tools, [character_id])
        return check(tools, stage_set.cloud.bank, [character_id])


def many_under(stage_set: Set, trouble: Callable[[], None], *, people: int = 4, workers: int = 3) -> Verdict:
    """Several workers on several characters while `trouble` happens."""
    tools = stage_set.workshop()
    stage(tools)
    try:
        folk = [new_character(tools, shade) for shade in range(10, 10 + 20 * people, 20)]
        orders = [Order(person, STYLES, new_id()) for person in folk]
        running = [start(Job(stage_set.scene, order)) for order in orders for _ in range(workers)]
        trouble()
        for each in running:
            each.join(180)
        put_right(tools, folk)
        return check(tools, stage_set.cloud.bank, folk)
    finally:
        tools.record.close()


def put_right(tools: Workshop, character_ids: list[str], styles: tuple[str, ...] = STYLES) -> None:
    """What housekeeping does, then the runs once more: twice, since evidence may free what waited for it."""
    stage(tools)
    for _ in range(2):
        settle_dead_calls(tools)
        settle_unknown_calls(tools, rules=AT_ONCE)
        for character_id in character_ids:
            order = Order(character_id, styles, new_id())
            asyncio.run(run_character(order, step_functions.PLAIN, tools))


@contextmanager
def a_character(stage_set: Set) -> Iterator[tuple[Workshop, str]]:
    """A workshop on the set, and a new character in it."""
    tools = stage_set.workshop()
    stage(tools)
    try:
        yield tools, new_character(tools)
    finally:
        tools.record.close()


def _state_of(process: BaseProcess) -> str:
    """The kernel's letter for the process's state: T is stopped."""
    try:
        return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def _lease_is_over(tools: Workshop, character_id: str) -> bool:
    with tools.record.reading() as session:
        held = [call.lease_expires_at for call in calls.of_character(session, character_id)]
    return all(until_then is None or until_then < utc_now() for until_then in held)
