"""Log lines are JSON, carry ids, and never a key."""

import fcntl
import io
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db.errors import BadSettings
from db.log import Log, configure_logging, logged_with
from db.log_file import put_aside
from db.settings import PROJECT, record_settings


def test_an_event_is_one_json_line_with_its_fields() -> None:
    stream = io.StringIO()
    configure_logging(stream)
    Log("run").info("step finished", character_id="c-1", step="draw", seconds=1.5)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1
    line = json.loads(lines[0])
    assert line["event"] == "step finished"
    assert (line["logger"], line["character_id"], line["seconds"]) == ("run", "c-1", 1.5)


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghijkl",
        "r8_abcdefghijkl",
        "whsec_abcd1234",
        "Bearer abc.def",
        "data:image/png;base64,AAAA",
        "&s=Zx_9-QmL2vT8aPzKkR4w",
    ],
)
def test_what_looks_like_a_key_or_a_photo_is_blanked_out(secret: str) -> None:
    stream = io.StringIO()
    configure_logging(stream)
    Log("run").warning("odd", code=f"got {secret}")
    assert secret not in stream.getvalue()
    assert "[redacted]" in json.loads(stream.getvalue())["code"]


@pytest.mark.parametrize("field", ["name", "photo", "email", "key", "url"])
def test_a_field_that_could_hold_a_name_or_a_photo_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        Log("run").info("odd", **{field: "Ada"})


def test_an_error_is_logged_by_its_type_alone() -> None:
    stream = io.StringIO()
    configure_logging(stream)
    Log("run").error("failed", error=ValueError("Ada's photo"))
    assert json.loads(stream.getvalue())["error"] == "ValueError"
    assert "Ada" not in stream.getvalue()


def test_the_text_of_an_error_can_not_be_logged_by_another_way() -> None:
    stream = io.StringIO()
    configure_logging(stream)
    with pytest.raises(ValueError, match="type alone"):
        Log("run").warning("odd", error=ValueError("Ada's photo"))
    assert stream.getvalue() == ""


