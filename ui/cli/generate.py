"""`storykin generate PHOTO`: the whole job, here and now, without a studio."""

import argparse
import asyncio
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from db.event_kinds import COMMON_STEPS, STYLE_STEPS, EventKind
from db.record_state import prepare_own
from db.repositories import events
from db.settings import record_settings
from flows.run_request import RunRequest
from flows.start_character import CharacterRequest, start_character
from tasks.create_character import clean_name, gender_of
from tasks.giving.outgoing import outgoing_picture
from tasks.intake.normalize import NormalizedPhoto, normalize_photo
from tasks.ledger.budget import check_affordable
from tasks.photo.codes import SeveralFaces
from tasks.picture_options import AS_USUAL, PictureOptions, picture_options
from tasks.runtime import Runtime, current_runtime
from tasks.settings import provider_settings
from tasks.styles.packs import chosen_styles, usual_styles
from ui.cli.arguments import text_argument
from ui.cli.copies import check_folder, copy_out
from ui.cli.document import character_document
from ui.cli.files import log_to_file, read_photo
from ui.cli.output import print_document, print_note
from ui.cli.show import print_character
from ui.handlers.estimate import estimate_for_new
from ui.views.estimate import estimate_words

DONE, FAILED = 0, 1


def generate(arguments: argparse.Namespace) -> int:
    """Make a character of a photo file. Prints it; 1 and one line on stderr when a picture is missing."""
    began = time.monotonic()
    styles = tuple(chosen_styles(",".join(arguments.style or usual_styles(provider_settings().images[0]))))
    name = clean_name(text_argument(arguments.name))
    gender_of(arguments.gender)
    options = picture_options(
        text_argument(arguments.framing).replace("-", "_"), text_argument(arguments.resolution)
    )
    target = check_folder(arguments.out) if arguments.out is not None else None
    photo = _photo(arguments)
    prepare_own(print_note)
    log_to_file()
    runtime = current_runtime()
    print_price(runtime, styles, options, quiet=arguments.json)
    wanted = CharacterRequest(
        name,
        arguments.gender,
        styles,
        consent=True,  # whoever runs this command has the file and says so by running it
        actor="command line",
        options=options,
    )
    started = start_character(runtime, wanted, photo)
    character_id = started.character_id
    request = RunRequest(character_id, styles, started.run_token, options=options)
    with _progress(runtime, request, quiet=arguments.json or not sys.stderr.isatty()):
        _run(request)
    document = character_document(runtime.record, runtime.store, character_id, request.run_token)
    document["seconds"] = round(time.monotonic() - began, 2)
    try:
        if target:
            copy_out(partial(outgoing_picture, runtime), document, target)
    finally:  # what was drawn and paid for is told, whatever becomes of its copies
        _print(document, as_json=arguments.json)
    return _verdict(document)


def _run(request: RunRequest) -> None:
    """Run every step in this process, without a server of Prefect; its package makes a folder, in ours."""
    os.environ.setdefault("PREFECT_HOME", str(record_settings().home / "prefect"))
    from flows.character_run import run_character  # noqa: PLC0415 - only now is that folder ours to say
    from tasks.pipeline import untracked  # noqa: PLC0415

    asyncio.run(run_character(request, untracked))


def _photo(arguments: argparse.Namespace) -> NormalizedPhoto:
    """The photo, with what there is to say of it on stderr. PhotoRefused."""
    try:
        photo = normalize_photo(read_photo(arguments.photo), face=arguments.face)
    except SeveralFaces as error:
        error.add(f"On the command line: --face 1 to --face {error.faces}, counted from the left.")
        raise
    if not arguments.json:
        for warning in photo.warnings:
            print(f"storykin: {warning}", file=sys.stderr)
    return photo


def print_price(
    runtime: Runtime, styles: tuple[str, ...], options: PictureOptions = AS_USUAL, *, quiet: bool
) -> None:
    """Say on stderr what it will cost, if anything does. OverBudget before anything is written or spent."""
    estimate = estimate_for_new(runtime, styles, options)
    if estimate.free:
        return
    check_affordable(runtime, estimate.microusd)
    if not quiet:
        print(f"storykin: {estimate_words(estimate)}", file=sys.stderr)


def _print(document: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_document(document)
    else:
        print_character(document)


def _verdict(document: dict[str, Any]) -> int:
    character = document["character"]
    if character["status"] == "ready":
        return DONE
    print(f"storykin: {character['reason']}: {character['sentence']}", file=sys.stderr)
    return FAILED


@contextmanager
def _progress(runtime: Runtime, request: RunRequest, *, quiet: bool) -> Iterator[None]:
    """A progress bar on stderr, fed by the run's own events."""
    if quiet:
        yield
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    over = threading.Event()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        follower = threading.Thread(target=_follow, args=(runtime, request, bar, over), daemon=True)
        follower.start()
        try:
            yield
        finally:
            over.set()
            follower.join()


def _follow(runtime: Runtime, request: RunRequest, bar: Progress, over: threading.Event) -> None:
    line = bar.add_task("Getting ready", total=len(COMMON_STEPS) + len(STYLE_STEPS) * len(request.styles))
    while not over.wait(0.2):
        with runtime.record.reading() as session:
            happened = events.of_run(session, request.run_token)
        done = sum(event.kind in (EventKind.STEP_FINISHED, EventKind.STEP_FAILED) for event in happened)
        done += len(STYLE_STEPS) * sum(event.kind == EventKind.STEP_SKIPPED for event in happened)
        started = [event.message for event in happened if event.kind == EventKind.STEP_STARTED]
        bar.update(line, completed=done, description=started[-1] if started else "Getting ready")
