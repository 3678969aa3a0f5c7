"""The real thing, as `make run` starts it: every part answers, and the demo character gets its five pictures.

A set of packages that imports can still fail to serve; this is the test that would notice.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from db.engine import Record
from db.models import CharacterStatus
from db.repositories import characters, images
from tasks.providers.local.weights import fetch_weights, models_dir
from tests.support.launcher import Up
from tests.support.waiting import until

UNDER_WAY = (CharacterStatus.QUEUED, CharacterStatus.PROFILING, CharacterStatus.ILLUSTRATING)

pytestmark = [pytest.mark.server, pytest.mark.postgres]


@pytest.fixture
def started() -> Iterator[Up]:
    weights = models_dir().resolve()
    fetch_weights()
    with tempfile.TemporaryDirectory(prefix="storykin-e2e-", ignore_cleanup_errors=True) as folder:
        command = (sys.executable, "-m", "ui.cli", "up")
        home = Path(folder) / "home"
        up = Up(home, command=command, STORYKIN_PRELOAD="", STORYKIN_MODELS_DIR=str(weights))
        yield up
        up.kill_everything()


def status_of(url: str) -> int:
    return httpx.get(url, trust_env=False, timeout=60, follow_redirects=True).status_code


def test_everything_serves_and_the_demo_character_becomes_ready(started: Up) -> None:
    here = started.is_ready()

    assert status_of(f"{here.prefect_api_url}/health") == 200
    assert status_of(f"{here.studio_url}/healthz") == 200
    assert status_of(f"{here.studio_url}/readyz") == 200
    assert status_of(f"{here.studio_url}/studio") == 200
    record = Record(f"sqlite:///{started.home / 'storykin.db'}")

    def done() -> bool:
        with record.reading() as session:
            (demo,) = characters.page(session).items
            assert demo.status in (*UNDER_WAY, CharacterStatus.READY), demo.status_sentence
            return demo.status is CharacterStatus.READY

    until(done, "the demo character to be ready", seconds=240)
    with record.reading() as session:
        (demo,) = characters.page(session).items
        styles = [each.image.style for each in images.of_character(session, demo.id)]
    record.close()
    assert sorted(styles) == ["anime", "colored-pencil", "flat", "storybook", "watercolor"]

    os.killpg(started.process.pid, signal.SIGINT)

    started.ends_with(0)
