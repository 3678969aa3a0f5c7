"""Launchers with stand-ins for the flows and the studio."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.launcher import Up


@pytest.fixture(scope="session")
def lived_in() -> Iterator[Path]:
    """A data folder that the tests share, so that all but the first start are second starts.

    Not under pytest's own temporary folder: each pytest that starts closes that one to other users, and
    the database is another user when root runs the tests.
    """
    with tempfile.TemporaryDirectory(prefix="storykin-up-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "home"


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
