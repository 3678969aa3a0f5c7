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

from db.ids import new_id
from db.models import CallState, CharacterStatus
from db.repositories import calls, characters, clock
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks import pipeline
from tasks.housekeeping.cleanup import settle_dead_calls
from tasks.ledger.assumed_paid import assume_lost_vision_calls
from tasks.runtime import Runtime
from tasks.settlement.manual import Decision, settle_by_hand
from tasks.settlement.reconcile import ReconcileRules, collect_orphaned_outputs, settle_unknown_calls
from tests.chaos.checker import Verdict, check
from tests.chaos.child import (
    AT_ONCE,
    CHEAP,
    Job,
    Scene,
    keep_house,
    keep_house_by_the_rules,
    stage,
    take_webhooks,
    work,
)
from tests.chaos.clocks import Elsewhere, Hands
from tests.chaos.crash_points import strikes
from tests.chaos.lies import Lie
from tests.support.faulty_proxy import Cut, FaultyProxy, faulty_proxy
from tests.support.ports import free_port
from tests.support.rehearsal import Rehearsal, rehearsing
from tests.support.runtimes import new_character
from tests.support.waiting import until

STYLES = ("flat", "anime")
PICTURE = 33_600  # what one costs
UNSENT_LOOK = ("vision.sending.after", "vision.scaled")
EDITS = "openai-images"
ONE = ("flat",)  # a frozen worker must not hold SQLite's one lock in another thread

_spawner = multiprocessing.get_context("forkserver")
_spawner.set_forkserver_preload(["tests.chaos.warm"])


@dataclass(frozen=True)
class Set:
    """A fresh record and store, and a rehearsal cloud with empty books."""

    scene: Scene
    cloud: Rehearsal

    def drawn_by(self, provider: str) -> "Set":
        """The same, with another provider to draw."""
        return replace(self, scene=replace(self.scene, draws=provider))

    def open_runtime(self) -> Runtime:
        return self.scene.open_runtime()


def start(job: Job, what: Callable[[Job], None] = work) -> BaseProcess:
    """A worker (or the studio, or housekeeping), in a process of its own."""
    process = _spawner.Process(target=what, args=(job,))
    process.start()
    return process


def killed_at(stage_set: Set, point: str, *, workers: int = 1, styles: tuple[str, ...] = STYLES) -> Verdict:
    """kill -9 whoever comes to `point` first while others are on the same order; put right, then count."""
    with a_character(stage_set) as (runtime, character_id):
        order = RunRequest(character_id, styles, new_id())
        crowd = [start(Job(stage_set.scene, order, point)) for _ in range(workers)]
        _all_gone(crowd, point)
        start(Job(stage_set.scene, RunRequest(character_id, styles, new_id()))).join(120)
        return counted(stage_set, runtime, [character_id], styles)


def frozen_at(stage_set: Set, point: str, *, same_run: bool = False, here: bool = False) -> Verdict:
    """SIGSTOP a worker past its lease, let another do the work, and wake the zombie up.

    The other is on a run of its own, or on the zombie's and still on it when the zombie wakes: then nothing
    but the fence tells them apart.
    A look that was on its way is settled by a person, who finds nothing on OpenAI's bill: it is made again.
    """
    scene = replace(stage_set.scene, lease_seconds=3)
    with a_character(stage_set) as (runtime, character_id):
        order = RunRequest(character_id, ONE, new_id())
        # Of one on another machine nobody can tell that it is there still. Of one that is `here` it is seen,
        # and what it may have in its hands is left alone until it wakes.
        where = "" if here else "another-machine"
        zombie = start(Job(scene, order, point, signal.SIGSTOP, elsewhere=where))
        until(lambda: _state_of(zombie) == "T", f"the worker to freeze at {point}")
        until(lambda: _lease_is_over(runtime, character_id), "the lease to run out")
        if point in UNSENT_LOOK:
            settle_dead_calls(runtime)
            _settled_by_a_person(runtime, character_id)
        _let_requests_end(runtime, character_id)
        others = []
        if same_run:
            for _ in range(2):  # absence is believed when it is seen twice
                keep_this_house(runtime)
            stage_set.cloud.fault("slow", seconds=6)
            others = [start(Job(scene, order))]
            until(lambda: _ordered_pictures(stage_set.cloud), "another worker to buy the picture")
        else:
            put_right(runtime, [character_id], ONE)
        assert zombie.pid is not None
        os.kill(zombie.pid, signal.SIGCONT)
        for each in (zombie, *others):
            each.join(120)
        return counted(stage_set, runtime, [character_id], ONE)


def _ordered_pictures(cloud: Rehearsal) -> list[str]:
    return [entry.id for entry in cloud.usage.entries.values() if entry.operation == "create"]


