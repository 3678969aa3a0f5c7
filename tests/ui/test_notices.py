"""What was started again is told above every page for a day, and by `storykin doctor`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.restarts import MOST_KEPT, Restart, note_restart, restarts
from ui.diagnosis.check_result import Level
from ui.diagnosis.orchestration import restarted
from ui.handlers.notices import restart_notice
from ui.views.notices import notices_html

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def a_restart(home: Path, hours_ago: float, *, at: datetime = NOW, title: str = "worker") -> None:
    (home / "run").mkdir(exist_ok=True)
    when = (at - timedelta(hours=hours_ago)).isoformat()
    note_restart(home, Restart(title, title, "signal 9", when))


def test_the_last_restart_of_the_day_is_told_and_older_ones_are_not(home: Path) -> None:
    assert notices_html(restart_notice(home, NOW)) == ""
    a_restart(home, hours_ago=30)
    assert notices_html(restart_notice(home, NOW)) == ""
    a_restart(home, hours_ago=2)
    a_restart(home, hours_ago=1.5, title="Prefect server")

    said = notices_html(restart_notice(home, NOW))

    assert "The Prefect server stopped by itself and was started again" in said
    assert "10:30" in said
    assert "2 restarts in the last day" in said


def test_one_that_was_dismissed_is_told_apart_from_the_next(home: Path) -> None:
    a_restart(home, hours_ago=2)
    first = restart_notice(home, NOW)
    a_restart(home, hours_ago=1)
    second = restart_notice(home, NOW)

    assert first is not None and second is not None
    assert first.id != second.id


def test_only_so_many_are_kept_and_a_damaged_file_is_no_harm(home: Path) -> None:
    for hours in range(MOST_KEPT + 10, 0, -1):
        a_restart(home, hours)
    assert len(restarts(home)) == MOST_KEPT

    (home / "run" / "restarts.json").write_text("{half a")

    assert restarts(home) == []
    a_restart(home, 1)
    assert len(restarts(home)) == 1


def test_the_doctor_tells_what_was_started_again_and_why(home: Path) -> None:
    now = datetime.now(UTC)
    for hours in (5, 1):
        a_restart(home, hours, at=now)
    a_restart(home, 50, at=now, title="studio")

    (remark,) = restarted()

    assert remark.level is Level.WARNING
    assert "The worker stopped by itself and was started again within a day (times: 2)" in remark.sentence
    assert "signal 9" in remark.sentence
