"""One worker of the chaos suite: a process that carries one order out, unless it is struck down."""

import asyncio
import io
import os
import signal
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from db.engine import Record
from db.log import configure_logging
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks import pipeline, recheck_photo, score_likeness
from tasks.housekeeping import cleanup
from tasks.ledger import assumed_paid
from tasks.process_identity import this_process
from tasks.providers.openai.images import OpenAIImages, OpenAIImagesSettings
from tasks.providers.openai.vision import OpenAISettings, OpenAIVision
from tasks.providers.replicate.image import Patience, ReplicateImage
from tasks.providers.replicate.webhooks import ReplicateWebhooks
from tasks.providers.replicate.wire import ReplicateWire
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Runtime
from tasks.settlement import reconcile
from tasks.settlement.reconcile import ReconcileRules
from tests.chaos.crash_points import strike_at
from tests.chaos.mutations import break_on_purpose
from ui.routes import hooks

# The rehearsal cloud's list lags only when it is told to, so absence is evidence at once.
AT_ONCE = ReconcileRules(grace=timedelta(0))
CHEAP = 10_000  # micro-dollars: any look, no picture
SLUG = "google/nano-banana-2.1"


@dataclass(frozen=True)
class Scene:
    """Where everything is."""

    folder: Path
    url: str  # of the record
    openai_url: str
    replicate_url: str
    lease_seconds: int = 30
    deadline: float = 20  # seconds that a picture may take
    read_seconds: float = 10  # that an answer may take
    hook_port: int = 0  # where the studio takes webhooks; 0 for polling alone
    hook_secret: str = ""
    mutation: str = ""
    daily_budget_microusd: int | None = None
    draws: str = "replicate"  # or "openai-images"

    def open_runtime(self, *, elsewhere: str = "") -> Runtime:
        """Real providers, which talk to the rehearsal cloud; a real record and a real store."""
        store = DiskStore(self.folder / "store", base_url="http://127.0.0.1:7860", secret=b"s" * 32)
        return Runtime(
            record=Record(self.url),
            store=store,
            vision=OpenAIVision(
                OpenAISettings(
                    api_key="sk-rehearsal", base_url=self.openai_url, read_seconds=self.read_seconds
                )
            ),
            image=self._edits() if self.draws == "openai-images" else self._predictions(store),
            lease_seconds=self.lease_seconds,
            daily_budget_microusd=self.daily_budget_microusd,
            assume_paid_below_microusd=CHEAP,
            assume_paid_per_day=1_000,
            owner=f"{elsewhere}:{os.getpid()}:1" if elsewhere else this_process(),
        )

    def _predictions(self, store: DiskStore) -> ReplicateImage:
        wire = ReplicateWire(
            "r8_rehearsal",
            self.replicate_url,
            create_timeout=httpx.Timeout(self.read_seconds),
            read_timeout=httpx.Timeout(self.read_seconds),
        )
        return ReplicateImage(
            wire,
            slug=SLUG,
            store=store,
            hook_base=f"http://127.0.0.1:{self.hook_port}" if self.hook_port else "",
            patience=Patience(deadline=self.deadline, first_pause=0.05, longest_pause=0.2),
        )

    def _edits(self) -> OpenAIImages:
        return OpenAIImages(
            OpenAIImagesSettings(
                api_key="sk-rehearsal", base_url=self.openai_url, read_seconds=self.read_seconds
            )
        )


@dataclass(frozen=True)
class Job:
    """What a process of the suite does, and where on the way it may be struck ("" for nowhere)."""

    scene: Scene
    order: RunRequest | None = None
    point: str = ""
    how: int = signal.SIGKILL
    elsewhere: str = ""  # the name of another machine to be on; nobody here can ask after its processes


def work(job: Job) -> None:
    """Carry the order out. Runs in a process of its own, which may not live to its end."""
    runtime = _begin(job)
    assert job.order is not None
    asyncio.run(run_character(job.order, pipeline.untracked, runtime))


def keep_house(job: Job) -> None:
    """Housekeeping's chores for calls, as its flow does them."""
    runtime = _begin(job)
    cleanup.settle_dead_calls(runtime)
    reconcile.settle_unknown_calls(runtime, rules=AT_ONCE)
    reconcile.collect_orphaned_outputs(runtime)
    assumed_paid.assume_lost_vision_calls(runtime)


def keep_house_by_the_rules(job: Job) -> None:
    """The same as in earnest: what is missing from the books has time to appear there. Three rounds."""
    runtime = _begin(job)
    for _ in range(3):
        cleanup.settle_dead_calls(runtime)
        reconcile.settle_unknown_calls(runtime)
        assumed_paid.assume_lost_vision_calls(runtime)


def take_webhooks(job: Job) -> None:
    """The studio's webhook route on a port of this machine, until it is ended."""
    runtime = _begin(job)
    app = FastAPI()
    app.include_router(hooks.hooks_router(runtime, {"replicate": ReplicateWebhooks(job.scene.hook_secret)}))
    uvicorn.run(app, host="127.0.0.1", port=job.scene.hook_port, log_level="critical")


def _begin(job: Job) -> Runtime:
    configure_logging(io.StringIO())  # what goes wrong here is meant to
    runtime = job.scene.open_runtime(elsewhere=job.elsewhere)
    stage()
    if job.scene.mutation:
        break_on_purpose(runtime, job.scene.mutation)
    if job.point:
        strike_at(job.point, job.scene.folder, runtime, job.how)
    return runtime


def stage() -> None:
    """The parts that have nothing to do with money are made quick."""

    def measured(*_arguments: Any) -> dict[str, Any]:
        return {"metric_version": "none", "warnings": []}

    checking: Any = recheck_photo
    checking.recheck_photo = lambda *_arguments: []
    scoring: Any = score_likeness
    scoring.score_likeness = measured
