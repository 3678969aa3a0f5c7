"""What keeps Storykin from starting is a sentence with a way on, and exit code 1."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.launch.addresses import choose_addresses
from flows.launch.console import Console
from flows.launch.options import LaunchOptions
from flows.launch.ports import PortTaken, choose_port
from flows.launch.preparation import DataFolderUnusable, prepare_home
from flows.settings import FlowSettings
from tests.support.launcher import Up
from tests.support.prefect_server import free_port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        yield door.getsockname()[1]


def test_a_taken_port_that_was_asked_for_is_refused(
    tmp_path: Path, up: Callable[..., Up], taken: int
) -> None:
    started = up(tmp_path / "home", ports=(taken, free_port()))

    started.ends_with(1)

    assert f"Port {taken} is taken by another program" in started.said
    assert "STORYKIN_PORT" in started.said


def test_without_a_wish_the_next_free_port_is_taken(taken: int) -> None:
    chosen = choose_port("127.0.0.1", None, taken, setting="STORYKIN_PORT")

    assert taken < chosen < taken + 50


def test_a_port_that_someone_set_is_never_swapped_for_another(taken: int) -> None:
    settings = FlowSettings(PREFECT_API_URL="", STORYKIN_PREFECT_PORT=taken)

    with pytest.raises(PortTaken, match="STORYKIN_PREFECT_PORT"):
        choose_addresses(LaunchOptions(studio_port=free_port()), settings, Console())


def test_a_data_folder_that_can_not_be_made_is_refused(tmp_path: Path, up: Callable[..., Up]) -> None:
    (tmp_path / "home").touch()

    started = up(tmp_path / "home")

    started.ends_with(1)
    assert f"The data folder {tmp_path}/home can't be written: file exists." in started.said
    assert "Set STORYKIN_HOME" in started.said


def test_a_read_only_data_folder_is_refused(tmp_path: Path) -> None:
    with read_only(tmp_path / "home") as home, pytest.raises(DataFolderUnusable) as told:
        prepare_home(home, Console())

    assert "Set STORYKIN_HOME to a folder that you may write in." in told.value.sentence


class read_only:  # noqa: N801 - reads as a statement
    """A folder that can't be written to, even by root (for whom it is mounted so)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Path:
        self._folder.mkdir()
        if os.geteuid() != 0:
            self._folder.chmod(0o500)
            return self._folder
        mount = [shutil.which("mount") or "mount", "-t", "tmpfs", "-o", "ro", "none", str(self._folder)]
        if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
            pytest.skip("root may write everywhere here, and may not mount anything read-only")
        return self._folder

    def __exit__(self, *_: object) -> None:
        if os.geteuid() != 0:
            self._folder.chmod(0o700)
        else:
            subprocess.run(["umount", str(self._folder)], check=True)
