"""What a power cut leaves of SQLite: whoever bought something finds on the disk that it was about to."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from db.engine import Session
from db.ids import new_id
from db.models import CallKind, CallState
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks.pipeline import untracked
from tasks.runtime import Runtime
from tests.support.providers import BookkeepingImage, BookkeepingVision
from tests.support.runtimes import new_character


class Disk:
    """The files of the record as they were at the last transaction that was waited for."""

    def __init__(self, runtime: Runtime, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._file = Path(str(runtime.record.engine.url.database))
        self._folder = folder
        self.waits = 0
        writing = runtime.record.writing

        @contextmanager
        def watched(*, lasting: bool = True) -> Iterator[Session]:
            with writing(lasting=lasting) as session:
                yield session
            if lasting:
                self._sync()

        monkeypatch.setattr(runtime.record, "writing", watched)
        self._sync()

    def _sync(self) -> None:
        self.waits += 1
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        for each in self._file.parent.glob(f"{self._file.name}*"):
            shutil.copy(each, self._folder)

    def after_a_cut(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self._folder / self._file.name)) as left:
            return left.execute(query).fetchall()


async def test_what_is_bought_is_on_the_disk_before_and_once_it_is_told(
    tmp_path: Path, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, list[tuple[object, ...]]] = {}
    disk = Disk(runtime, tmp_path / "after-a-cut", monkeypatch)

    def look(kind: CallKind) -> None:
        query = f"SELECT state, estimate_microusd FROM provider_calls WHERE kind = '{kind.value}'"
        seen[kind] = disk.after_a_cut(query)

    runtime = replace(
        runtime,
        vision=BookkeepingVision(misbehave=lambda _count: look(CallKind.VISION)),
        image=BookkeepingImage(after_billing=lambda _style: look(CallKind.IMAGE)),
    )
    character_id = new_character(runtime)
    before = disk.waits
    result = await run_character(RunRequest(character_id, ("flat",), new_id()), untracked, runtime)
    assert list(result.made) == ["flat"]
    assert seen == {
        CallKind.VISION: [(CallState.SENDING.value, 2_000)],
        CallKind.IMAGE: [(CallState.SENDING.value, 39_000)],
    }
    assert disk.after_a_cut("SELECT character_id FROM character_images") == [(character_id,)]
    # Sent and answered; sent, accepted and kept; recorded. All that is told meanwhile waits for no disk.
    assert disk.waits - before == 6
