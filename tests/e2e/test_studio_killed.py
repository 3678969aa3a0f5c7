"""A studio that is killed leaves no photo where nobody looks for it."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from db.settings import PROJECT
from tests.e2e.studio_steps import fill_in, generate, open_new, run_panel, upload

pytestmark = pytest.mark.browser

MARK = b"somewhere at 52.5200 N, 13.4050 E"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def process(home: Path, scratch: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.support.served_studio", str(home)],
        cwd=PROJECT,
        env=os.environ | {"TMPDIR": str(scratch), "STORYKIN_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    yield started, started.stdout.readline().strip()
    started.kill()
    started.wait()
    started.stdout.close()


def photo_with_a_place() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = MARK.decode()
    stream = io.BytesIO()
    Image.new("RGB", (600, 750), "#b98f6f").save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def test_no_copy_of_the_uploaded_photo_survives_a_sigkill(
    process: tuple[subprocess.Popen[str], str], page: Page, home: Path, scratch: Path
) -> None:
    running, url = process
    photo = home.parent / "photo.jpg"
    photo.write_bytes(photo_with_a_place())
    open_new(page, url)
    upload(page, photo)
    fill_in(page)
    generate(page)
    expect(run_panel(page, "running")).to_be_visible()
    page.goto("about:blank")  # it would go on asking a studio that is gone
    running.send_signal(signal.SIGKILL)
    running.wait()
    left = [file for folder in (home, scratch) for file in folder.rglob("*") if file.is_file()]
    assert [file for file in left if MARK in file.read_bytes()] == []
    assert [file for file in left if "studio-scratch" in file.parts] == []
