"""`storykin move`: the database to another one, the pictures to another store; nothing is switched here."""

import argparse
from typing import Any

from db.database_url import usable
from tasks.backup.errors import BackupError
from tasks.backup.move import MoveReport, move
from tasks.backup.source import this_installation
from tasks.errors import UsageError
from tasks.providers.protocols import Store
from tasks.providers.registry import store_of_kind
from tasks.providers.spec import Kind
from tasks.providers.specs import spec_for
from tasks.settings import missing_settings, provider_settings
from ui.cli.long_work import progress_bar
from ui.cli.output import print_document
from ui.cli.restore import home_alone

DONE = 0


def move_installation(arguments: argparse.Namespace) -> int:
    """Copy, compare, and say which settings make the copy the one that is used."""
    if arguments.to is None and arguments.to_store is None:
        raise UsageError("Say --to (a database), --to-store (disk or r2), or both.")
    url = _url(arguments.to)
    with home_alone():
        source, target = this_installation(), _store(arguments.to_store)
        with progress_bar(quiet=arguments.json) as progress:
            report = move(source, to_url=url, to_store=target, progress=progress)
    settings = _settings(arguments)
    if arguments.json:
        print_document(_document(report, settings))
    else:
        _print(report, settings)
    if report.missing:
        raise BackupError(
            f"{report.missing} objects that the database names were not in the old store, or not whole. All "
            "else has been copied.",
            code="objects_missing",
        )
    return DONE


def _url(given: str | None) -> str | None:
    if given is None:
        return None
    try:
        return usable(given)
    except ValueError as error:
        raise UsageError(f"--to: {error}", code="bad_url") from None


def _store(kind: str | None) -> Store | None:
    if kind is None:
        return None
    chosen = provider_settings()
    if kind == chosen.store:
        raise UsageError(f"The pictures are in the {kind} store already.", code="same_place")
    missing = missing_settings(chosen, Kind.STORE, spec_for(Kind.STORE, kind))
    if missing:
        raise UsageError(f"--to-store {kind} also needs {', '.join(missing)}.", code="bad_settings")
    return store_of_kind(kind)


def _settings(arguments: argparse.Namespace) -> dict[str, str]:
    """What to set from now on. A password is the reader's own and is not repeated."""
    changed = {}
    if arguments.to is not None:
        changed["DATABASE_URL"] = "the URL given with --to" if "@" in arguments.to else arguments.to
    if arguments.to_store is not None:
        changed["STORYKIN_STORE"] = arguments.to_store
    return changed


def _document(report: MoveReport, settings: dict[str, str]) -> dict[str, Any]:
    return {
        "rows": report.rows,
        "objects": report.objects,
        "missing": report.missing,
        "settings": settings,
    }


def _print(report: MoveReport, settings: dict[str, str]) -> None:
    if report.rows is not None:
        print(f"{report.rows} rows are in the new database, compared to the last one.")
    if report.objects is not None:
        print(f"{report.objects} objects are in the new store, compared by their digests.")
    print("Nothing was switched, and the old ones are as they were. To use the new ones, set:")
    for name, value in settings.items():
        print(f"  {name}={value}")
    print("Do not start the old ones again after that: they would not know what the new ones buy.")
