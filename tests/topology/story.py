"""A day of work: a character, a batch under which everything breaks, another while every part is replaced."""

import random
import signal
import time
from collections.abc import Callable
from typing import Any

from db.repositories import calls
from flows import batches
from flows.submit import ask
from tasks.batch.control import BatchActed
from tasks.batch.status import BatchStatus, status_of
from tasks.runtime import Runtime
from tasks.settlement.waiting import settled_by_evidence
from tests.chaos.checker import WITHOUT_BOOKS
from tests.support.waiting import until
from tests.topology.stage import Stage

OPEN = ("planned", "running", "paused")
PATIENCE = 1800.0  # seconds; how long a step may take on a busy machine, and no measure
PATIENCE_EACH = 6.0  # the same for each character, where there are many
LEAST_CHUNK, CHUNKS = 4, 25  # characters in a chunk, and how many chunks where they are larger
DOLLAR = 1_000_000
# What goes wrong at the provider without leaving in doubt whether it was bought.
TROUBLE: tuple[dict[str, Any], ...] = (
    {"kind": "throttled", "operation": "create", "seconds": 1.0},
    {"kind": "drop", "operation": "get"},
    {"kind": "html", "operation": "get"},
    {"kind": "cut", "operation": "output"},
    {"kind": "throttled", "operation": "responses", "seconds": 1.0},
    {"kind": "e003"},
    {"kind": "pa"},
)


