"""`storykin correct`, `rename`, `note`, `tag` and `cancel`: a character put right, as in the studio."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from db.engine import Session, record
from db.record_state import require_current
from db.repositories import characters, profiles, tags
from flows.cancel_run import cancel_run
from flows.submit import cancel_character_run
from tasks.correction.choices import choices_of
from tasks.correction.correct_profile import correct_profile
from tasks.correction.details import change_tags, rename, write_notes
from tasks.correction.profile_changes import ProfileChanges
from tasks.correction.profile_diff import LABELS, Change
from tasks.errors import UsageError
from tasks.profile import Profile
from tasks.profile_rows import profile_from_row
from tasks.runtime import current_runtime
from ui.cli.arguments import text_argument

DONE = 0
VIA = "command line"


def correct(
    beginning: str,
    told: Sequence[str],
    colors: Sequence[str],
    *,
    keep: Sequence[str] = (),
    drop: Sequence[str] = (),
    based_on: int | None = None,
) -> int:
    """Write the next version of the profile; without a change, print what could be said.

    `told` are "FEATURE=VALUE" (nothing after the "=": unknown), `colors` "FEATURE=#rrggbb" or
    "palette:PART=#rrggbb", `keep` and `drop` phrases of what must not change.
    """
    require_current()
    runtime = current_runtime()
    with runtime.record.reading() as session:
        who = characters.by_beginning(session, beginning)
        row = profiles.latest(session, who.id)
    if row is None:
        raise UsageError("There is no profile yet: a run has to look at the photo first.", code="no_profile")
    if not (told or colors or keep or drop):
        _print_choices(profile_from_row(row))
        return DONE
    done = correct_profile(
        runtime,
        character_id=who.id,
        based_on=row.version if based_on is None else based_on,
        changes=_changes(profile_from_row(row), told, colors, keep, drop),
        via=VIA,
    )
    if not done.changes:
        print(f"Nothing was changed: version {done.version} says so already.")
        return DONE
    print(f"Version {done.version} of the profile of {who.called}:")
    for change in done.changes:
        print(f"  {_line(change)}")
    return DONE


def rename_character(beginning: str, name: str) -> int:
    """Give the character another name."""
    character_id = _character(beginning)
    done = rename(current_runtime(), character_id=character_id, name=text_argument(name), via=VIA)
    print("Renamed." if done.changed else "That is the name already.")
    return DONE


def note(beginning: str, text: str | None) -> int:
    """Print the notes, or replace them with `text`; "-" reads standard input."""
    character_id = _character(beginning)
    if text is None:
        with record().reading() as session:
            print(characters.get(session, character_id).notes or "No notes yet.")
        return DONE
    notes = sys.stdin.read() if text == "-" else text_argument(text)
    done = write_notes(current_runtime(), character_id=character_id, notes=notes, via=VIA)
    print("The notes are saved." if done.changed else "The notes say so already.")
    return DONE


def tag(beginning: str, named: Sequence[str], *, remove: bool) -> int:
    """Print the tags; or add those that are named, or take them off."""
    character_id = _character(beginning)
    words = [text_argument(each) for each in named]
    if words:
        added, removed = ([], words) if remove else (words, [])
        change_tags(current_runtime(), character_id=character_id, added=added, removed=removed, via=VIA)
    elif remove:
        raise UsageError("Name the tags to take off.", code="bad_tags")
    with record().reading() as session:
        print(", ".join(tags.of_character(session, character_id)) or "No tags.")
    return DONE


def cancel(beginning: str) -> int:
    """End the run that the character is under way with."""
    character_id = _character(beginning)
    done = cancel_run(current_runtime(), character_id=character_id, in_prefect=cancel_character_run, via=VIA)
    print(done.problem or "The run is cancelled: it sends and draws nothing more.")
    return DONE


def _character(beginning: str) -> str:
    require_current()
    with record().reading() as session:
        return _found(session, beginning)


def _found(session: Session, beginning: str) -> str:
    return characters.by_beginning(session, beginning).id


def _changes(
    known: Profile, told: Sequence[str], colors: Sequence[str], keep: Sequence[str], drop: Sequence[str]
) -> ProfileChanges:
    attributes: dict[str, dict[str, Any]] = {}
    palette: dict[str, str] = {}
    for each in told:
        name, value = _pair(each, "--set")
        attributes.setdefault(_feature(name), {})["value"] = value or None
    for each in colors:
        name, color = _pair(each, "--color")
        if name.startswith("palette:"):
            palette[name.removeprefix("palette:")] = color
        else:
            attributes.setdefault(_feature(name), {})["hex"] = color or None
    phrases = [each for each in known.do_not_change if each not in set(map(text_argument, drop))]
    phrases += [text_argument(each) for each in keep]
    return ProfileChanges(
        attributes, phrases if keep or drop else None, _palette(known, palette) if palette else None
    )


def _palette(known: Profile, colors: Mapping[str, str]) -> list[dict[str, str]]:
    """Every swatch, the first of each named part in its new color."""
    left = dict(colors)
    swatches = [
        {"part": each.part, "name": each.name, "hex": left.pop(each.part, each.hex)} for each in known.palette
    ]
    if left:
        parts = ", ".join(dict.fromkeys(each.part for each in known.palette)) or "none"
        raise UsageError(f"The palette has no such part. It has: {parts}.", code="bad_profile")
    return swatches


def _pair(told: str, option: str) -> tuple[str, str]:
    name, there, value = text_argument(told).partition("=")
    if not there:
        raise UsageError(f"Write {option} FEATURE=VALUE, such as {option} eyes=green.", code="bad_profile")
    return name.strip().lower(), value.strip()


def _feature(name: str) -> str:
    """The attribute of that name: as the studio's table has it, or as JSON has it."""
    wanted = name.replace("-", " ").replace("_", " ").replace("color", "colour")
    for attribute, label in LABELS.items():
        if wanted in (attribute.replace("_", " "), label.lower()):
            return attribute
    known = ", ".join(each.replace("_", "-") for each in LABELS)
    raise UsageError(f"A profile has no such feature. It has: {known}.", code="bad_profile")


def _print_choices(known: Profile) -> None:
    for name, label in LABELS.items():
        trait = getattr(known.attributes, name)
        color = f" {trait.hex}" if trait.hex else ""
        words = ", ".join(choices_of(name))
        offered = f"  ({words})" if words else ""
        print(f"{name.replace('_', '-')}: {trait.value or 'unknown'}{color}{offered}  [{label}]")
    print(f"Must not change: {'; '.join(known.do_not_change) or 'nothing'}")


def _line(change: Change) -> str:
    before = " ".join(filter(None, (change.before or "unknown", change.before_hex)))
    after = " ".join(filter(None, (change.after or "unknown", change.after_hex)))
    return f"{change.label}: {before} -> {after}"
