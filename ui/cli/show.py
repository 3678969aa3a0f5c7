"""`storykin show CHARACTER`: what is known of a character, as a person reads it or as JSON."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from db.engine import record
from db.models import Event
from db.record_state import require_current
from db.repositories import characters, events
from tasks.design.shapes import Framing
from tasks.giving.outgoing import outgoing_picture
from tasks.likeness_words import in_short
from tasks.profile import Trait
from tasks.providers.registry import store
from tasks.providers.specs import drawn_words
from tasks.runtime import current_runtime
from ui.cli.copies import check_folder, copy_out
from ui.cli.document import character_document
from ui.cli.output import print_document
from ui.handlers.timeline import names_of, timeline_of
from ui.views.detail import Moment

DONE = 0


def show(beginning: str, *, as_json: bool, out: str | None = None) -> int:
    """Print the character whose id begins with `beginning`; copy its pictures into the folder `out`."""
    target = check_folder(out) if out is not None else None
    require_current()
    known, kept = record(), store()
    with known.reading() as session:
        character_id = characters.by_beginning(session, beginning).id
        past = events.timeline(session, character_id)
        names = names_of(session, past)
    document = character_document(known, kept, character_id)
    document["timeline"] = [_event_document(event) for event in reversed(past)]
    try:
        if target:
            copy_out(partial(outgoing_picture, current_runtime()), document, target)
    finally:
        if as_json:
            print_document(document)
        else:
            print_character(document)
            _print_timeline(timeline_of(past, names))
    return DONE


def _event_document(event: Event) -> dict[str, Any]:
    return {
        "at": event.created_at.isoformat(timespec="milliseconds"),
        "kind": event.kind,
        "actor": event.actor,
        "message": event.message,
        "run_token": event.run_token,
        "data": event.data,
    }


def _print_timeline(moments: Sequence[Moment]) -> None:
    """Oldest first, as one reads downwards; times are the terminal's."""
    table = Table(title="Timeline", title_justify="left", box=None, pad_edge=False)
    for heading in ("when", "what", "who", ""):
        table.add_column(heading, overflow="fold")
    for moment in reversed(moments):
        when = moment.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(when, Text(moment.message), Text(moment.who), Text(moment.detail))
    Console(highlight=False, soft_wrap=True).print(table)


def print_character(document: dict[str, Any]) -> None:
    """The character, its profile and its variants as tables."""
    console = Console(highlight=False, soft_wrap=True)
    character = document["character"]
    console.print(Text(character["name"], "bold"), character["status"].replace("_", " "), markup=False)
    if character["sentence"]:
        console.print(character["sentence"], markup=False)
    console.print(f"id {character['id']}", style="dim")
    if document["ordered"]:
        console.print(f"Ordered: {_ordered(document['ordered'])}", markup=False)
    if document["profile"]:
        console.print(_profile_table(document["profile"]))
        kept = "; ".join(document["profile"]["do_not_change"])
        console.print(f"Do not change: {kept}", markup=False)
        for note in document["profile"]["notes"]:
            console.print(f"Note: {note}", markup=False)
    if document["variants"]:
        console.print(_variants_table(document["variants"]))
        for each in document["variants"]:
            drawn = drawn_words(each["provider"] or "", each["instead_of"])
            where = "held back" if each["held_back"] else each["file"]
            console.print(f"{each['style']:<15}{where}{f'  ({drawn})' if drawn else ''}", markup=False)


def _ordered(ordered: list[dict[str, Any]]) -> str:
    """Every picture that was ordered, those that are missing marked as such."""
    return ", ".join(
        each["style"]
        + (f" {each['ordinal']}" if each["ordinal"] > 1 else "")
        + ("" if each["framing"] == Framing.PORTRAIT else " as a full body")
        + ("" if each["drawn"] else " (missing)")
        for each in ordered
    )


def _profile_table(profile: dict[str, Any]) -> Table:
    table = Table(title=f"Profile, version {profile['version']} ({profile['source']})", title_justify="left")
    for heading in ("trait", "value", "colour", "confidence"):
        table.add_column(heading)
    for name, document in profile["attributes"].items():
        trait = Trait.model_validate(document)
        sure = f"{trait.confidence:.0%}" if trait.value else ""
        table.add_row(name.replace("_", " "), trait.value or "unknown", trait.hex or "", sure)
    return table


def _variants_table(variants: list[dict[str, Any]]) -> Table:
    table = Table(title="Variants", title_justify="left")
    for heading in ("style", "seconds", "size", "sha256", "likeness"):
        table.add_column(heading)
    for each in variants:
        star = " ★" if each["favourite"] else ""
        seconds = "" if each["seconds"] is None else f"{each['seconds']:.1f}"
        size = f"{each['size'] / 1024:.0f} KiB"
        table.add_row(each["style"] + star, seconds, size, each["sha256"][:12], in_short(each["likeness"]))
    return table
