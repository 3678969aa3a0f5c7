"""What is noted of the Storykin that runs on a data folder."""

from pathlib import Path

from flows.running import InstanceLock, Running, note, running


def test_what_a_killed_launcher_has_noted_is_not_believed_while_the_next_one_starts(tmp_path: Path) -> None:
    killed = Running(1, "2026-12-01T00:00:00+00:00", "http://studio", "http://prefect", "http://api")
    note(tmp_path, killed)
    with InstanceLock(tmp_path):
        assert running(tmp_path) is None
        note(tmp_path, killed)
        assert running(tmp_path) == killed
    assert running(tmp_path) is None
