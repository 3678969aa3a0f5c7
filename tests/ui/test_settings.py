"""Every setting is looked at before anything starts, and all that is wrong is said at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.errors import BadSettings
from db.private_files import close_folder
from db.settings import RecordSettings, read_settings
from tests.support.settings_of_process import settings_of_its_own
from ui.cli import main
from ui.diagnosis.configuration import settings
from ui.settings import check_settings, unknown_settings


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    with settings_of_its_own():
        yield


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STORYKIN_HOME", "/dev/null"),
        ("STORYKIN_HOME", __file__),
        ("STORYKIN_HOME", f"{__file__}/home"),
        ("STORYKIN_HOME", "~nobody-of-this-name/home"),
        ("STORYKIN_DAILY_BUDGET_USD", "inf"),
        ("STORYKIN_DAILY_BUDGET_USD", "1e300"),
        ("STORYKIN_RUN_CAP_USD", "inf"),
        ("STORYKIN_ASSUME_PAID_BELOW_USD", "nan"),
        ("STORYKIN_PICTURE_SECONDS", "inf"),
        ("STORYKIN_LEASE_SECONDS", "9" * 20),
        ("STORYKIN_PUBLIC_ORIGIN", "studio.example"),
        ("PREFECT_API_URL", "localhost:4200/api"),
        ("PREFECT_API_URL", "http://localhost:port/api"),
        ("R2_ENDPOINT_URL", "account.r2.cloudflarestorage.com"),
        ("STORYKIN_BACKUP_S3_ENDPOINT_URL", "account.r2.cloudflarestorage.com"),
        ("STORYKIN_BACKUP_S3_CA_FILE", "/no/such/file.pem"),
    ],
)
def test_a_value_that_would_break_later_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as refused:
        check_settings()
    assert [each.partition(":")[0] for each in refused.value.problems] == [name]
    assert value not in refused.value.sentence


def test_a_data_folder_may_be_named_as_in_a_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("STORYKIN_HOME", "~/story")
    assert read_settings(RecordSettings).home == tmp_path / "story"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORYKIN_HOME", "story")
    assert read_settings(RecordSettings).home == tmp_path / "story"


def test_what_is_no_folder_is_never_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "not-ours"
    file.touch()
    file.chmod(0o666)
    assert not close_folder(file)
    assert file.stat().st_mode & 0o777 == 0o666


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
