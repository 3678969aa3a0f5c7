"""How long a run will be yet, judged by what runs took lately here; nothing where that is not known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from db.engine import Session
from db.event_kinds import EventKind
from db.repositories import events
from ui.views.runs import RunState, RunView

LATELY = timedelta(hours=24)
FEWEST = 2  # runs, below which nothing is said


@dataclass(frozen=True)
class PastRun:
    """A run that came to a good end: how many pictures it was asked for, and the seconds from its start."""

    pictures: int
    seconds: float


def past_runs(session: Session, now: datetime) -> list[PastRun]:
    """The newest of the last day's runs that a worker began and that got ready."""
    asked: dict[str, int] = {}
    began: dict[str, datetime] = {}
    ended: dict[str, datetime] = {}
    kinds = (EventKind.RUN_ASKED, EventKind.RUN_BEGAN, EventKind.CHARACTER_READY)
    for event in events.newest_of_kinds(session, kinds, since=now - LATELY, limit=90):
        if event.run_token is None:
            continue
        if event.kind == EventKind.RUN_ASKED:
            asked[event.run_token] = len(event.data.get("styles", []))
        elif event.kind == EventKind.RUN_BEGAN:
            began[event.run_token] = event.created_at
        else:
            ended[event.run_token] = event.created_at
    return [
        PastRun(asked[token], (ended[token] - began[token]).total_seconds())
        for token in ended
        if asked.get(token) and token in began and ended[token] > began[token]
    ]


def left_seconds(run: RunView, past: Sequence[PastRun]) -> float | None:
    """The seconds until a run that is being worked on is done; None where it can't be told, or is overdue."""
    if run.state is not RunState.RUNNING or len(past) < FEWEST:
        return None
    wanted = len(run.tiles)
    alike = [each.seconds for each in past if each.pictures == wanted]
    usual = median(alike) if len(alike) >= FEWEST else _by_the_picture(past, wanted)
    left = usual - sum(step.seconds or 0.0 for step in run.progress.steps if step.state.is_begun)
    return left if left > 0 else None


def _by_the_picture(past: Sequence[PastRun], pictures: int) -> float:
    return median(each.seconds / each.pictures for each in past) * pictures