class Story:
    """What happens to the topology; what was seen is kept for the table."""

    def __init__(self, stage: Stage, runtime: Runtime, count: int, tell: Callable[[str], None]) -> None:
        self._stage, self._runtime, self._tell = stage, runtime, tell
        self._chunk = max(LEAST_CHUNK, count // CHUNKS)
        self._patience = max(PATIENCE, PATIENCE_EACH * count)
        self.most_at_work = 0
        self.plans: dict[str, int] = {}  # a batch's price by its plan, in micro-dollars
        self.stopping: dict[str, float] = {}  # seconds that each part took to stop

    def let_it_fail_at_random(self, among: int, *, seed: int = 1) -> None:
        """Have about a quarter of `among` requests go wrong, at random places."""
        chance = random.Random(seed)
        for _ in range(among // 4):
            self._stage.cloud.fault(**chance.choice(TROUBLE), skip=chance.randrange(among))

    def broken_batch(self, styles: str) -> str:
        """A batch that is killed, frozen, cut off, paused, starved, paid again, cancelled, gone on with."""
        planned = self._stage.document("batch", "plan", "--style", styles)
        price = int(planned["microusd"])
        budget = f"{price / DOLLAR:.6f}"
        batch = self._begin("--style", styles, "--budget", budget)
        self.plans[batch] = price
        one, two, _three = self._stage.workers
        self._progress(batch, 0.1)
        one.kill()
        self._tell("worker 1 killed -9 with all it had begun")
        self._progress(batch, 0.2)
        two.freeze()
        self._tell("worker 2 frozen")
        self._restart("postgres", signal.SIGQUIT)
        self._tell("Postgres ended as by a power cut, and started again")
        one.start()
        self._stage.wait_for("worker-1")
        self._progress(batch, 0.35)
        self._pause(batch)
        spent = self._look(batch).spent_microusd
        self._act(batches.set_budget, batch, budget_microusd=spent + price // 20)
        self._act(batches.resume, batch)
        self._until(batch, lambda now: now.state not in OPEN, "end for want of money")
        starved = self._look(batch)
        assert starved.left > 0, f"with no money left everything was drawn: {starved}"
        self._tell(f"out of budget with {starved.left} pictures left; raised, and resumed")
        two.thaw()
        self._act(batches.set_budget, batch, budget_microusd=price)
        self._act(batches.resume, batch)
        self._progress(batch, 0.6)
        self._act(batches.cancel, batch)
        self._until(batch, lambda now: now.state == "cancelled" and not now.workers, "stop")
        self._tell(f"cancelled with {self._look(batch).left} pictures left; resumed")
        self._act(batches.resume, batch)
        return self._finish(batch)

    def replaced_batch(self, style: str) -> str:
        """A batch during which every part is stopped and started again, one after the other."""
        price = int(self._stage.document("batch", "plan", "--style", style, "--order")["microusd"])
        batch = self._begin("--style", style, "--order")
        self.plans[batch] = price
        for name in (
            *("worker-1", "worker-2", "worker-3", "studio-1"),
            *("prefect-services", "prefect-1", "prefect-2", "redis", "nginx"),
        ):
            self._restart(name)
        self._restart("postgres", signal.SIGINT)
        return self._finish(batch)

    def mended_batch(self, styles: str) -> str | None:
        """What the provider could not do is asked for again, now that it can; None where it could do all.

        In every style: whoever waited for the books was not in the batch that ordered the last one.
        """
        self._stage.cloud.behave()
        planned = self._stage.document("batch", "plan", "--style", styles, "--order")
        if not planned["characters"]:
            return None
        batch = self._begin("--style", styles, "--order")
        self.plans[batch] = int(planned["microusd"])
        return self._finish(batch)

    def house_kept(self) -> None:
        """Have housekeeping run, as its schedule does, until it has settled all that provider books can.

        A call that a dead worker had sent is looked for until its answer can't come any more: that is once or
        twice more.
        """
        deadline = time.monotonic() + self._patience
        while True:
            self._keep_house_once()
            for batch in self.plans:  # each goes on by itself with what is settled
                self._until(batch, lambda now: now.state not in OPEN, "end")
            with self._runtime.record.reading() as session:
                left = [call for call in calls.unknown(session) if call.provider not in WITHOUT_BOOKS]
            done = not left and not settled_by_evidence(self._runtime)
            if done or time.monotonic() > deadline:
                return  # the checker names what is left

    def _keep_house_once(self) -> None:
        found = ask("GET", "/deployments/name/housekeeping/regular")
        wanted = {"state": {"type": "SCHEDULED"}}
        run = ask("POST", f"/deployments/{found['id']}/create_flow_run", wanted)["id"]
        until(
            lambda: (
                ask("GET", f"/flow_runs/{run}")["state_type"]
                in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
            ),
            "housekeeping to end",
            seconds=self._patience,
        )

    def _begin(self, *words: str) -> str:
        options = ("--chunk", str(self._chunk), "--at-once", "2", "--limit", "10000", "--yes", "--detach")
        told = self._stage.document("batch", "run", *words, *options)
        self._tell(f"batch of {told['left']} pictures begun")
        return str(told["id"])

    def _finish(self, batch: str) -> str:
        """Wait for its end. What was given up meanwhile, as while a database was away, is gone on with."""
        self._until(batch, lambda now: now.state not in OPEN, "end")
        while self._look(batch).left:
            self._act(batches.resume, batch)
            self._until(batch, lambda now: now.state not in OPEN, "end")
        return batch

    def _restart(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        running = self._stage.running[name]
        running.check_alive()
        self.stopping[name] = running.stop(how)
        running.start()
        self._stage.wait_for(name)
        self._tell(f"{name} replaced")

    def _pause(self, batch: str) -> None:
        self._act(batches.pause, batch)
        self._until(batch, lambda now: not now.workers, "rest")
        before = len(self._stage.cloud.usage.entries)
        time.sleep(3)  # in which a batch that does not rest would buy something
        bought = len(self._stage.cloud.usage.entries) - before
        assert not bought, f"{bought} requests while the batch was paused"
        self._tell("paused: nothing bought meanwhile")

    def _act(self, what: Callable[..., BatchActed], batch: str, **more: int) -> None:
        """What the studio's buttons and `storykin batch` do."""
        what(self._runtime, batch_id=batch, **more)

    def _look(self, batch: str) -> BatchStatus:
        now = status_of(self._runtime, batch_id=batch)
        self.most_at_work = max(self.most_at_work, now.workers)
        return now

    def _progress(self, batch: str, part: float) -> None:
        def far(now: BatchStatus) -> bool:
            return now.planned - now.left >= part * now.planned

        self._until(batch, lambda now: far(now) or now.state not in OPEN, f"come to {part:.0%}")

    def _until(self, batch: str, true: Callable[[BatchStatus], bool], what: str) -> None:
        def look() -> bool:
            self._stage.check_alive()
            try:
                seen = true(self._look(batch))
            finally:
                time.sleep(0.5)
            return seen

        try:
            until(look, f"the batch to {what}", seconds=self._patience)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {self._look(batch)}") from None
