"""A runtime that has bought pictures, and places to back up to and to restore into."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from db.engine import Record, close_records
from db.ids import new_id
from flows.character_run import run_character
from flows.run_request import RunRequest, RunResult
from tasks.backup.source import Source
from tasks.pipeline import untracked
from tasks.providers.backup.disk import DiskTarget
from tasks.providers.protocols import Store
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Runtime
from tests.contract.conftest import bucket, ceph, certificate, r2, s3
from tests.db.conftest import BOTH
from tests.flows.conftest import runtime
from tests.support.postgres import PostgresServer, postgres_server, postgres_url
from tests.support.providers import BookkeepingImage, BookkeepingVision

__all__ = ["bucket", "ceph", "certificate", "postgres_server", "postgres_url", "r2", "runtime", "s3"]

STYLES = ("storybook", "flat")


@pytest.fixture
def target(tmp_path: Path) -> DiskTarget:
    return DiskTarget(tmp_path / "backup")


@dataclass(frozen=True)
class UsageLog:
    """What the providers have billed, whoever asked."""

    runtime: Runtime

    @property
    def billed(self) -> tuple[int, int]:
        """Looks and pictures."""
        assert isinstance(self.runtime.vision, BookkeepingVision)
        assert isinstance(self.runtime.image, BookkeepingImage)
        return self.runtime.vision.looked.total(), self.runtime.image.billed.total()


@pytest.fixture
def bank(runtime: Runtime) -> UsageLog:
    return UsageLog(runtime)


def source_of(runtime: Runtime) -> Source:
    return Source(runtime.record.url, runtime.store)


async def draw(runtime: Runtime, character_id: str, *styles: str) -> RunResult:
    return await run_character(
        RunRequest(character_id, styles or STYLES, new_id(), False), untracked, runtime
    )


def pictures_of(runtime: Runtime) -> dict[str, bytes]:
    """Every byte that is kept."""
    return {
        found.key: runtime.store.get(found.key)
        for prefix in ("photos/", "pictures/", "thumbnails/")
        for found in runtime.store.iterate(prefix)
    }


def disk_store(folder: Path) -> DiskStore:
    return DiskStore(folder, base_url="http://127.0.0.1:7860", secret=b"s" * 32)


Elsewhere = Callable[..., Runtime]


@pytest.fixture(params=BOTH)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database(template="template0") as database:
            yield database
            close_records()
    else:
        yield f"sqlite:///{tmp_path / 'new-home' / 'storykin.db'}"
        close_records()


@pytest.fixture
def elsewhere(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    """The same installation on another record and store, with the same providers and their books."""
    opened: list[Record] = []

    def move(url: str, store: Store) -> Runtime:
        there = replace(runtime, record=Record(url), store=store)
        opened.append(there.record)
        return there

    yield move
    for each in opened:
        each.close()


def rows_of(runtime: Runtime) -> dict[str, list[dict[str, Any]]]:
    from tests.db.test_dump import everything

    return everything(runtime.record.url)
