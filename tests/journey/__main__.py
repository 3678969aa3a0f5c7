"""`python -m tests.journey OUT [--children 60]`: the day on a laptop, then on a phone; pictures of it in OUT.

The studio is real, its eyes, brush and Prefect are stand-ins: what is timed is the studio and its browser.
Exits with 1 where something on the way was not as an operator may expect it.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.conftest import DESKTOP, FLAGS, PHONE, chromium_path
from tests.journey.day import Day
from tests.journey.stopwatch import Stopwatch
from tests.support.served_studio import ServedStudio, served_studio
from tests.support.settings_of_process import forget_settings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.journey")
    parser.add_argument("out", type=Path)
    parser.add_argument("--children", type=int, default=60)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    try:
        with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            for name, viewport, children in (
                ("laptop", DESKTOP, chosen.children),
                ("phone", PHONE, max(10, chosen.children // 6)),  # enough for ten decisions
            ):
                with tempfile.TemporaryDirectory() as home:
                    patch.setenv("STORYKIN_HOME", home)
                    forget_settings()
                    with served_studio(Path(home)) as served:
                        _day(browser, served, patch, name, viewport, children, chosen.out, faults)
            browser.close()
    finally:
        for each in faults:
            print("FAULT", each)
    return 1 if faults else 0


def _day(
    browser: Browser,
    served: ServedStudio,
    patch: pytest.MonkeyPatch,
    name: str,
    viewport: object,
    children: int,
    out: Path,
    faults: list[str],
) -> None:
    context = browser.new_context(
        viewport=viewport,  # type: ignore[arg-type]
        has_touch=name == "phone",
        is_mobile=name == "phone",
        reduced_motion="reduce",
        accept_downloads=True,
    )
    context.set_default_timeout(60_000)
    print(f"--- {name}: {children} photos", flush=True)
    watch = Stopwatch(context.new_page(), out, name)
    try:
        Day(served, watch, children, patch).go_through()
    finally:
        faults += watch.faults
    context.close()


if __name__ == "__main__":
    sys.exit(main())
