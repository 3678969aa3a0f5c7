"""Launchers with stand-ins for the flows and the studio."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.launcher import Up


@pytest.fixture(scope="session")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that the tests share, so that all but the first start are second starts."""
    return tmp_path_factory.mktemp("up") / "home"


@pytest.fixture
def up() -> Iterator[Callable[..., Up]]:
    """Starts launchers; whatever a failed test leaves of them is ended."""
    started: list[Up] = []

    def start(home: Path, **more: object) -> Up:
        started.append(Up(home, **more))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for each in started:
        each.kill_everything()