def called_off_at(stage_set: Set, point: str, *, workers: int = 1) -> Verdict:
    """kill -9 while a picture that takes too long is called off."""
    stage_set.cloud.fault("stuck", count=1)
    return killed_at(Set(replace(stage_set.scene, deadline=3), stage_set.cloud), point, workers=workers)


def house_kept_until(stage_set: Set, point: str, *, workers: int = 1) -> Verdict:
    """kill -9 housekeeping at `point`, while it settles what a killed worker left; others may do the same."""
    scene = stage_set.scene
    with a_character(stage_set) as (runtime, character_id):
        _die_unanswered(runtime, scene, character_id)
        _all_gone([start(Job(scene, point=point), keep_house) for _ in range(workers)], point)
        return counted(stage_set, runtime, [character_id])


def hooked_until(stage_set: Set, point: str, *faults: str, workers: int = 1) -> Verdict:
    """kill -9 the studio at `point`, while it takes the webhook of a call that a killed worker left.

    Beside it housekeeping may look at the same call. Started again, the studio takes what comes again.
    `faults` spoil the webhooks; without a `point` the studio lives through them.
    """
    cloud = stage_set.cloud
    scene = replace(stage_set.scene, hook_port=free_port(), hook_secret=cloud.webhook_secret)
    cloud.fault("webhook_late", seconds=2, count=None)
    for fault in faults:
        cloud.fault(fault, count=None)
    with a_character(stage_set) as (runtime, character_id):
        studio = start(Job(scene, point=point), take_webhooks)
        _die_unanswered(runtime, scene, character_id)
        settle_dead_calls(runtime)
        if point:
            until(lambda: not studio.is_alive(), f"the studio to come to {point}")
            assert studio.exitcode == -signal.SIGKILL, f"{point} was not reached"
            studio = start(Job(scene), take_webhooks)
        else:
            until(
                lambda: all(each.told for each in cloud.usage.entries.values()), "every webhook to be taken"
            )
        others = [start(Job(scene), keep_house) for _ in range(workers - 1)]
        for each in others:
            each.join(120)
        struck = _spoiled(cloud, *faults)
        verdict = counted(stage_set, runtime, [character_id], struck=struck)
        assert struck or point, "no webhook was spoiled"
        studio.terminate()
        studio.join(120)
        return verdict


def arriving_late(stage_set: Set) -> Verdict:
    """A request is slow on its way, its worker is killed, and the provider's books don't show it yet."""
    mutated = stage_set.scene.mutation == "absence believed at once"
    with faulty_proxy(stage_set.cloud.port) as proxy, a_character(stage_set) as (runtime, character_id):
        scene = _by_way_of(proxy, stage_set.scene)
        proxy.cut(r"^POST .*/predictions$", Cut.HOLD)
        victim = start(Job(scene, RunRequest(character_id, ONE, new_id())))
        until(lambda: proxy.held, "the request to be on its way")
        os.kill(victim.pid or 0, signal.SIGKILL)
        victim.join(120)
        _let_leases_run_out(runtime, character_id)
        settle_dead_calls(runtime)
        for _ in range(2):
            settle_unknown_calls(runtime, rules=AT_ONCE if mutated else ReconcileRules())
        start(Job(scene, RunRequest(character_id, ONE, new_id()))).join(120)
        proxy.let_go()
        until(lambda: not proxy.held, "the request to arrive")
        return counted(stage_set, runtime, [character_id], ONE, struck=len(proxy.cuts))


def slow_beside_a_wrong_clock(stage_set: Set, offset: str, whose: str) -> Verdict:
    """A create is slow on its way and its worker alive, while a second machine keeps house and asks for the
    same work. The clock of one of the two (`whose`: worker or house) is off by `offset`.
    """
    clocks = {"worker": "+0", "house": "+0"} | {whose: offset}
    with faulty_proxy(stage_set.cloud.port) as proxy, a_character(stage_set) as (runtime, character_id):
        scene = replace(_by_way_of(proxy, stage_set.scene), read_seconds=60)
        hands = {who: Hands(scene.folder, told) for who, told in clocks.items()}

        def job(where: str) -> Job:
            return Job(scene, RunRequest(character_id, ONE, new_id()), elsewhere=where)

        proxy.cut(r"^POST .*/predictions$", Cut.HOLD)
        slow = Elsewhere(work, job("first-machine"), hands["worker"])
        until(lambda: proxy.held, "the request to be on its way", seconds=120)
        for what in (keep_house_by_the_rules, work):
            other = Elsewhere(what, job("second-machine"), hands["house"])
            other.join(120)
            assert other.exitcode == 0, f"{what.__name__} ended with {other.exitcode}"
        proxy.let_go()
        slow.join(120)
        assert slow.exitcode == 0, f"the slow worker ended with {slow.exitcode}"
        return counted(stage_set, runtime, [character_id], ONE, struck=len(proxy.cuts))


