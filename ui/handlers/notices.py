"""What the people in the studio should know of its own life: a part ended by itself and was started again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flows.restarts import Restart, restarts

SHOWN_FOR = timedelta(days=1)


@dataclass(frozen=True)
class RestartNotice:
    """The restarts of the last day, summed up."""

    id: str  # changes with every new one, so that who has dismissed it hears of the next
    last: Restart
    at: datetime
    count: int


def restart_notice(home: Path, now: datetime) -> RestartNotice | None:
    """The restarts of the day before `now`, summed up; None when there were none."""
    lately = [each for each in restarts(home) if now - datetime.fromisoformat(each.at) < SHOWN_FOR]
    if not lately:
        return None
    last = lately[-1]
    return RestartNotice(last.at, last, datetime.fromisoformat(last.at), len(lately))
