"""What the people in the studio should know of its own life: a part ended by itself and was started again."""

from datetime import datetime, timedelta
from pathlib import Path

from flows.restarts import restarts
from ui.views.notices import RestartNotice

SHOWN_FOR = timedelta(days=1)


def restart_notice(home: Path, now: datetime) -> RestartNotice | None:
    """The restarts of the day before `now`, summed up; None when there were none."""
    recent = [each for each in restarts(home) if now - datetime.fromisoformat(each.at) < SHOWN_FOR]
    if not recent:
        return None
    last = recent[-1]
    return RestartNotice(last.at, last, datetime.fromisoformat(last.at), len(recent))
