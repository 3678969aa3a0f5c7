"""What happened to a character, told briefly: one line a thing, the newest first."""

from collections.abc import Sequence

from db.event_kinds import EventKind, RunStep
from db.models import Event
from ui.views.detail import Moment
from ui.views.pictures import style_label

# Starts are left out: the end of a step says as much, with its seconds.
_QUIET = frozenset({EventKind.STEP_STARTED})
_OF_A_PICTURE = frozenset({EventKind.VARIANT_RECORDED, EventKind.VARIANT_SELECTED})

_BAD = frozenset({EventKind.STEP_FAILED, EventKind.CHARACTER_FAILED, EventKind.CHARACTER_NEEDS_ATTENTION})
_GOOD = frozenset({EventKind.CHARACTER_READY, EventKind.VARIANT_RECORDED})


def timeline_of(past: Sequence[Event]) -> tuple[Moment, ...]:
    """The events as lines, newest first whatever the order they came in."""
    shown = [event for event in past if event.kind not in _QUIET and not _is_redundant(event)]
    newest_first = sorted(shown, key=lambda event: (event.created_at, event.id), reverse=True)
    return tuple(_moment(event) for event in newest_first)


def _moment(event: Event) -> Moment:
    return Moment(event.created_at, _message(event), _tone(event), _detail(event))


def _is_redundant(event: Event) -> bool:
    """Saving a picture is told by the picture itself."""
    return event.kind == EventKind.STEP_FINISHED and event.data.get("step") == RunStep.SAVE


def _message(event: Event) -> str:
    style = event.data.get("style")
    if event.kind in _OF_A_PICTURE and isinstance(style, str):
        return EventKind(event.kind).sentence.format(style=style_label(style))
    if event.kind == EventKind.STEP_FAILED and isinstance(style, str):
        return f"{style_label(style)}: {event.message}"
    return event.message


def _tone(event: Event) -> str:
    if event.kind in _BAD:
        return "bad"
    if event.kind in _GOOD:
        return "good"
    return "person" if event.actor not in ("system", "") else ""


def _detail(event: Event) -> str:
    seconds = event.data.get("seconds")
    parts = [
        f"{seconds:.1f} s" if isinstance(seconds, int | float) else "",
        f"code {event.data['code']}" if event.data.get("code") else "",
    ]
    return " · ".join(part for part in parts if part)
