"""`storykin restore`: a backup into an empty home, and what is open afterwards."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from db import migrate
from db.audit.acts import AuditAct
from db.audit.append import COMMAND_LINE
from db.settings import record_settings
from flows.running import AlreadyRunning, InstanceLock
from tasks.amounts import dollars
from tasks.audit.resume import go_on_from_here
from tasks.backup.errors import BackupError
from tasks.backup.restore import RestoreReport, check_readable, generation_at, restore
from tasks.backup.set_aside import set_aside_what_is_in_the_way
from tasks.backup.settings import backup_settings
from tasks.backup.source import Source, this_installation
from tasks.backup.target import target_at
from tasks.consent.again import withdraw_again
from tasks.erasure.job import erase_again
from tasks.erasure.notes import read_notes
from tasks.marks.key_check import OTHER_KEYS, has_their_keys
from tasks.storage.binding import Pair, look_at_binding
from tasks.storage.generations import is_behind
from ui.cli.backup import generation_document, opened
from ui.cli.long_work import progress_bar
from ui.cli.output import print_document
from ui.cli.restored_rights import rights_document, rights_told

DONE = 0


def restore_backup(arguments: argparse.Namespace) -> int:
    """Restore into what the settings name. Interrupted, the same command goes on."""
    from db.engine import record  # noqa: PLC0415 - only after the record is there

    vault = opened(target_at(arguments.place or backup_settings().to))
    manifest = generation_at(vault, arguments.at)
    check_readable(manifest)
    with home_alone():
        into = this_installation()
        moved = set_aside_what_is_in_the_way(manifest, into) if arguments.set_aside else []
        with progress_bar(quiet=arguments.json) as progress:
            report = restore(vault, manifest, into, progress=progress)
        _enter_in_audit_log(into, report)
        again, withdrawn = _erase_again(into), withdraw_again(Pair(record(into.url), into.store))
        their_keys = _has_their_keys(into)
    if arguments.json:
        told: dict[str, Any] = {"erased_again": again, "has_mark_keys": their_keys}
        told["rights"] = rights_document(record(into.url), report.reopened, withdrawn)
        print_document(_document(report, moved) | told)
    else:
        _print(report, moved)
        if again:
            print(f"{again} characters had been erased since: they are erased again.")
        for sentence in rights_told(record(into.url), report.reopened, withdrawn):
            print(sentence)
        if not their_keys:
            print(OTHER_KEYS)
    return DONE


def _has_their_keys(into: Source) -> bool:
    from db.engine import record  # noqa: PLC0415 - only after the record is there

    return has_their_keys(record(into.url), record_settings().home.resolve())


def _enter_in_audit_log(into: Source, report: RestoreReport) -> None:
    """That the log goes on from an older database is said in it, with how far it had come here."""
    from db.engine import record  # noqa: PLC0415 - only after the record is there

    migrate.upgrade(into.url)
    made = report.manifest
    with record(into.url).writing() as session:
        reason = f"generation {made.sequence} of a backup, of {made.taken_at:%Y-%m-%d %H:%M:%S} UTC"
        go_on_from_here(session, AuditAct.RESTORED, by=None, via=COMMAND_LINE, reason=reason)


def _erase_again(into: Source) -> int:
    from db.engine import record  # noqa: PLC0415 - only after the record is there

    if next(read_notes(into.store), None) is None:
        return 0
    migrate.upgrade(into.url)
    return erase_again(Pair(record(into.url), into.store))


@contextmanager
def home_alone() -> Iterator[None]:
    """Nobody starts Storykin on this data folder meanwhile. BackupError when it runs."""
    home = record_settings().home.resolve()
    try:
        with InstanceLock(home):
            yield
    except AlreadyRunning:
        raise BackupError(
            f"Storykin is running on the data folder {home}. Stop it first (Ctrl-C where it runs).",
            code="running",
        ) from None


def _document(report: RestoreReport, moved: list[Path]) -> dict[str, Any]:
    now = report.reopened
    return {
        "generation": generation_document(report.manifest),
        "rows": report.rows,
        "objects": report.objects,
        "absent": report.absent,
        "set_aside": [str(each) for each in moved],
        "open": {
            "possibly_paid": now.possibly_paid,
            "possibly_paid_microusd": now.possibly_paid_microusd,
            "to_fetch": now.to_fetch,
            "characters": [each["id"] for each in now.characters],
            "batches": now.batches,
        },
        "store_is_ahead": _store_is_ahead(),
    }


def _print(report: RestoreReport, moved: list[Path]) -> None:
    made = report.manifest
    print(
        f"Restored generation {made.sequence}, of {made.taken_at:%Y-%m-%d %H:%M:%S} UTC: {report.rows} rows "
        f"and {report.objects} objects, compared."
    )
    for each in moved:
        print(f"Set aside: {each}")
    if report.absent:
        print(f"{report.absent} objects that rows name were not in the backup.")
    for sentence in _open(report):
        print(sentence)
    if _store_is_ahead():
        print(
            "The picture store is newer than this backup. Pictures bought since are found and not bought "
            "again; when no other Storykin uses it, run `storykin store adopt`."
        )


def _open(report: RestoreReport) -> Iterator[str]:
    """What was under way when the backup was made, and what becomes of it."""
    now = report.reopened
    if now.possibly_paid:
        yield (
            f"Possibly paid: {now.possibly_paid} requests ({dollars(now.possibly_paid_microusd)}) had not "
            "been answered when the backup was made. Nothing sends them again; the Costs page settles them."
        )
    if now.to_fetch:
        yield f"{now.to_fetch} pictures had been ordered: housekeeping fetches them, at no further cost."
    if now.characters:
        yield (
            f"{len(now.characters)} characters were being drawn: they wait for Try again, which buys only "
            "what the picture store does not have."
        )
    if now.batches:
        yield f"{now.batches} batches that were running are closed."
    if not any((now.possibly_paid, now.to_fetch, now.characters, now.batches)):
        yield "Nothing was under way when the backup was made."


def _store_is_ahead() -> bool:
    from db.engine import record  # noqa: PLC0415 - only after the record is there

    into = this_installation()
    pair = Pair(record(into.url), into.store)
    return look_at_binding(pair).ok and is_behind(pair)
