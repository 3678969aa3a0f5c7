"""The rehearsal cloud for tests and the chaos suite, as a program of its own on a free port.

A room's conftest.py takes the fixture by name:

    from tests.support.rehearsal import rehearsal  # noqa: F401

`rehearsal` is the test's own, with empty books; `running_rehearsal` is one for the whole session, which
starts each test without faults and with the books of the tests before (take `session_rehearsal` along).
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.waiting import until
from ui.rehearsal.usage_log import Entry, Usage, read_usage

API_KEY = "sk-rehearsal"
API_TOKEN = "r8_rehearsal"


@dataclass
class Rehearsal:
    """A running rehearsal cloud: where it is, its books, its faults."""

    process: subprocess.Popen[str]
    books_file: Path
    settings: dict[str, str] = field(repr=False)  # what it says an installation should set
    earlier: frozenset[str] = frozenset()  # entries of the books that are none of this user's business

    @property
    def url(self) -> str:
        """Replicate's base URL, and the operator's page."""
        return self.settings["REPLICATE_BASE_URL"]

    @property
    def openai_url(self) -> str:
        """OpenAI's base URL."""
        return self.settings["OPENAI_BASE_URL"]

    @property
    def webhook_secret(self) -> str:
        """What it signs webhooks with."""
        return self.settings["REPLICATE_WEBHOOK_SECRET"]

    @property
    def port(self) -> int:
        """Where a proxy reaches it."""
        return int(self.url.rpartition(":")[2])

    @property
    def usage(self) -> Usage:
        """The books as they stand on the disk, whether it runs or not."""
        usage = read_usage(self.books_file)
        return replace(
            usage, entries={key: entry for key, entry in usage.entries.items() if key not in self.earlier}
        )

    def entries_of(self, call_id: str) -> list[Entry]:
        """The entries of one provider call of ours."""
        return [entry for entry in self.usage.entries.values() if entry.call_id == call_id]

    def settled_bank(self, *, seconds: float = 45) -> Usage:
        """The books once nothing in them is under way any more; as they are if that takes too long.

        What is still being drawn is not on the bill yet, so a sum drawn up before is none.
        """
        with suppress(AssertionError):
            until(lambda: not self.under_way(), "the bank to have nothing open", seconds=seconds)
        return self.usage

    def under_way(self) -> list[Entry]:
        """What it has taken on and not come to the end of."""
        return [entry for entry in self.usage.entries.values() if entry.outcome is None]

    def with_empty_books(self) -> "Rehearsal":
        """The same cloud, behaving, for someone who only wants to see what he does himself."""
        self.behave()
        return replace(self, earlier=self.earlier | self.usage.entries.keys())

    def fault(self, kind: str, **aimed: Any) -> None:
        """Tell it to misbehave; see `ui.rehearsal.fault_kinds`."""
        httpx.post(f"{self.url}/faults", json={"kind": kind, **aimed}).raise_for_status()

    def behave(self) -> None:
        """Take every fault away."""
        httpx.delete(f"{self.url}/faults").raise_for_status()

    def faults(self) -> list[dict[str, Any]]:
        """Every fault that is set, with how often it has struck."""
        return list(httpx.get(f"{self.url}/faults").raise_for_status().json())

    def kill(self) -> None:
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(120)


@contextmanager
def rehearsing(
    folder: Path, *options: str, port: int = 0, quick: bool = True, environment: dict[str, str] | None = None
) -> Iterator[Rehearsal]:
    """A rehearsal cloud with its books in `folder`; started again there, it goes on with them."""
    books = folder / "books.jsonl"
    command = [sys.executable, "-m", "ui.rehearsal", "--port", str(port), "--books", str(books), *options]
    with (folder / "rehearsal.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, *(["--quick"] if quick else [])],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=os.environ | (environment or {}),
        )
    try:
        yield Rehearsal(process, books, _told(process, folder))
    finally:
        process.terminate()
        process.communicate(timeout=120)


def _told(process: subprocess.Popen[str], folder: Path) -> dict[str, str]:
    settings: dict[str, str] = {}
    assert process.stdout is not None
    for line in process.stdout:
        name, _, value = line.strip().partition("=")
        settings[name] = value
        if name == "REPLICATE_WEBHOOK_SECRET":
            return settings
    raise AssertionError(f"the rehearsal cloud did not start: {(folder / 'rehearsal.log').read_text()}")


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    """A rehearsal cloud of the test's own, which draws flat pictures at once."""
    folder = tmp_path / "rehearsal"
    folder.mkdir()
    with rehearsing(folder) as running:
        yield running


@pytest.fixture(scope="session")
def session_rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """The one that `running_rehearsal` gives out: a room takes both by name."""
    with rehearsing(tmp_path_factory.mktemp("rehearsal")) as running:
        yield running


@pytest.fixture
def running_rehearsal(session_rehearsal: Rehearsal) -> Rehearsal:
    """A rehearsal cloud that others have used, and that behaves."""
    session_rehearsal.behave()
    return session_rehearsal
