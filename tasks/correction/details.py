"""The name, the gender, the notes and the tags of a character, as a person changes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from db import names
from db.engine import Session
from db.event_kinds import EventKind
from db.labels import distinct_tags, note_text, searchable_tag
from db.repositories import events, tags
from db.told import told
from tasks.correction.who import NOBODY_KNOWN, actor_of, held_character
from tasks.create_character import clean_name, gender_of
from tasks.errors import UsageError
from tasks.runtime import Runtime

LONGEST_NOTE = 4000  # characters, as people count them
LONGEST_TAG = 40
MOST_TAGS = 30


@dataclass(frozen=True)
class Changed:
    """What was changed, and whether anything was: saying the same again changes nothing."""

    character_id: str
    changed: bool


def rename(
    runtime: Runtime, *, character_id: str, name: str, by: str | None = None, via: str = NOBODY_KNOWN
) -> Changed:
    """Give the character another name. The event does not hold it.

    Raises NotFound, IllegalStep (erased), UsageError (`no_name`, `name_too_long`).
    """
    wanted = clean_name(name)
    with runtime.record.writing() as session:
        character = held_character(session, character_id)
        if character.name == wanted:
            return Changed(character_id, False)
        character.name = wanted
        return _told(session, character_id, EventKind.CHARACTER_RENAMED, actor_of(by, via))


def change_gender(runtime: Runtime, *, character_id: str, gender: str, by: str | None = None) -> Changed:
    """Say the gender anew. Raises NotFound, IllegalStep (erased), UsageError (`unknown_gender`)."""
    wanted = gender_of(gender)
    with runtime.record.writing() as session:
        character = held_character(session, character_id)
        if character.gender is wanted:
            return Changed(character_id, False)
        character.gender = wanted
        return _told(session, character_id, EventKind.CHARACTER_GENDER, actor_of(by))


def write_notes(
    runtime: Runtime, *, character_id: str, notes: str, by: str | None = None, via: str = NOBODY_KNOWN
) -> Changed:
    """Replace the notes. Raises NotFound, IllegalStep (erased), UsageError (`notes_too_long`)."""
    wanted = note_text(notes)
    if names.grapheme_count(wanted) > LONGEST_NOTE:
        raise UsageError(
            told("Use notes of at most %(longest_note)s characters.", longest_note=LONGEST_NOTE),
            code="notes_too_long",
        )
    with runtime.record.writing() as session:
        character = held_character(session, character_id)
        if character.notes == wanted:
            return Changed(character_id, False)
        character.notes = wanted
        return _told(session, character_id, EventKind.CHARACTER_NOTES, actor_of(by, via))


def set_tags(
    runtime: Runtime,
    *,
    character_id: str,
    wanted: Sequence[str],
    by: str | None = None,
    via: str = NOBODY_KNOWN,
) -> Changed:
    """Give the character these tags and no others; two spellings of one are one.

    Raises NotFound, IllegalStep (erased), UsageError (`bad_tags`).
    """
    return _tagged(runtime, character_id, lambda _own: wanted, actor_of(by, via))


def change_tags(
    runtime: Runtime,
    *,
    character_id: str,
    added: Sequence[str] = (),
    removed: Sequence[str] = (),
    by: str | None = None,
    via: str = NOBODY_KNOWN,
) -> Changed:
    """Give the character the tags `added` beside its own, without those `removed`. Raises as `set_tags`."""
    gone = {searchable_tag(each) for each in removed}

    def changed(own: Sequence[str]) -> list[str]:
        return [tag for tag in (*own, *added) if searchable_tag(tag) not in gone]

    return _tagged(runtime, character_id, changed, actor_of(by, via))


def _tagged(
    runtime: Runtime, character_id: str, wanted: Callable[[Sequence[str]], Sequence[str]], actor: str
) -> Changed:
    with runtime.record.writing() as session:
        held_character(session, character_id)
        own = tags.of_character(session, character_id)
        clean = distinct_tags(wanted(own))
        if len(clean) > MOST_TAGS:
            raise UsageError(told("Use at most %(most_tags)s tags.", most_tags=MOST_TAGS), code="bad_tags")
        if any(names.grapheme_count(tag) > LONGEST_TAG for tag in clean):
            raise UsageError(
                told("Use tags of at most %(longest_tag)s characters.", longest_tag=LONGEST_TAG),
                code="bad_tags",
            )
        if own == clean:
            return Changed(character_id, False)
        tags.set_tags(session, character_id, clean)
        return _told(session, character_id, EventKind.CHARACTER_TAGS, actor)


def _told(session: Session, character_id: str, kind: EventKind, actor: str) -> Changed:
    events.add(session, kind=kind, actor=actor, message=kind.sentence, character_id=character_id)
    return Changed(character_id, True)
