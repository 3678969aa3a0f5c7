"""Projects the events of a run to its progress: the state of each step, of each style and of the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from db.event_kinds import EventKind, RunStep
from db.models import Event
from tasks.picture_options import AS_USUAL, PictureOptions, picture_options
from ui.views.runs import RunProgress, RunState, Step, StepState, StyleProgress


@dataclass
class _StepRun:
    """The newest state of one step for one style ("" for the steps of the whole run)."""

    state: StepState
    began: datetime
    ended: datetime | None = None
    seconds: float | None = None
    sentence: str = ""


@dataclass
class _Projection:
    """The state that the events read so far amount to."""

    state: RunState = RunState.NOT_SENT
    asked: list[str] = field(default_factory=list)
    another: bool = False
    options: PictureOptions = AS_USUAL
    flow_run_id: str | None = None
    step_runs: dict[tuple[str, str], _StepRun] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    drawn: dict[str, str] = field(default_factory=dict)  # style → asset that may be shown, saved or not


_RUN_STATES: Mapping[str, RunState] = {
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


def project_run(events: Sequence[Event], now: datetime) -> RunProgress:
    """Project the events of one run, oldest first, to its progress at `now`."""
    projection = _Projection()
    for event in events:
        _apply(projection, event)
    styles = projection.asked or _styles_seen(projection)
    # Only of a run asked for here is it known that handing it over would have been told.
    if projection.state is RunState.QUEUED and projection.asked and projection.flow_run_id is None:
        projection.state = RunState.NOT_SENT
    return RunProgress(
        state=projection.state,
        steps=tuple(_step(step, projection, styles, now) for step in RunStep),
        styles=tuple(_style(style, projection) for style in styles),
        another=projection.another,
        options=projection.options,
        flow_run_id=projection.flow_run_id,
        revision=events[-1].id if events else "",
    )


def _apply(projection: _Projection, event: Event) -> None:
    data = event.data
    if event.kind == EventKind.RUN_ASKED:
        projection.asked = [str(style) for style in data.get("styles", [])]
        projection.another = bool(data.get("another"))
        projection.options = picture_options(data.get("framing"), data.get("resolution"))
    elif event.kind == EventKind.RUN_SUBMITTED:
        projection.flow_run_id = str(data.get("flow_run_id", ""))
    elif event.kind == EventKind.VARIANT_RECORDED:
        projection.images[str(data.get("style", ""))] = str(data.get("image_id", ""))
    elif event.kind in _RUN_STATES:
        projection.state = _RUN_STATES[event.kind]
    elif event.kind in _STEP_STATES:
        _apply_step(projection, event)


def _apply_step(projection: _Projection, event: Event) -> None:
    key = (str(event.data.get("step", "")), str(event.data.get("style") or ""))
    state = _STEP_STATES[event.kind]
    before = projection.step_runs.get(key)
    if state is StepState.RUNNING or before is None:
        projection.step_runs[key] = _StepRun(state, began=event.created_at)
    step_run = projection.step_runs[key]
    if state is not StepState.RUNNING:
        step_run.state = state
        step_run.ended = event.created_at
        step_run.seconds = event.data.get("seconds")
        step_run.sentence = event.message if state is StepState.FAILED else ""
        # Just drawn it is not yet known whether it has to be held back.
        if state is StepState.DONE and key[0] == RunStep.LIKENESS and "asset_id" in event.data:
            projection.drawn[key[1]] = str(event.data["asset_id"])


def _styles_seen(projection: _Projection) -> list[str]:
    """Also those of pictures alone: the steps of a run of long ago may be forgotten."""
    of_steps = (style for _, style in projection.step_runs)
    return [style for style in dict.fromkeys((*of_steps, *projection.images)) if style]


def _step(step: RunStep, projection: _Projection, styles: list[str], now: datetime) -> Step:
    step_runs = [step_run for (name, _), step_run in projection.step_runs.items() if name == step]
    if not step_runs:
        return Step(step, step.label, _state_untold(projection))
    expected = len(styles) if step.is_per_style else 1
    state = _overall_state(step_runs, expected, projection.state.over)
    return Step(step, step.label, state, _seconds(step_runs, now), _count_note(step_runs, expected))


def _state_untold(projection: _Projection) -> StepState:
    """Of a step that no event tells of. A run that ended well and has none had them: they are forgotten."""
    if projection.state is RunState.READY and not projection.step_runs:
        return StepState.DONE
    return StepState.SKIPPED if projection.state.over else StepState.WAITING


def _overall_state(step_runs: list[_StepRun], expected: int, over: bool) -> StepState:
    states = [step_run.state for step_run in step_runs]
    if StepState.RUNNING in states:
        # A run that ended with a step still open was interrupted in that step.
        return StepState.FAILED if over else StepState.RUNNING
    if StepState.FAILED in states:
        return StepState.FAILED
    if len(states) < expected and not over:
        return StepState.WAITING  # for the next style to come this far
    return StepState.DONE if StepState.DONE in states else StepState.SKIPPED


def _seconds(step_runs: list[_StepRun], now: datetime) -> float | None:
    if len(step_runs) == 1 and step_runs[0].seconds is not None:
        return step_runs[0].seconds
    return _busy_seconds([(step_run.began, step_run.ended or now) for step_run in step_runs])


def _busy_seconds(spans: list[tuple[datetime, datetime]]) -> float:
    """How long at least one of these spans was open: styles side by side don't add up."""
    busy, until = 0.0, None
    for began, ended in sorted(spans):
        start = began if until is None else max(began, until)
        busy += max(0.0, (ended - start).total_seconds())
        until = ended if until is None else max(until, ended)
    return busy


def _count_note(step_runs: list[_StepRun], expected: int) -> str:
    if expected == 1:
        return ""
    done = sum(step_run.state in (StepState.DONE, StepState.SKIPPED) for step_run in step_runs)
    return "" if done == expected else f"{done} of {expected}"


def _style(style: str, projection: _Projection) -> StyleProgress:
    image_id = projection.images.get(style)
    if image_id:
        return StyleProgress(style, StepState.DONE, image_id=image_id)
    step_runs = [step_run for (_, of_style), step_run in projection.step_runs.items() if of_style == style]
    for step_run in step_runs:
        if step_run.state is StepState.FAILED:
            return StyleProgress(style, StepState.FAILED, sentence=step_run.sentence)
    if any(step_run.state is StepState.SKIPPED for step_run in step_runs):
        return StyleProgress(style, StepState.SKIPPED)
    if step_runs:
        if projection.state.over:  # what was not saved is nobody's picture
            return StyleProgress(style, StepState.FAILED)
        return StyleProgress(style, StepState.RUNNING, drawn_asset_id=projection.drawn.get(style))
    return StyleProgress(style, StepState.SKIPPED if projection.state.over else StepState.WAITING)
