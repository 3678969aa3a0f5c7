"""What happened to a character, told briefly: one line a thing, the newest first."""

from collections.abc import Sequence

from db.models import Event
from ui.views.detail import Moment
from ui.views.pictures import style_label

# Starts are left out: the end of a step says as much, with its seconds.
_QUIET = frozenset({"step.started"})
_PICTURE_MESSAGES = {"variant.recorded": "New picture: {}", "variant.selected": "Favourite chosen: {}"}


def timeline_of(past: Sequence[Event]) -> tuple[Moment, ...]:
    """The events as lines, newest first whatever the order they came in."""
    told = [event for event in past if event.kind not in _QUIET and not _said_better(event)]
    newest_first = sorted(told, key=lambda event: (event.created_at, event.id), reverse=True)
    return tuple(_moment(event) for event in newest_first)


def _moment(event: Event) -> Moment:
    return Moment(event.created_at, _message(event), _tone(event), _detail(event))


def _said_better(event: Event) -> bool:
    """Saving a picture is told by the picture itself."""
    return event.kind == "step.finished" and event.data.get("step") == "save"


def _message(event: Event) -> str:
    style = event.data.get("style")
    if event.kind in _PICTURE_MESSAGES and isinstance(style, str):
        return _PICTURE_MESSAGES[event.kind].format(style_label(style))
    if event.kind == "step.failed" and isinstance(style, str):
        return f"{style_label(style)}: {event.message}"
    return event.message


def _tone(event: Event) -> str:
    if event.kind in ("step.failed", "character.failed", "character.needs_attention"):
        return "bad"
    if event.kind in ("character.ready", "variant.recorded"):
        return "good"
    return "person" if event.actor not in ("system", "") else ""


def _detail(event: Event) -> str:
    seconds = event.data.get("seconds")
    parts = [
        f"{seconds:.1f} s" if isinstance(seconds, int | float) else "",
        f"code {event.data['code']}" if event.data.get("code") else "",
    ]
    return " · ".join(part for part in parts if part)
