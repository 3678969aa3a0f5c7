"""`storykin batch …`: the same use cases as the studio's Batches page, in a terminal."""

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table

from db.record_state import require_current
from flows import batches
from tasks.amounts import dollars, rough_dollars
from tasks.audit.append import COMMAND_LINE
from tasks.batch.afterwards import Beside, Choice, every_pair, settle_all
from tasks.batch.control import BatchActed
from tasks.batch.export import COLUMNS, rows_of
from tasks.batch.named_ids import named_in
from tasks.batch.outlook import BatchOutlook, outlook
from tasks.batch.selection import Selection
from tasks.batch.status import BatchStatus, find_batch, newest_statuses, status_of
from tasks.errors import UsageError
from tasks.runtime import current_runtime
from ui.cli.output import print_document, print_note
from ui.handlers.batches import written_dollars

DONE, FAILED = 0, 1
SECONDS_BETWEEN_LOOKS = 2.0
OPEN = ("planned", "running")
LEFT_OUT = {
    "left_out": "today's budget has no room for them (pictures)",
    "for_a_person": "refused, lost, possibly paid or paid for in vain: see Costs (pictures)",
    "not_allowed": "the consent names nobody who draws here (pictures)",
    "needs_attention": "a person has to look at them first",
    "under_way": "a run is drawing them",
    "waits_for_customer": "their customer has not answered",
    "on_hold": "under a legal hold",
    "no_photo": "their photo is gone",
}


def plan(arguments: argparse.Namespace) -> int:
    """Print what a batch would do."""
    require_current()
    told = outlook(
        current_runtime(), selection_of(arguments), limit=arguments.limit, at_once=arguments.at_once
    )
    if arguments.json:
        print_document(_outlook_document(told))
    else:
        _print_outlook(told)
    return DONE


def run(arguments: argparse.Namespace) -> int:
    """Begin a batch, and follow it to its end unless `--detach`."""
    require_current()
    runtime = current_runtime()
    selection = selection_of(arguments)
    if not arguments.json and not arguments.yes:
        _print_outlook(outlook(runtime, selection, limit=arguments.limit, at_once=arguments.at_once))
    done = batches.start(
        runtime,
        selection,
        limit=arguments.limit,
        at_once=arguments.at_once,
        chunk_size=arguments.chunk,
        budget_microusd=_dollars(arguments.budget or "none"),
        agreed=arguments.yes,
        via=COMMAND_LINE,
    )
    if done.problem:
        print_note(done.problem)
    if arguments.detach:
        return _show(status_of(runtime, batch_id=done.batch_id), as_json=arguments.json)
    return _follow(done.batch_id, as_json=arguments.json)


def list_batches(arguments: argparse.Namespace) -> int:
    """Print the newest batches."""
    require_current()
    found = newest_statuses(current_runtime(), limit=arguments.limit)
    if arguments.json:
        print_document([asdict_of(each) for each in found])
        return DONE
    table = Table("batch", "state", "drawn", "found", "failed", "left", "spent", "budget")
    for each in found:
        budget = "" if each.budget_microusd is None else dollars(each.budget_microusd)
        counts = (each.done, each.skipped, each.failed, each.left)
        table.add_row(each.id, each.state, *map(str, counts), dollars(each.spent_microusd), budget)
    Console(highlight=False, soft_wrap=True).print(table)
    return DONE


def status(arguments: argparse.Namespace) -> int:
    """Print how a batch stands."""
    require_current()
    batch_id = find_batch(current_runtime(), arguments.batch)
    if arguments.follow:
        return _follow(batch_id, as_json=arguments.json)
    return _show(status_of(current_runtime(), batch_id=batch_id), as_json=arguments.json)


def pause(arguments: argparse.Namespace) -> int:
    """Pause a batch."""
    return _act(batches.pause, arguments)


def resume(arguments: argparse.Namespace) -> int:
    """Let a batch go on."""
    return _act(batches.resume, arguments)


def cancel(arguments: argparse.Namespace) -> int:
    """End a batch."""
    return _act(batches.cancel, arguments)


def budget(arguments: argparse.Namespace) -> int:
    """Give a batch another budget."""
    return _act(batches.set_budget, arguments, budget_microusd=_dollars(arguments.usd))


def after(arguments: argparse.Namespace) -> int:
    """Print old beside new, or decide which of the two counts."""
    require_current()
    runtime = current_runtime()
    batch_id = find_batch(runtime, arguments.batch)
    if arguments.take is not None:
        done = settle_all(runtime, batch_id=batch_id, choice=Choice(arguments.take), via=COMMAND_LINE)
        print_note(f"{done.decided} decided, {done.left} left open")
    pairs = every_pair(runtime, batch_id=batch_id)
    if arguments.json:
        print_document([_pair_document(each) for each in pairs])
        return DONE
    table = Table("character", "style", "old", "new", "likeness", "skin color", "decided")
    for each in pairs:
        likeness, color = each.likeness_change, each.color_change
        table.add_row(
            each.new.character_id,
            each.new.style,
            f"{each.old.ordinal} {each.old.model}",
            f"{each.new.ordinal} {each.new.model}",
            "" if likeness is None else f"{likeness:+.2f}",
            "" if color is None else f"{color:+.1f}",
            each.verdict.value,
        )
    Console(highlight=False, soft_wrap=True).print(table)
    return DONE


def _pair_document(each: Beside) -> dict[str, Any]:
    return {
        "character_id": each.new.character_id,
        "style": each.new.style,
        "old": each.old.image_id,
        "new": each.new.image_id,
        "likeness_change": each.likeness_change,
        "color_change": each.color_change,
        "verdict": each.verdict.value,
    }