def clock_jumps(stage_set: Set, offset: str) -> Verdict:
    """The clock of the only machine is set by `offset` while a create is on its way."""
    with faulty_proxy(stage_set.cloud.port) as proxy, a_character(stage_set) as (runtime, character_id):
        scene = _by_way_of(proxy, stage_set.scene)
        hands = Hands(scene.folder, "+0")
        proxy.cut(r"^POST .*/predictions$", Cut.HOLD)
        slow = Elsewhere(work, Job(scene, RunRequest(character_id, ONE, new_id())), hands)
        until(lambda: proxy.held, "the request to be on its way", seconds=120)
        hands.set(offset)
        for what in (keep_house_by_the_rules, work):
            other = Elsewhere(what, Job(scene, RunRequest(character_id, ONE, new_id())), hands)
            other.join(120)
            assert other.exitcode == 0, f"{what.__name__} ended with {other.exitcode}"
        proxy.let_go()
        slow.join(120)
        until(lambda: not proxy.held, "the request to arrive")
        return counted(stage_set, runtime, [character_id], ONE, struck=len(proxy.cuts))


def budget_of_one_day(stage_set: Set, *offsets: str) -> Verdict:
    """Machines whose clocks are days apart share one day's budget: room for the looks and two pictures."""
    runtime = stage_set.open_runtime()
    stage()
    try:
        folk = [new_character(runtime, shade) for shade in range(10, 10 + 20 * len(offsets), 20)]
        budget = 2 * PICTURE + len(folk) * CHEAP
        scene = replace(stage_set.scene, daily_budget_microusd=budget)
        running = [
            Elsewhere(
                work,
                Job(scene, RunRequest(person, STYLES, new_id()), elsewhere=f"machine-{number}"),
                Hands(scene.folder, offset),
            )
            for number, (person, offset) in enumerate(zip(folk, offsets, strict=True))
        ]
        for each in running:
            each.join(180)
        billed = [each for each in stage_set.cloud.settled_bank().entries.values() if each.billed]
        assert billed, "nothing was bought"
        beyond = max(0, sum(each.charge_microusd for each in billed) - budget)
        return replace(counted(stage_set, runtime, folk, struck=len(running)), beyond_budget=beyond)
    finally:
        runtime.record.close()


def killed_beside_a_provider_with_another_clock(stage_set: Set, offset: str) -> Verdict:
    """The provider's clock is off, and an answer of it is lost: its books are asked by its own time."""
    folder = stage_set.scene.folder / "elsewhere"
    folder.mkdir()
    with rehearsing(folder, environment=Hands(folder, offset).environment()) as cloud:
        scene = replace(stage_set.scene, openai_url=cloud.openai_url, replicate_url=cloud.url)
        skewed = Set(scene, cloud)
        with a_character(skewed) as (runtime, character_id):
            _die_unanswered(runtime, scene, character_id)
            start(Job(scene), keep_house).join(120)
            start(Job(scene, RunRequest(character_id, STYLES, new_id()))).join(120)
            return counted(skewed, runtime, [character_id])


def lied_to(stage_set: Set, lie: Lie, *, styles: tuple[str, ...] = STYLES) -> Verdict:
    """A run, and a round of housekeeping, while the provider or the way to it tells `lie`."""
    cloud = stage_set.cloud
    with faulty_proxy(cloud.port) as proxy:
        scene = replace(_by_way_of(proxy, stage_set.scene), read_seconds=lie.read_seconds)
        with a_character(Set(scene, cloud)) as (runtime, character_id):
            for fault in lie.faults:
                cloud.fault(**fault)
            for pattern, cut in lie.cuts:
                proxy.cut(pattern, cut)
            start(Job(scene, RunRequest(character_id, styles, new_id()))).join(180)
            keep_this_house(runtime)
            struck = _spoiled(cloud) + len(proxy.cuts)
            assert struck, "nobody was lied to"
            cloud.behave()
            proxy.heal()
            return counted(stage_set, runtime, [character_id], styles, struck=struck)


def _by_way_of(proxy: FaultyProxy, scene: Scene) -> Scene:
    path = scene.openai_url.partition("://")[2].partition("/")[2]
    return replace(scene, replicate_url=proxy.url, openai_url=f"{proxy.url}/{path}")


def _spoiled(cloud: Rehearsal, *kinds: str) -> int:
    """How often a fault struck: one of `kinds`, if any are named."""
    return sum(each["struck"] for each in cloud.faults() if not kinds or each["kind"] in kinds)


