"""A runtime with real SQLite, real files and bookkeeping providers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.runtime import Runtime
from tests.support.runtimes import new_character, open_runtime


@pytest.fixture
def runtime(tmp_path: Path, migrated_record: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    with open_runtime(tmp_path, migrated_record) as runtime:
        monkeypatch.setattr("tasks.runtime.process_runtime", lambda: runtime)
        # What the local engine sees has its own tests; here the photo is a plain square.
        monkeypatch.setattr("tasks.recheck_photo.recheck_photo", lambda _runtime, _character: [])
        monkeypatch.setattr("tasks.retries.DELAYS", (0.0, 0.0, 0.0))
        monkeypatch.setattr("tasks.pipeline.DELAYS", (0.0, 0.0, 0.0))
        yield runtime


@pytest.fixture
def character_id(runtime: Runtime) -> str:
    return new_character(runtime)