def test_a_process_without_json_lines_says_the_phrase_alone() -> None:
    """In a flow run Prefect configures logging: neither a field nor the text of an error gets there."""
    script = (
        "from db.log import Log\n"
        "log = Log('run')\n"
        "log.info('not worth a line')\n"
        "log.warning('odd', call_id='c-1', code='sk-proj-abcdefghijkl')\n"
        "try:\n    raise ValueError('Ada')\n"
        "except ValueError as error:\n    log.error('failed', error=error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "odd\nfailed\n")


@pytest.fixture
def log_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Have STORYKIN_LOG_TO say so, with `tmp_path` for STORYKIN_HOME."""

    def set_to(place: str) -> None:
        monkeypatch.setenv("STORYKIN_LOG_TO", place)
        record_settings.cache_clear()

    monkeypatch.setenv("STORYKIN_HOME", str(tmp_path))
    yield set_to
    configure_logging(io.StringIO())
    monkeypatch.undo()
    record_settings.cache_clear()


def test_a_file_without_a_folder_is_in_the_data_folder_whoever_writes_from_where(
    tmp_path: Path, log_to: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    log_to("storykin.log")
    configure_logging()
    Log("run").info("step finished")
    assert (tmp_path / "storykin.log").read_text()


def test_a_file_that_can_not_be_written_to_is_said_at_the_start(
    tmp_path: Path, log_to: Callable[[str], None]
) -> None:
    log_to(str(tmp_path / "none" / "storykin.log"))
    with pytest.raises(BadSettings, match=r"STORYKIN_LOG_TO.*No such file"):
        configure_logging()
    configure_logging(checked=False)
    Log("run").info("step finished")


def test_a_log_that_can_not_be_written_stops_no_work(
    tmp_path: Path, log_to: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "logs" / "storykin.log"
    place.parent.mkdir()
    log_to(str(place))
    configure_logging()
    log = Log("run")
    log.info("step finished", step="a")
    place.parent.rename(tmp_path / "away")
    log.info("step finished", step="b")
    place.mkdir(parents=True)
    log.info("step finished", step="c")
    place.rmdir()
    log.info("step finished", step="d")
    assert json.loads(place.read_text())["step"] == "d"
    said = capsys.readouterr().err
    assert "FileNotFoundError" in said and "IsADirectoryError" in said


def test_lines_go_where_the_setting_says_and_a_run_has_its_ids_in_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "storykin.log"
    monkeypatch.setenv("STORYKIN_LOG_TO", str(place))
    record_settings.cache_clear()
    configure_logging()
    log = Log("run")
    with logged_with(run_token="t-1", character_id="c-1"):
        log.info("step finished", step="draw")
        place.rename(tmp_path / "older.log")
        log.info("step finished", character_id="c-2")
    older = json.loads((tmp_path / "older.log").read_text())
    newer = json.loads(place.read_text())
    assert (older["run_token"], older["character_id"], older["step"]) == ("t-1", "c-1", "draw")
    assert newer["character_id"] == "c-2"
    with pytest.raises(ValueError, match="name"), logged_with(name="Ada"):
        pass
    configure_logging(io.StringIO())
    monkeypatch.undo()
    record_settings.cache_clear()


WRITER = (
    "import sys\n"
    "from db.log import Log, configure_logging\n"
    "configure_logging()\n"
    "log = Log('run')\n"
    "for number in range(int(sys.argv[2])):\n"
    "    log.info('step finished', step=sys.argv[1], count=number)\n"
)


def test_of_several_processes_that_fill_a_file_no_line_is_lost(tmp_path: Path) -> None:
    """A tenth of a megabyte a file, of which each process writes more than one."""
    place = tmp_path / "storykin.log"
    environment = os.environ | {"STORYKIN_LOG_TO": str(place), "STORYKIN_LOG_MB": "1"}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, name, "1200"], env=environment, cwd=PROJECT)
        for name in ("a", "b", "c")
    ]
    assert [each.wait(120) for each in writers] == [0, 0, 0]
    files = [place, *put_aside(place)]
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert Counter(line["step"] for line in lines) == {"a": 1200, "b": 1200, "c": 1200}
    assert len({(line["step"], line["count"]) for line in lines}) == 3600
    assert len(files) > 2 and max(file.stat().st_size for file in files) < 150_000


@pytest.fixture
def today(log_to: Callable[[str], None], tmp_path: Path) -> Path:
    """A log with a line of yesterday, and who writes it now."""
    place = tmp_path / "storykin.log"
    place.write_text("yesterday\n")
    last_written(place, days=1)
    log_to(str(place))
    configure_logging()
    return place


def last_written(file: Path, *, days: float) -> None:
    """As if `file` had last been written to `days` ago."""
    moment = time.time() - days * 86_400
    os.utime(file, (moment, moment))


def test_each_day_has_a_file_and_old_ones_go(today: Path) -> None:
    old, kept, theirs = (today.with_name(f"storykin.log{end}") for end in (
        ".20260101T000000000000", ".20260110T000000000000", ".1"
    ))  # fmt: skip
    for file, days in ((old, 31), (kept, 29), (theirs, 400)):
        file.write_text("x\n")
        last_written(file, days=days)
    Log("run").info("step finished")
    assert "yesterday" not in today.read_text() and json.loads(today.read_text())["event"] == "step finished"
    aside = put_aside(today)
    assert len(aside) == 2 and kept in aside
    assert [each.read_text() for each in aside if each != kept] == ["yesterday\n"]
    assert theirs.exists() and not old.exists()


def test_the_oldest_go_when_all_together_are_too_large(today: Path) -> None:
    names = [f"storykin.log.2026010{number}T000000000000" for number in (1, 2, 3)]
    for name in names:
        with today.with_name(name).open("wb") as file:
            file.truncate(400_000_000)  # a hole: it takes no room
    Log("run").info("step finished")
    assert {each.name for each in put_aside(today)} >= {names[1], names[2]}
    assert not today.with_name(names[0]).exists()


def test_a_clock_put_back_and_a_file_left_to_others_move_nothing(
    today: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last_written(today, days=-3)
    Log("run").info("step finished")
    assert put_aside(today) == []
    monkeypatch.setenv("STORYKIN_LOG_MB", "0")
    record_settings.cache_clear()
    configure_logging()
    last_written(today, days=3)
    Log("run").info("step finished")
    assert put_aside(today) == [] and today.read_text().count("\n") == 3


def test_who_moves_it_meanwhile_is_not_waited_for(today: Path) -> None:
    with today.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        Log("run").info("step finished")
        assert put_aside(today) == []
    last_written(today, days=1)
    Log("run").info("step finished")
    assert len(put_aside(today)) == 1
