"""One worker of the chaos suite: a process that carries one order out, unless it is struck down."""

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from db.engine import Record
from flows.character_run import Order, run_character
from tasks import score_likeness, step_functions
from tasks.providers.openai_vision import OpenAISettings, OpenAIVision
from tasks.providers.replicate_image import Patience, ReplicateImage
from tasks.providers.replicate_wire import ReplicateWire
from tasks.providers.store_disk import DiskStore
from tasks.workshop import Workshop
from tests.chaos.crash_points import strike_at
from tests.chaos.mutations import MUTATIONS

SLUG = "google/nano-banana-2.1"


@dataclass(frozen=True)
class Scene:
    """Where everything is."""

    folder: Path
    url: str  # of the record
    openai_url: str
    replicate_url: str
    lease_seconds: int = 30
    mutation: str = ""

    def workshop(self) -> Workshop:
        """Real providers, which talk to the rehearsal cloud; a real record and a real store."""
        store = DiskStore(self.folder / "store", base_url="http://127.0.0.1:7860", secret=b"s" * 32)
        wire = ReplicateWire(
            "r8_rehearsal",
            self.replicate_url,
            create_timeout=httpx.Timeout(10.0),
            read_timeout=httpx.Timeout(10.0),
        )
        return Workshop(
            record=Record(self.url),
            store=store,
            vision=OpenAIVision(
                OpenAISettings(api_key="sk-rehearsal", base_url=self.openai_url, read_seconds=10)
            ),
            image=ReplicateImage(
                wire,
                slug=SLUG,
                store=store,
                patience=Patience(deadline=20, first_pause=0.05, longest_pause=0.2),
            ),
            lease_seconds=self.lease_seconds,
        )


@dataclass(frozen=True)
class Job:
    """An order, and where on the way the worker is struck ("" for not at all)."""

    scene: Scene
    order: Order
    point: str = ""
    how: int = signal.SIGKILL


def work(job: Job) -> None:
    """Carry the order out. Runs in a process of its own, which may not live to its end."""
    tools = job.scene.workshop()
    stage(tools)
    if job.scene.mutation:
        MUTATIONS[job.scene.mutation](tools)
    if job.point:
        strike_at(job.point, job.how)
    asyncio.run(run_character(job.order, step_functions.PLAIN, tools))


def stage(tools: Workshop) -> None:
    """The parts that have nothing to do with money are made quick."""

    def measured(*_arguments: Any) -> dict[str, Any]:
        return {"metric_version": "none", "warnings": []}

    steps: Any = step_functions
    steps.workshop = lambda: tools
    steps.look_again = lambda *_arguments: []
    scoring: Any = score_likeness
    scoring.score_likeness = measured
