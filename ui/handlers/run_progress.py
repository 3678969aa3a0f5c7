"""A run as its events tell it: which steps are done, what each style came to, how it ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from db.event_kinds import COMMON_STEPS, EventKind, RunStep
from db.models import Event


class StepState(StrEnum):
    """Where a step, or a style, stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class RunState(StrEnum):
    """Where a whole run stands."""

    NOT_SENT = "not_sent"  # asked for, and Prefect has not taken it
    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    NEEDS_ATTENTION = "needs_attention"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """Nothing more will happen by itself."""
        return self in (RunState.READY, RunState.NEEDS_ATTENTION, RunState.FAILED)


@dataclass(frozen=True)
class Step:
    """One step, summed up over the styles."""

    name: str
    label: str
    state: StepState = StepState.WAITING
    seconds: float | None = None
    note: str = ""


@dataclass(frozen=True)
class StyleProgress:
    """What became of one style so far."""

    style: str
    state: StepState = StepState.WAITING
    sentence: str = ""
    image_id: str | None = None


@dataclass(frozen=True)
class RunProgress:
    """A run, told."""

    state: RunState
    steps: tuple[Step, ...]
    styles: tuple[StyleProgress, ...]
    another: bool = False
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


@dataclass
class _Piece:
    """The newest word on one step of one style ("" for steps without)."""

    state: StepState
    began: datetime
    ended: datetime | None = None
    seconds: float | None = None
    sentence: str = ""


@dataclass
class _Notes:
    """What is gathered while reading the events in order."""

    state: RunState = RunState.NOT_SENT
    asked: list[str] = field(default_factory=list)
    another: bool = False
    flow_run_id: str | None = None
    pieces: dict[tuple[str, str], _Piece] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)


_ENDS: Mapping[str, RunState] = {
    EventKind.CHARACTER_QUEUED: RunState.QUEUED,
    EventKind.CHARACTER_PROFILING: RunState.RUNNING,
    EventKind.CHARACTER_ILLUSTRATING: RunState.RUNNING,
    EventKind.CHARACTER_READY: RunState.READY,
    EventKind.CHARACTER_NEEDS_ATTENTION: RunState.NEEDS_ATTENTION,
    EventKind.CHARACTER_FAILED: RunState.FAILED,
}
_STEP_STATES: Mapping[str, StepState] = {
    EventKind.STEP_STARTED: StepState.RUNNING,
    EventKind.STEP_FINISHED: StepState.DONE,
    EventKind.STEP_FAILED: StepState.FAILED,
    EventKind.STEP_SKIPPED: StepState.SKIPPED,
}


def project(events: Sequence[Event], now: datetime) -> RunProgress:
    """The story of one run from its events, oldest first, as it stands at `now`."""
    notes = _Notes()
    for event in events:
        _note(notes, event)
    styles = notes.asked or _styles_seen(notes.pieces)
    # Only of a run asked for here is it known that handing it over would have been told.
    if notes.state is RunState.QUEUED and notes.asked and notes.flow_run_id is None:
        notes.state = RunState.NOT_SENT
    return RunProgress(
        state=notes.state,
        steps=tuple(_step(step, notes, styles, now) for step in RunStep),
        styles=tuple(_style(style, notes) for style in styles),
        another=notes.another,
        flow_run_id=notes.flow_run_id,
        revision=events[-1].id if events else "",
    )


def _note(notes: _Notes, event: Event) -> None:
    data = event.data
    if event.kind == EventKind.RUN_ASKED:
        notes.asked = [str(style) for style in data.get("styles", [])]
        notes.another = bool(data.get("another"))
    elif event.kind == EventKind.RUN_SUBMITTED:
        notes.flow_run_id = str(data.get("flow_run_id", ""))
    elif event.kind == EventKind.VARIANT_RECORDED:
        notes.images[str(data.get("style", ""))] = str(data.get("image_id", ""))
    elif event.kind in _ENDS:
        notes.state = _ENDS[event.kind]
    elif event.kind in _STEP_STATES:
        _note_step(notes, event)


def _note_step(notes: _Notes, event: Event) -> None:
    key = (str(event.data.get("step", "")), str(event.data.get("style") or ""))
    state = _STEP_STATES[event.kind]
    before = notes.pieces.get(key)
    if state is StepState.RUNNING or before is None:
        notes.pieces[key] = _Piece(state, began=event.created_at)
    piece = notes.pieces[key]
    if state is not StepState.RUNNING:
        piece.state = state
        piece.ended = event.created_at
        piece.seconds = event.data.get("seconds")
        piece.sentence = event.message if state is StepState.FAILED else ""


def _styles_seen(pieces: Iterable[tuple[str, str]]) -> list[str]:
    return list(dict.fromkeys(style for _, style in pieces if style))


def _step(step: RunStep, notes: _Notes, styles: list[str], now: datetime) -> Step:
    pieces = [piece for (name, _), piece in notes.pieces.items() if name == step]
    if not pieces:
        waiting = StepState.SKIPPED if notes.state.over else StepState.WAITING
        return Step(step, step.label, waiting)
    expected = len(styles) if step.is_per_style else 1
    state = _summed(pieces, expected, notes.state.over)
    return Step(step, step.label, state, _seconds(pieces, now), _note_of(pieces, expected))


def _summed(pieces: list[_Piece], expected: int, over: bool) -> StepState:
    states = [piece.state for piece in pieces]
    if StepState.RUNNING in states:
        # A run that ended with a step still open was interrupted in that step.
        return StepState.FAILED if over else StepState.RUNNING
    if StepState.FAILED in states:
        return StepState.FAILED
    if len(states) < expected and not over:
        return StepState.WAITING  # for the next style to come this far
    return StepState.DONE if StepState.DONE in states else StepState.SKIPPED


def _seconds(pieces: list[_Piece], now: datetime) -> float | None:
    if len(pieces) == 1 and pieces[0].seconds is not None:
        return pieces[0].seconds
    return _busy_seconds([(piece.began, piece.ended or now) for piece in pieces])


def _busy_seconds(spans: list[tuple[datetime, datetime]]) -> float:
    """How long at least one of these spans was open: styles side by side don't add up."""
    busy, until = 0.0, None
    for began, ended in sorted(spans):
        start = began if until is None else max(began, until)
        busy += max(0.0, (ended - start).total_seconds())
        until = ended if until is None else max(until, ended)
    return busy


def _note_of(pieces: list[_Piece], expected: int) -> str:
    if expected == 1:
        return ""
    done = sum(piece.state in (StepState.DONE, StepState.SKIPPED) for piece in pieces)
    return "" if done == expected else f"{done} of {expected}"


def _style(style: str, notes: _Notes) -> StyleProgress:
    image_id = notes.images.get(style)
    if image_id:
        return StyleProgress(style, StepState.DONE, image_id=image_id)
    pieces = [piece for (_, of_style), piece in notes.pieces.items() if of_style == style]
    for piece in pieces:
        if piece.state is StepState.FAILED:
            return StyleProgress(style, StepState.FAILED, sentence=piece.sentence)
    if any(piece.state is StepState.SKIPPED for piece in pieces):
        return StyleProgress(style, StepState.SKIPPED)
    if pieces:
        return StyleProgress(style, StepState.FAILED if notes.state.over else StepState.RUNNING)
    return StyleProgress(style, StepState.SKIPPED if notes.state.over else StepState.WAITING)