def _all_gone(crowd: list[BaseProcess], point: str) -> None:
    """Wait for them to end: one struck down at `point`, the others of their own accord."""
    for each in crowd:
        each.join(120)
    ends = [each.exitcode for each in crowd]
    assert ends.count(-signal.SIGKILL) == 1, f"{point} was not reached: {ends}"


def _die_unanswered(runtime: Runtime, scene: Scene, character_id: str) -> None:
    """A worker is killed between the provider's acceptance and its hearing of it, and its lease runs out."""
    victim = start(Job(scene, RunRequest(character_id, STYLES, new_id()), "image.answered"))
    victim.join(120)
    assert victim.exitcode == -signal.SIGKILL, "the picture was not asked for"
    _let_leases_run_out(runtime, character_id)


def _let_leases_run_out(runtime: Runtime, character_id: str) -> None:
    """As time does, without the waiting."""
    with runtime.record.writing() as session:
        for call in calls.of_character(session, character_id):
            if call.state in calls.LEASED:
                calls.renew_lease(session, call_id=call.id, fence=call.fence, lease_seconds=-1)


def _let_requests_end(runtime: Runtime, character_id: str) -> None:
    """As time does: whoever still had one in his hands on another machine has it no longer."""
    with runtime.record.writing() as session:
        for call in calls.of_character(session, character_id):
            if call.answer_due_at is not None:
                call.answer_due_at = clock.steady(session) - timedelta(minutes=5)


def many_under(stage_set: Set, trouble: Callable[[], None], *, people: int = 4, workers: int = 3) -> Verdict:
    """Several workers on several characters while `trouble` happens."""
    runtime = stage_set.open_runtime()
    stage()
    try:
        folk = [new_character(runtime, shade) for shade in range(10, 10 + 20 * people, 20)]
        orders = [RunRequest(person, STYLES, new_id()) for person in folk]
        running = [start(Job(stage_set.scene, order)) for order in orders for _ in range(workers)]
        trouble()
        for each in running:
            each.join(180)
        return counted(stage_set, runtime, folk, struck=1)
    finally:
        runtime.record.close()


def counted(
    stage_set: Set,
    runtime: Runtime,
    folk: list[str],
    styles: tuple[str, ...] = STYLES,
    *,
    struck: int = 0,
) -> Verdict:
    """Put everything right, wait until nothing is under way at the provider any more, and count.

    What is bought while it is put right must come to its end, too: only then is the bill complete.
    """
    stage_set.cloud.settled_bank()
    put_right(runtime, folk, styles)
    verdict = check(runtime, stage_set.cloud.settled_bank(), folk, styles)
    return replace(verdict, struck=struck + len(strikes(stage_set.scene.folder)))


def put_right(runtime: Runtime, character_ids: list[str], styles: tuple[str, ...] = STYLES) -> None:
    """What housekeeping does, then the runs once more: twice, since evidence may free what waited for it."""
    stage()
    for _ in range(2):
        keep_this_house(runtime)
        for character_id in character_ids:
            order = RunRequest(character_id, styles, new_id())
            asyncio.run(run_character(order, pipeline.untracked, runtime))
        if _all_is_well(runtime, character_ids):
            return


def keep_this_house(runtime: Runtime) -> None:
    """Housekeeping's chores for calls, in its order."""
    settle_dead_calls(runtime)
    settle_unknown_calls(runtime, rules=AT_ONCE)
    collect_orphaned_outputs(runtime)
    assume_lost_vision_calls(runtime)


def _settled_by_a_person(runtime: Runtime, character_id: str) -> None:
    with runtime.record.reading() as session:
        waiting = [call for call in calls.unknown(session) if call.character_id == character_id]
    for call in waiting:
        settle_by_hand(runtime, call.id, Decision.NOT_BILLED, actor="operator")


def _all_is_well(runtime: Runtime, character_ids: list[str]) -> bool:
    with runtime.record.reading() as session:
        states = [call.state for each in character_ids for call in calls.of_character(session, each)]
        folk = [characters.get(session, each).status for each in character_ids]
    return {*states} <= {CallState.RECORDED} and {*folk} == {CharacterStatus.READY}


@contextmanager
def a_character(stage_set: Set) -> Iterator[tuple[Runtime, str]]:
    """A runtime on the set, and a new character in it."""
    runtime = stage_set.open_runtime()
    stage()
    try:
        yield runtime, new_character(runtime)
    finally:
        runtime.record.close()


def _state_of(process: BaseProcess) -> str:
    """The kernel's letter for the process's state: T is stopped."""
    try:
        return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def _lease_is_over(runtime: Runtime, character_id: str) -> bool:
    with runtime.record.reading() as session:
        held = [call.lease_expires_at for call in calls.of_character(session, character_id)]
        now = clock.steady(session)
    return all(until_then is None or until_then < now for until_then in held)
