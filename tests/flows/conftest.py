"""A workshop with real SQLite, real files and bookkeeping providers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.runtime import Workshop
from tests.support.workshops import new_character, open_workshop


@pytest.fixture
def tools(tmp_path: Path, migrated_record: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    with open_workshop(tmp_path, migrated_record) as shop:
        monkeypatch.setattr("tasks.step_functions.workshop", lambda: shop)
        monkeypatch.setattr("tasks.batch.plan.workshop", lambda: shop)
        # What the local engine sees has its own tests; here the photo is a plain square.
        monkeypatch.setattr("tasks.step_functions.look_again", lambda _shop, _character: [])
        monkeypatch.setattr("tasks.retries.DELAYS", (0.0, 0.0, 0.0))
        monkeypatch.setattr("tasks.step_functions.DELAYS", (0.0, 0.0, 0.0))
        yield shop


@pytest.fixture
def character_id(tools: Workshop) -> str:
    return new_character(tools)
