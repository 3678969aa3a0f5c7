"""A workshop that has bought pictures, and places to back up to and to restore into."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from db.engine import Record, close_records
from db.ids import new_id
from flows.character_run import Order, Outcome, run_character
from tasks.backup.source import Source
from tasks.providers.backup.disk import DiskTarget
from tasks.providers.protocols import Store
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Workshop
from tasks.step_functions import PLAIN
from tests.contract.conftest import bucket, ceph, certificate, r2, s3
from tests.db.conftest import BOTH
from tests.flows.conftest import tools
from tests.support.postgres import PostgresServer, postgres_server, postgres_url
from tests.support.providers import BookkeepingImage, BookkeepingVision

__all__ = ["bucket", "ceph", "certificate", "postgres_server", "postgres_url", "r2", "s3", "tools"]

STYLES = ("storybook", "flat")


@pytest.fixture
def target(tmp_path: Path) -> DiskTarget:
    return DiskTarget(tmp_path / "backup")


@dataclass(frozen=True)
class Bank:
    """What the providers have billed, whoever asked."""

    tools: Workshop

    @property
    def billed(self) -> tuple[int, int]:
        """Looks and pictures."""
        assert isinstance(self.tools.vision, BookkeepingVision)
        assert isinstance(self.tools.image, BookkeepingImage)
        return self.tools.vision.looked.total(), self.tools.image.billed.total()


@pytest.fixture
def bank(tools: Workshop) -> Bank:
    return Bank(tools)


def source_of(shop: Workshop) -> Source:
    return Source(shop.record.url, shop.store)


async def draw(shop: Workshop, character_id: str, *styles: str) -> Outcome:
    return await run_character(Order(character_id, styles or STYLES, new_id(), False), PLAIN, shop)


def pictures_of(shop: Workshop) -> dict[str, bytes]:
    """Every byte that is kept."""
    return {
        found.key: shop.store.get(found.key)
        for prefix in ("photos/", "pictures/", "thumbnails/")
        for found in shop.store.iterate(prefix)
    }


def disk_store(folder: Path) -> DiskStore:
    return DiskStore(folder, base_url="http://127.0.0.1:7860", secret=b"s" * 32)


Elsewhere = Callable[..., Workshop]


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
def elsewhere(tools: Workshop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    """The same installation on another record and store, with the same providers and their books."""
    opened: list[Record] = []

    def move(url: str, store: Store) -> Workshop:
        there = replace(tools, record=Record(url), store=store)
        opened.append(there.record)
        monkeypatch.setattr("tasks.step_functions.workshop", lambda: there)
        return there

    yield move
    for each in opened:
        each.close()


def rows_of(shop: Workshop) -> dict[str, list[dict[str, Any]]]:
    from tests.db.test_dump import everything

    return everything(shop.record.url)
