"""Pictures of every main screen: `python -m tests.looks OUT [--language de] [--screens a,b] [--axe]`.

With `--compare` the main screens are held against the small copies in `tests/looks/kept` (exit code 1
where one differs); with `--keep` they become those. `make test` does neither: it takes minutes.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.conftest import FLAGS, chromium_path
from tests.looks.kept import MOST, differing, keep
from tests.looks.screens import Screen, furnished, open_screen, sign_in, sticks_out, with_accounts
from tests.support.served_studio import served_studio

WIDTHS = {"desktop": 1440, "tablet": 768, "phone": 390}
THEMES = ("light", "dark")
KEPT = ("today", "characters", "review", "new", "character", "costs")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.looks")
    parser.add_argument("out", type=Path)
    parser.add_argument("--language", default="en")
    parser.add_argument("--screens", default="")
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS.values())))
    parser.add_argument("--themes", default=",".join(THEMES))
    parser.add_argument("--axe", action="store_true", help="say what axe finds on each, too")
    parser.add_argument("--keep", action="store_true", help="keep small copies of the main screens")
    parser.add_argument("--compare", action="store_true", help="hold the main screens against those")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    held = chosen.keep or chosen.compare
    wanted = set(filter(None, chosen.screens.split(","))) or (set(KEPT) if held else set())
    others: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STORYKIN_HOME"] = folder
        with served_studio(Path(folder)) as served, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            of_all = [each for each in furnished(served) if not wanted or each.name in wanted]
            others += _look(browser, served.url, of_all, chosen)
            # Last: as soon as somebody has an account, everybody signs in.
            of_people = [each for each in with_accounts(served) if not wanted or each.name in wanted]
            others += _look(browser, served.url, of_people, chosen, signed_in=True)
    return 1 if others else 0


def _look(
    browser: Browser,
    url: str,
    screens: Sequence[Screen],
    chosen: argparse.Namespace,
    *,
    signed_in: bool = False,
) -> list[str]:
    """Pictures of these screens at every width and in every theme; the names of those that differ."""
    others = []
    for width in map(int, chosen.widths.split(",")) if screens else ():
        for theme in chosen.themes.split(","):
            context = browser.new_context(
                viewport={"width": width, "height": 900},
                color_scheme=theme,
                reduced_motion="reduce",
                locale=chosen.language,
            )
            page = context.new_page()
            if signed_in:
                sign_in(page, url)
            for screen in screens:
                name = f"{screen.name}-{width}-{theme}"
                try:
                    open_screen(page, url, screen)
                except AssertionError as error:
                    print(name, "did not come:", str(error)[:300], flush=True)
                    others.append(name)
                if _differs(page, name, chosen):
                    others.append(name)
                _tell_faults(page, name, axe=chosen.axe)
            context.close()
    return others


def _differs(page: Page, name: str, chosen: argparse.Namespace) -> bool:
    file = chosen.out / f"{name}.png"
    page.screenshot(path=file, full_page=not (chosen.keep or chosen.compare))
    if chosen.keep:
        keep(name, file)
    share = differing(name, file) if chosen.compare else 0.0
    if share is not None and share <= MOST:
        return False
    print(name, "is new" if share is None else f"differs in {share:.0%}", flush=True)
    return True


def _tell_faults(page: Page, name: str, *, axe: bool) -> None:
    for each in sticks_out(page):
        print(name, "sticks out:", each, flush=True)
    for rule in Axe().run(page).response["violations"] if axe else ():
        for node in rule["nodes"][:4]:
            print(name, rule["id"], rule["impact"], node["html"][:160], flush=True)
            print("    ", node["any"][:1] and node["any"][0]["message"], flush=True)


if __name__ == "__main__":
    sys.exit(main())