def export(arguments: argparse.Namespace) -> int:
    """Write every item of a batch as CSV, without a name."""
    require_current()
    batch_id = find_batch(current_runtime(), arguments.batch)
    if arguments.out is None:
        _write(batch_id, sys.stdout)
        return DONE
    try:
        with Path(arguments.out).open("x", encoding="utf-8", newline="") as file:
            _write(batch_id, file)
    except FileExistsError:
        raise UsageError(f"{arguments.out} is there already, and was left as it is.") from None
    return DONE


def selection_of(arguments: argparse.Namespace) -> Selection:
    """What the options say. UsageError."""
    ids = [*arguments.id, *(_ids_of(arguments.csv) if arguments.csv else ())]
    named = bool(arguments.id or arguments.csv)
    return Selection(
        styles=tuple(each for group in arguments.style for each in group.split(",")),
        order=arguments.order,
        failed=arguments.failed,
        reasons=tuple(arguments.reason),
        older_style=arguments.older_style,
        models=tuple(arguments.model),
        older_model=arguments.older_model,
        retired_model=arguments.retired_model,
        before_model=arguments.before_model,
        drawn_before=_day(arguments.drawn_before),
        likeness_below=arguments.likeness_below,
        unreviewed=arguments.unreviewed,
        created_from=_day(arguments.created_from),
        created_to=_day(arguments.created_to),
        tag=arguments.tag,
        ids=tuple(dict.fromkeys(ids)) if named else None,
    ).checked()


def asdict_of(each: BatchStatus) -> dict[str, Any]:
    """A status as JSON takes it."""
    document: dict[str, Any] = json.loads(json.dumps(asdict(each), default=lambda moment: moment.isoformat()))
    return document


def _ids_of(file: str) -> list[str]:
    try:
        return named_in(Path(file).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{file} can't be read as a CSV with a column called id.") from None


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text} is no day: write it as 2026-11-30.") from None


def _dollars(text: str) -> int | None:
    return None if text == "none" else written_dollars(text)


def _act(act: Callable[..., BatchActed], arguments: argparse.Namespace, **more: Any) -> int:
    require_current()
    runtime = current_runtime()
    done = act(runtime, batch_id=find_batch(runtime, arguments.batch), via=COMMAND_LINE, **more)
    if done.problem:
        print_note(done.problem)
    return _show(status_of(runtime, batch_id=done.batch_id), as_json=False)


def _follow(batch_id: str, *, as_json: bool) -> int:
    """Show how it goes until it goes on no more."""
    runtime, last = current_runtime(), ""
    while True:
        now = status_of(runtime, batch_id=batch_id)
        if now.state not in OPEN:
            return _show(now, as_json=as_json)
        line = _line(now)
        if line != last:
            print_note(line)
        last = line
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _line(now: BatchStatus) -> str:
    finished = now.planned - now.left
    parts = [f"{finished} of {now.planned}", dollars(now.spent_microusd), f"{now.workers} at work"]
    if now.per_minute:
        parts.append(f"{now.per_minute:.1f} a minute")
    if now.remaining_seconds:
        parts.append(f"about {_time(now.remaining_seconds)} to go")
    return ", ".join(parts)


def _time(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _show(now: BatchStatus, *, as_json: bool) -> int:
    if as_json:
        print_document(asdict_of(now))
    else:
        budget = "" if now.budget_microusd is None else f" of {dollars(now.budget_microusd)}"
        print(f"{now.id}  {now.state}")
        print(f"{now.done} drawn, {now.skipped} found, {now.failed} failed, {now.left} left")
        print(f"{dollars(now.spent_microusd)}{budget} spent or reserved; {_line(now)}")
    return FAILED if now.state == "failed" else DONE


def _outlook_document(told: BatchOutlook) -> dict[str, Any]:
    return {
        "characters": told.characters,
        "pictures": told.pictures,
        "microusd": told.microusd,
        "there": told.proposal.price.there,
        "looks": told.proposal.price.looks,
        "seconds": told.seconds,
        "per_minute": told.per_minute,
        "asks": told.asks,
        "left_out": _left_out(told),
    }


def _left_out(told: BatchOutlook) -> Mapping[str, int]:
    proposal = told.proposal
    own = {
        "left_out": proposal.left_out,
        "for_a_person": proposal.for_a_person,
        "not_allowed": proposal.not_allowed,
    }
    return {code: count for code, count in (own | dict(proposal.others)).items() if count}


def _print_outlook(told: BatchOutlook) -> None:
    _print_pictures(told)
    if told.seconds is not None and told.proposal.pairs:
        print(f"About {_time(told.seconds)} with one process, at {told.per_minute} a minute at the most.")
    for code, count in _left_out(told).items():
        print(f"Not drawn: {count}, {LEFT_OUT.get(code, code)}")


def _print_pictures(told: BatchOutlook) -> None:
    if not told.proposal.pairs:
        nobody = told.proposal.nobody
        print(f"{'No character fits' if nobody else 'Nothing is to be drawn of'} what was chosen.")
        return
    print(f"{_count(sum(told.pictures.values()), 'picture')} of {_count(told.characters, 'character')}")
    for style, count in told.pictures.items():
        print(f"  {style}: {count}")
    price = "Nothing of it has to be paid for."
    if told.microusd:
        price = f"About {rough_dollars(told.microusd)} at the most."
    print(price + (" Begin it with --yes." if told.asks else ""))


def _count(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def _write(batch_id: str, file: TextIO) -> None:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(COLUMNS)
    out.writerows(rows_of(current_runtime(), batch_id=batch_id))
