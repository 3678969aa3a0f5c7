"""`storykin backup`: make a backup, verify one, tell what generations there are."""

import argparse
from typing import Any

from tasks.backup.errors import BackupDamaged
from tasks.backup.make import BackupReport, back_up
from tasks.backup.manifest import Manifest
from tasks.backup.note import note_backup
from tasks.backup.settings import backup_settings
from tasks.backup.source import this_installation
from tasks.backup.target import BackupTarget, target_at
from tasks.backup.vault import Vault, open_vault
from tasks.backup.verify import Verified, verify
from tasks.errors import UsageError
from ui.cli.long_work import progress_bar
from ui.cli.output import print_document
from ui.views.words import size_words

DONE, FAILED = 0, 1
_TOLD = 10


def backup(arguments: argparse.Namespace) -> int:
    """Make a backup, or look at one. 1 when something that the record names could not be backed up."""
    what, place = _meant(arguments.words)
    target = target_at(place or backup_settings().to)
    if what == "list":
        return _list(opened(target), as_json=arguments.json)
    if what == "verify":
        return _verify(opened(target), as_json=arguments.json)
    if arguments.keep is not None and arguments.keep < 1:
        raise UsageError("Keep at least one generation.", code="bad_keep")
    with progress_bar(quiet=arguments.json) as progress:
        report = back_up(
            this_installation(),
            target,
            phrase=phrase(),
            keep=arguments.keep,
            full=arguments.full,
            progress=progress,
        )
        note_backup(target, report.manifest)
        checked = verify(opened(target), progress=progress) if arguments.verify else None
    if arguments.json:
        print_document(_document(report) | ({"verified": _verified_document(checked)} if checked else {}))
    else:
        _print(report, target)
        if checked:
            _print_verified(checked)
    if report.lost:
        raise BackupDamaged(
            f"{report.lost} objects that the database names were not in the picture store, or not whole. All "
            "else is backed up. `storykin doctor` says more.",
            code="objects_missing",
        )
    return DONE if checked is None or checked.ok else FAILED


def phrase() -> str:
    """The key, from the environment alone."""
    return backup_settings().key.get_secret_value()


def opened(target: BackupTarget) -> Vault:
    """The backup at `target`. BackupError when it can't be opened."""
    return open_vault(target, phrase())


def _meant(words: list[str]) -> tuple[str, str]:
    """What to do, and where: `verify` and `list` come first, and a folder called so is `./verify`."""
    what = words[0] if words and words[0] in ("verify", "list") else "backup"
    rest = words[1:] if what != "backup" else words
    if len(rest) > 1:
        raise UsageError("Name one place.", code="usage")
    return what, rest[0] if rest else ""


def _document(report: BackupReport) -> dict[str, Any]:
    return generation_document(report.manifest) | {
        "new_chunks": report.new_chunks,
        "new_objects": report.new_objects,
        "new_bytes": report.new_bytes,
        "forgotten": report.forgotten,
        "lost": report.lost,
    }


def generation_document(manifest: Manifest) -> dict[str, Any]:
    """A generation, as JSON tells it."""
    return {
        "number": manifest.sequence,
        "id": manifest.id,
        "taken_at": manifest.taken_at.isoformat(),
        "finished_at": manifest.finished_at.isoformat(),
        "revision": manifest.revision,
        "rows": manifest.rows,
        "objects": manifest.objects,
        "missing": len(manifest.missing),
    }


def _print(report: BackupReport, target: BackupTarget) -> None:
    made = report.manifest
    print(
        f"Backed up to {target.where} as generation {made.sequence} ({made.id}): {made.rows} rows and "
        f"{made.objects} objects as of {made.taken_at:%Y-%m-%d %H:%M:%S} UTC; {report.new_objects} objects "
        f"and {size_words(report.new_bytes)} were new."
    )
    if report.forgotten:
        print(f"Older generations let go: {report.forgotten}.")


def _list(vault: Vault, *, as_json: bool) -> int:
    every = [vault.manifest(name) for name in vault.generations()]
    if as_json:
        print_document([generation_document(each) for each in every])
        return DONE
    for each in every:
        missing = f", {len(each.missing)} missing" if each.missing else ""
        print(
            f"{each.sequence:>5}  {each.taken_at:%Y-%m-%d %H:%M:%S} UTC  {each.rows:>9} rows  "
            f"{each.objects:>8} objects{missing}  {each.id}"
        )
    if not every:
        print("No backup was finished here yet.")
    return DONE


def _verify(vault: Vault, *, as_json: bool) -> int:
    with progress_bar(quiet=as_json) as progress:
        found = verify(vault, progress=progress)
    if as_json:
        print_document(_verified_document(found))
    else:
        _print_verified(found)
    if not found.ok:
        raise BackupDamaged(
            f"{len(found.damaged)} things in this backup are missing or damaged. `storykin backup --full` "
            "replaces what the installation still has."
        )
    return DONE


def _verified_document(found: Verified) -> dict[str, Any]:
    return {
        "ok": found.ok,
        "generations": found.generations,
        "rows": found.rows,
        "objects": found.objects,
        "damaged": found.damaged,
    }


def _print_verified(found: Verified) -> None:
    for sentence in found.damaged[:_TOLD]:
        print(sentence)
    verdict = "all as it was written" if found.ok else f"{len(found.damaged)} not as they were written"
    read = f"{found.generations} generations, {found.rows} different rows and {found.objects} objects"
    print(f"Read {read}: {verdict}.")
