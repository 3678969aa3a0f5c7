"""What a start prepares, and what it tells of it."""

import io
import threading
from pathlib import Path

import pytest

from db.migration_lock import WAITING, only_migrator
from db.settings import record_settings
from flows.launch.console import Console
from flows.launch.preparation import prepare_record, prepare_store
from tasks.errors import StoreError
from tests.support.waiting import until


def test_a_start_says_that_it_waits_for_another_that_migrates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/storykin.db"
    monkeypatch.setenv("DATABASE_URL", url)
    record_settings.cache_clear()
    said = io.StringIO()
    start = threading.Thread(target=prepare_record, args=[Console(said)])

    with only_migrator(url, lambda _what: None):
        start.start()
        until(lambda: WAITING in said.getvalue(), "the start to say what it waits for")
    start.join(60)

    assert said.getvalue().splitlines()[-1].endswith("brought up to date")


def test_a_start_does_not_wait_for_an_erasure_that_must_be_done_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(_pair: object) -> int:
        raise StoreError("The store does not answer.")

    monkeypatch.setattr("tasks.storage.binding.require_bound", lambda _pair: None)
    monkeypatch.setattr("tasks.providers.registry.store", lambda: None)
    monkeypatch.setattr("db.engine.record", lambda: None)
    monkeypatch.setattr("tasks.erasure.job.erase_again", away)
    said = io.StringIO()
    prepare_store(Console(said))
    assert said.getvalue().splitlines()[-1].endswith("The store does not answer.")
