"""What keeps Storykin from starting is a sentence with a way on, and exit code 1."""

import socket
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
from tests.support.ports import free_port
from tests.support.read_only import read_only


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
    home = tmp_path / ("a" * 300)

    started = up(home)

    started.ends_with(1)
    assert f"The data folder {home} can't be written: file name too long." in started.said
    assert "Set STORYKIN_HOME" in started.said


def test_a_read_only_data_folder_is_refused(tmp_path: Path) -> None:
    with read_only(tmp_path / "home") as home, pytest.raises(DataFolderUnusable) as told:
        prepare_home(home, Console())

    assert "Set STORYKIN_HOME to a folder that you may write in." in told.value.sentence
