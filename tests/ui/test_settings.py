"""Every setting is looked at before anything starts, and all that is wrong is said at once."""

import pytest

from db.errors import BadSettings
from ui.cli import main
from ui.diagnosis.configuration import settings
from ui.settings import check_settings, unknown_settings

WRONG = {
    "DATABASE_URL": "mysql://ann:hunter2@db/story",
    "STORYKIN_VISION": "oracle",
    "STORYKIN_LEASE_SECONDS": "soon",
    "STORYKIN_PORT": "99999",
    "STORYKIN_PREFECT_PORT": "hunter2",
    "STORYKIN_WORKER": "cold",
    "STORYKIN_BACKUP_KEEP": "-1",
}


def test_one_report_names_every_setting_that_can_not_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WRONG.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as refused:
        check_settings()
    assert [each.partition(":")[0] for each in refused.value.problems] == [
        "DATABASE_URL",
        "STORYKIN_VISION",
        "STORYKIN_LEASE_SECONDS",
        "STORYKIN_BACKUP_KEEP",
        "STORYKIN_PREFECT_PORT",
        "STORYKIN_WORKER",
        "STORYKIN_PORT",
    ]
    assert "hunter2" not in refused.value.sentence


@pytest.mark.parametrize("command", ["up", "list", "costs"])
def test_a_command_with_wrong_settings_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setenv("STORYKIN_PORT", "abc")
    monkeypatch.setenv("STORYKIN_STORE", "floppy")
    assert main([command]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("storykin: bad_settings: ")
    assert "STORYKIN_PORT" in printed.err and "STORYKIN_STORE" in printed.err
    assert len(printed.err.splitlines()) == 1


def test_the_doctor_has_a_line_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYKIN_PORT", "abc")
    monkeypatch.setenv("STORYKIN_STORE", "floppy")
    assert [each.ok for each in settings()] == [False, False]


def test_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in WRONG:
        monkeypatch.setenv(name, "")
    check_settings()


def test_a_name_that_is_nearly_ours_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unknown_settings({"STORYKIN_STROE": "r2", "PATH": "", "STORYKIN_STORE": ""}) == {
        "STORYKIN_STROE": "STORYKIN_STORE"
    }
    monkeypatch.setenv("STORYKIN_DAILY_BUGDET_USD", "5")
    assert any("STORYKIN_DAILY_BUDGET_USD meant?" in each.sentence for each in settings())
