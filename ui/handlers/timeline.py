"""What happened to a character, told briefly: one line a thing, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.models import Event
from ui.handlers.pictures import style_label

# Starts are left out: the end of a step says as much, with its seconds.
_QUIET = frozenset({"step.started"})


@dataclass(frozen=True)
class Moment:
    """One line of the timeline. `tone` is "good", "bad", "person" or ""."""

    at: datetime
    message: str
    tone: str
    detail: str


def timeline_of(past: Sequence[Event]) -> tuple[Moment, ...]:
    """The events as lines, newest first whatever the order they came in."""
    told = [event for event in past if event.kind not in _QUIET]
    return tuple(_moment(event) for event in sorted(told, key=lambda event: event.id, reverse=True))


def _moment(event: Event) -> Moment:
    return Moment(event.created_at, event.message, _tone(event), _detail(event))


def _tone(event: Event) -> str:
    if event.kind in ("step.failed", "character.failed", "character.needs_attention"):
        return "bad"
    if event.kind in ("character.ready", "variant.recorded"):
        return "good"
    return "person" if event.actor not in ("system", "") else ""


def _detail(event: Event) -> str:
    seconds, style = event.data.get("seconds"), event.data.get("style")
    parts = [
        f"{seconds:.1f} s" if isinstance(seconds, int | float) else "",
        style_label(str(style)) if style and event.kind == "variant.selected" else "",
        f"code {event.data['code']}" if event.data.get("code") else "",
    ]
    return " · ".join(part for part in parts if part)
