"""`storykin doctor`: every part looked at, each with what it means and what to do."""

import json
import os
import sys

from rich.console import Console
from rich.text import Text

from db.ids import new_id
from db.migrate import is_current
from db.settings import record_settings
from flows.submit import prefect_healthy
from tasks.errors import StorykinError
from tasks.providers.local.weights import missing_weights
from tasks.providers.registry import store
from tasks.settings import provider_settings
from ui.handlers.health import Check, Finding, readiness

DONE, FAILED = 0, 1


def doctor(*, as_json: bool) -> int:
    """Check everything; 0 when all is well, 1 when something needs a hand."""
    findings = readiness(CHECKS)
    if as_json:
        print(json.dumps([vars(each) for each in findings], ensure_ascii=False, indent=2))
    else:
        _print(findings)
    return DONE if all(each.ok for each in findings) else FAILED


def _print(findings: list[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for each in findings:
        mark = ("✓ ", "green") if each.ok else ("✗ ", "red")
        console.print(Text.assemble(mark, (f"{each.name:<14}", "bold"), each.sentence))
    if not all(each.ok for each in findings):
        print("storykin: doctor: something needs a hand; see the lines marked ✗.", file=sys.stderr)


def _python() -> str:
    return f"Python {sys.version_info.major}.{sys.version_info.minor} runs Storykin."


def _settings() -> str:
    settings = provider_settings()
    return f"Vision by {settings.vision}, pictures by {settings.image}, store: {settings.store}."


def _data_folder() -> str:
    home = record_settings().home
    nearest = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    if not os.access(nearest, os.W_OK):
        raise StorykinError(
            "The data folder can't be written to. Set STORYKIN_HOME to a folder that can.",
            code="home_read_only",
        )
    return "The data folder can be written to."


def _record() -> str:
    if not is_current():
        raise StorykinError("The database is not there yet, or its tables are older: run `storykin up`.")
    return "The database answers and its tables are up to date."


def _store() -> str:
    kept, probe = store(), f"probes/{new_id()}.txt"
    kept.put(probe, b"storykin", "text/plain")
    try:
        if kept.get(probe) != b"storykin":
            raise StorykinError("The store gave back other bytes than it was given.", code="store_wrong")
    finally:
        kept.delete(probe)
    return f"The {kept.name} store keeps bytes and gives them back."


def _weights() -> str:
    missing = missing_weights()
    if missing:
        raise StorykinError(f"{len(missing)} model files are missing: run `storykin models fetch`.")
    return "The local engine's models are here, each with the right digest."


def _prefect() -> str:
    if not prefect_healthy():
        raise StorykinError(
            "Prefect is not running: start it with `storykin up`.", code="prefect_unreachable"
        )
    return "Prefect answers."


CHECKS: dict[str, Check] = {
    "python": _python,
    "settings": _settings,
    "data folder": _data_folder,
    "record": _record,
    "store": _store,
    "model weights": _weights,
    "prefect": _prefect,
}
