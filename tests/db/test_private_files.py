"""The data folder is its owner's alone, whatever umask a process began with and whatever was there."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db.private_files import close_file, close_folder, is_shared_folder
from db.settings import PROJECT
from tasks.perception.weights import models_dir
from tests.support.commands import storykin
from tests.support.other_account import readable_by_nobody
from tests.support.read_only import read_only

CLI = [sys.executable, "-m", "ui.cli"]


@pytest.fixture
def reachable(tmp_path: Path) -> Iterator[Path]:
    """A folder that others may enter and read, with all above it: what keeps them out is ours alone."""
    before = {each: each.stat().st_mode for each in (tmp_path, *tmp_path.parents)}
    for each, mode in before.items():
        if not mode & stat.S_IXOTH:
            each.chmod(stat.S_IMODE(mode) | 0o055)
    yield tmp_path
    for each, mode in before.items():
        each.chmod(stat.S_IMODE(mode))


def environment_of(home: Path) -> dict[str, str]:
    return os.environ | {
        "STORYKIN_HOME": str(home),
        "STORYKIN_MODELS_DIR": str(models_dir().resolve()),
        "DATABASE_URL": "",
    }


def run(home: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=PROJECT,
        env=environment_of(home),
        umask=0o022,
        capture_output=True,
        text=True,
        check=False,
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_another_account_finds_nothing_of_a_record_and_its_logs(reachable: Path) -> None:
    home = reachable / "home"
    photo = PROJECT / "flows" / "launch" / "demo_photo.jpg"
    storykin(environment_of(home), "generate", str(photo), "--name", "Ada", "--style", "flat")
    assert (home / "storykin.db").exists()
    assert (home / "logs" / "cli.log").exists()

    assert readable_by_nobody(reachable / "home") == []
    # Nor would it if the folder were opened by mistake.
    home.chmod(0o755)
    assert readable_by_nobody(home) == [str(home)]


def test_a_record_elsewhere_is_closed_with_its_write_ahead_log(reachable: Path) -> None:
    file = reachable / "elsewhere.db"
    code = (
        "from db.migrate import upgrade; from db.engine import record; from sqlalchemy import text; "
        f"url = 'sqlite:///{file}'; upgrade(url); "
        "reading = record(url).reading(); reading.__enter__().execute(text('SELECT 1')); "
        "import os; [print(each) for each in os.listdir(os.path.dirname(url[10:]))]"
    )
    file.touch(mode=0o644)
    file.chmod(0o644)

    done = run(reachable / "home", sys.executable, "-c", code)

    assert done.returncode == 0, done.stderr
    assert mode(file) == 0o600
    assert "elsewhere.db-wal" in done.stdout


def test_a_folder_from_before_is_closed_at_the_next_command_and_that_is_said(reachable: Path) -> None:
    home = reachable / "home"
    (home / "logs").mkdir(parents=True)
    (home / "logs" / "old.log").write_text("Ada")
    for each, open_mode in ((home, 0o755), (home / "logs", 0o755), (home / "logs" / "old.log", 0o644)):
        each.chmod(open_mode)

    said = storykin(environment_of(home), "costs").stderr

    assert f"the data folder {home} was open to other accounts; now it is not" in said
    assert (mode(home), mode(home / "logs"), mode(home / "logs" / "old.log")) == (0o700, 0o700, 0o600)
    assert "open to other accounts" not in storykin(environment_of(home), "costs").stderr


def test_the_rehearsals_books_are_closed_too(reachable: Path) -> None:
    books = reachable / "books" / "books.jsonl"
    command = [*CLI, "rehearse", "--port", "0", "--quick", "--books", str(books)]
    environment = os.environ | {"STORYKIN_HOME": str(reachable / "home")}
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, umask=0o022, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        started.stdout.readline()  # it says where it is once its books are open
        started.terminate()
    assert books.exists()
    assert readable_by_nobody(books.parent) == []


NOTHING_YET = "The database has no tables of Storykin's yet"  # who only reads wants to write nothing


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (["list"], NOTHING_YET),
        (["costs"], NOTHING_YET),
        (["generate", "--name", "Ada"], "can't be written"),
        (["up"], "can't be written"),
    ],
)
def test_a_folder_that_can_not_be_written_is_told_in_words(
    tmp_path: Path, what: list[str], said: str
) -> None:
    photo = str(PROJECT / "flows" / "launch" / "demo_photo.jpg")
    arguments = [what[0], photo, *what[1:]] if what[0] == "generate" else what

    with read_only(tmp_path / "home") as home:
        done = storykin(environment_of(home), *arguments)

    assert done.returncode == 1
    assert said in done.stderr
    assert "internal" not in done.stderr


def test_a_link_out_of_the_folder_leaves_what_it_names_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.write_text("everybody's")
    shared.chmod(0o644)
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    (home / "link").symlink_to(shared)

    assert close_folder(home)

    assert mode(shared) == 0o644


@pytest.mark.parametrize("close", [close_folder, close_file])
def test_a_device_that_is_named_by_mistake_stays_everybodys(
    tmp_path: Path, close: Callable[[Path], object]
) -> None:
    device = tmp_path / "null"
    try:
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root could close a device, and make one to try it on")
    device.chmod(0o666)

    close(device)

    assert mode(device) == 0o666


def test_a_folder_that_others_keep_things_in_is_never_closed(tmp_path: Path) -> None:
    assert is_shared_folder(Path("/tmp"))
    assert is_shared_folder(Path.home())
    assert is_shared_folder(Path("/dev"))
    assert not is_shared_folder(tmp_path)
