"""The Firefox of this machine for the browser tests, driven by Playwright over WebDriver BiDi."""

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from tests.support import firefox_door

NAMES = ("firefox", "firefox-esr")
ABSENT = (
    "There is no Firefox on this machine. Install one (Debian: apt install firefox-esr), or say by "
    "STORYKIN_FIREFOX where it is."
)


def launched(playwright: Playwright, folder: Path) -> Browser:
    """A Firefox behind `firefox_door`, whose script is written into `folder`; skips where there is none."""
    path = os.environ.get("STORYKIN_FIREFOX") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(ABSENT)
    door = folder / "firefox"
    door.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{firefox_door.__file__}" "$@"\n', encoding="utf-8")
    door.chmod(door.stat().st_mode | stat.S_IXUSR)
    return playwright.firefox.launch(
        channel="moz-firefox",
        executable_path=door,
        env={**os.environ, "STORYKIN_FIREFOX": path},
        timeout=120_000,
    )
