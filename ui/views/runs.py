"""A run on its way: steps with their times, and each style's picture as it comes."""

import math
from dataclasses import dataclass
from enum import StrEnum

from db.event_kinds import COMMON_STEPS, RunStep
from tasks.amounts import exact_dollars
from tasks.picture_options import AS_USUAL, PictureOptions
from ui.i18n import N_, _
from ui.views.pictures import Picture
from ui.views.providers import Standing
from ui.views.templates import render
from ui.views.words import count_words, provider_label


class StepState(StrEnum):
    """The state of a step or of a style."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def is_begun(self) -> bool:
        """Whether time has gone into it."""
        return self in (StepState.RUNNING, StepState.DONE, StepState.FAILED)


class RunState(StrEnum):
    """The state of a run as the studio shows it."""

    NOT_SENT = "not_sent"  # asked for, and Prefect has not taken it
    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    NEEDS_ATTENTION = "needs_attention"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self in (RunState.READY, RunState.NEEDS_ATTENTION, RunState.FAILED)


@dataclass(frozen=True)
class Step:
    """One step over all styles; `seconds` is how long it was busy."""

    name: str
    label: str
    state: StepState = StepState.WAITING
    seconds: float | None = None
    note: str = ""


@dataclass(frozen=True)
class StyleProgress:
    """The state of one style; `sentence` says why it failed, `image_id` is its variant.

    `drawn_asset_id` is its picture while that is saved: compared, and not to be held back.
    """

    style: str
    state: StepState = StepState.WAITING
    sentence: str = ""
    image_id: str | None = None
    drawn_asset_id: str | None = None


@dataclass(frozen=True)
class RunProgress:
    """How far a run is. `revision` is the id of its newest event: the same id, the same progress."""

    state: RunState
    steps: tuple[Step, ...]
    styles: tuple[StyleProgress, ...]
    another: bool = False
    options: PictureOptions = AS_USUAL
    flow_run_id: str | None = None
    revision: str = ""

    @property
    def share_done(self) -> float:
        """How much of the run is behind us, 0 to 1."""
        if self.state is RunState.READY:
            return 1.0
        settled = (StepState.DONE, StepState.SKIPPED, StepState.FAILED)
        looked = sum(step.state in settled for step in self.steps if step.name in COMMON_STEPS)
        drawn = sum(style.state in settled for style in self.styles)
        return (looked + drawn) / (len(COMMON_STEPS) + max(1, len(self.styles)))


@dataclass(frozen=True)
class RunCost:
    """What a run has cost so far: known, and reserved while the price is unknown; micro-dollars."""

    spent_microusd: int
    reserved_microusd: int


@dataclass(frozen=True)
class Waiting:
    """Why requests of a run don't leave yet, and for about how long."""

    provider: str
    standing: Standing
    seconds: float
    per_minute: int | None
    pictures: int  # 0: it is the look at the photo that waits


@dataclass(frozen=True)
class Tile:
    """One style of a run, and its picture once there is one."""

    style: str
    label: str
    state: StepState
    sentence: str
    picture: Picture | None
    drawn_url: str = ""  # to the picture while it is saved

    @property
    def shown_url(self) -> str:
        """Of its picture, small; "" while there is none, and of one that is held back."""
        if self.picture:
            return "" if self.picture.withheld else self.picture.tile_url
        return self.drawn_url


@dataclass(frozen=True)
class RunView:
    """A run as the studio shows it."""

    run_token: str
    character_id: str
    name: str
    progress: RunProgress
    tiles: tuple[Tile, ...]
    reason: str
    flow_run_url: str | None
    cost: RunCost | None = None
    waiting: Waiting | None = None
    again_microusd: int = 0  # what trying again would cost

    @property
    def state(self) -> RunState:
        """The state of `progress`."""
        return self.progress.state


TITLES = {
    RunState.NOT_SENT: N_("Not started yet"),
    RunState.QUEUED: N_("Waiting for a worker"),
    RunState.RUNNING: N_("Creating {name}"),
    RunState.READY: N_("{name} is ready"),
    RunState.NEEDS_ATTENTION: N_("{name} needs your attention"),
    RunState.FAILED: N_("This run failed"),
}
LINES = {
    RunState.NOT_SENT: N_(
        "Prefect has not taken this run yet. Nothing is lost: it is handed over once Prefect is back."
    ),
    RunState.QUEUED: N_("It starts as soon as a worker is free. You can leave this page and come back."),
    RunState.RUNNING: N_("You can leave this page and come back."),
}


def before_run_html() -> str:
    """The HTML of the run panel before a run: the steps to come."""
    return render("run.html", run=None, steps=[Step(each, each.label) for each in RunStep], title="", line="")


def run_html(run: RunView | None) -> str:
    """The HTML of the run panel; as before a run when there is none."""
    if run is None:
        return before_run_html()
    return render(
        "run.html",
        run=run,
        steps=run.progress.steps,
        title=_(TITLES[run.state]).format(name=run.name),
        line=run.reason if run.state.over else _(LINES.get(run.state, "")),
        waiting=waiting_words(run.waiting) if run.waiting else "",
        cost=cost_words(run.cost, over=run.state.over) if run.cost else "",
    )


def waiting_words(waiting: Waiting) -> str:
    """What is waited for, in a sentence or two."""
    name = provider_label(waiting.provider)
    who = (
        count_words(waiting.pictures, "picture", "pictures") if waiting.pictures else "The look at the photo"
    )
    wait = "waits" if waiting.pictures <= 1 else "wait"
    left = f"about {max(1, math.ceil(waiting.seconds))} s"
    why = {
        Standing.SLOW: f"{name} takes {waiting.per_minute} requests a minute from us now.",
        Standing.PAUSED: f"{name} has asked us to wait.",
        Standing.OPEN: f"{name} failed several times in a row, so it is left alone for a while.",
    }[waiting.standing]
    return f"{why} {who} {wait}; the next request may leave in {left}. Nothing is lost."


def cost_words(cost: RunCost, *, over: bool) -> str:
    """What the run has cost, to the last micro-dollar."""
    spent = f"{'This run cost' if over else 'Spent so far:'} {exact_dollars(cost.spent_microusd)}"
    if not cost.reserved_microusd:
        return f"{spent}."
    why = "possibly paid, which is not known yet" if over else "reserved for what is under way"
    return f"{spent}, and {exact_dollars(cost.reserved_microusd)} more is {why}."
