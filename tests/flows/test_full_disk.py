"""A disk that is full in the middle of a run: the character says so, and goes on when there is room."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from db.ids import new_id
from db.models import CharacterStatus
from db.repositories import characters, images
from db.reserve import keep_reserve
from db.settings import record_settings
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks.pipeline import untracked
from tasks.resumption import queue_what_lacked_room
from tasks.runtime import Runtime
from tests.support.providers import BookkeepingImage
from tests.support.runtimes import new_character, open_runtime


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder on a disk of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = [shutil.which("mount") or "mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a small disk, and not everywhere")
    (place / "run").mkdir()
    monkeypatch.setenv("STORYKIN_HOME", str(place))
    record_settings.cache_clear()
    yield place
    record_settings.cache_clear()
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    """A file that takes every byte that is left."""
    filler = place / "filler"
    with filler.open("ab", buffering=0) as file, suppress(OSError):
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    with pytest.raises(OSError) as full:
        (place / "one more").write_bytes(b"\0" * 8192)
    assert full.value.errno == errno.ENOSPC
    (place / "one more").unlink(missing_ok=True)
    return filler


@pytest.fixture
def runtime(small_disk: Path, migrated_record: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    with open_runtime(small_disk, migrated_record) as opened:
        # The run's process lives on here, so its lease has to run out.
        runtime = replace(opened, lease_seconds=2, busy_patience_seconds=60)
        monkeypatch.setattr("tasks.recheck_photo.recheck_photo", lambda *_given: [])
        monkeypatch.setattr("tasks.pipeline.DELAYS", (0.0,))
        yield runtime


async def test_the_character_says_so_and_its_run_is_queued_again_when_there_is_room(
    runtime: Runtime, small_disk: Path
) -> None:
    character_id = new_character(runtime)
    keep_reserve()
    fillers: list[Path] = []
    provider = runtime.image
    assert isinstance(provider, BookkeepingImage)
    provider.on_collect = lambda _style: fillers.append(fill(small_disk)) if not fillers else None
    order = RunRequest(character_id, ("flat",), new_id())

    with suppress(Exception):  # whether it is told or raised: the record has to say it
        await run_character(order, untracked, runtime)

    assert fillers, "the disk was never filled"
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
    assert character.status is CharacterStatus.FAILED
    assert character.status_reason in ("store_full", "record_full")
    assert "full" in (character.status_sentence or "")

    fillers[0].unlink()
    assert queue_what_lacked_room(runtime) == 1

    await run_character(order, untracked, runtime)
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        assert character.status is CharacterStatus.READY, character.status_sentence
        assert len(images.of_character(session, character_id)) == 1
    assert queue_what_lacked_room(runtime) == 0
