"""One browser for all browser tests, and a page that notices what no test asks about.

It is a Chromium, or with STORYKIN_BROWSER=firefox (`make test-firefox`) this machine's Firefox.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.support import firefox
from tests.support.served_studio import ServedStudio, served_studio

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
USUAL = (
    "the server responded with a status of 4",  # a refused photo: the page says it too
    "AbortError",  # Gradio's event stream, when one leaves a page,
    "Connection errored out",  # and the event that was on its way
)
IN_FIREFOX = os.environ.get("STORYKIN_BROWSER") == "firefox"
expect.set_options(timeout=60_000)


def chromium_path() -> str | None:
    """The Chromium of this machine; None means Playwright's own."""
    given = os.environ.get("STORYKIN_CHROMIUM")
    return given or next(filter(None, map(shutil.which, NAMES)), None)


# Playwright keeps an event loop running in this thread: it must end before tests that need one of their own.
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if IN_FIREFOX:
        started = firefox.launched(playwright, tmp_path_factory.mktemp("firefox"))
    else:
        started = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
    yield started
    started.close()


class Watched:
    """What a page did on the side."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.foreign: list[str] = []
        self.trouble: list[str] = []
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.trouble.append(f"page error: {error}"))
        page.on("dialog", lambda dialog: self.trouble.append(f"dialog: {dialog.message}"))

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.foreign.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        if IN_FIREFOX and message.text == "Error":
            return  # what an error says is not told by it; Gradio logs its event stream's end so
        if message.type == "error" and not any(usual in message.text for usual in USUAL):
            self.trouble.append(message.text)


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of its own cookies, as large as `@pytest.mark.parametrize("page", [PHONE], indirect=True)` says.

    At its end nothing may have been asked of another machine, and nothing may have gone wrong unseen.
    """
    viewport: ViewportSize = getattr(request, "param", DESKTOP)
    context = browser.new_context(viewport=viewport)
    context.set_default_timeout(60_000)
    opened = context.new_page()
    watched = Watched(opened)
    yield opened
    context.close()
    assert watched.foreign == []
    assert watched.trouble == []


@pytest.fixture
def served(home: Path, migrated_record: Path) -> Iterator[ServedStudio]:
    """A studio behind a port of its own; its eyes, its brush and its Prefect are stand-ins."""
    shutil.copy(migrated_record, home / "storykin.db")
    with served_studio(home) as studio:
        yield studio
