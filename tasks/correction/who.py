"""Who corrects, and what may be corrected."""

from db.engine import Session
from db.errors import IllegalStep
from db.lifecycle import lock
from db.models import Character, CharacterStatus
from db.repositories import characters

NOBODY_KNOWN = "operator"  # as the timeline calls whoever works here while nobody signs in


def actor_of(by: str | None, via: str = NOBODY_KNOWN) -> str:
    """The actor of an event: the person, or where nobody signs in, the way (`via`) it was done by."""
    return by or via


def held_character(session: Session, character_id: str) -> Character:
    """The character, its row held until the transaction ends. NotFound, or IllegalStep where it is erased."""
    character = characters.get(session, character_id)
    lock(session, character)
    if character.status is CharacterStatus.ERASED:
        raise IllegalStep("This character has been erased, so nothing of it can be changed.")
    return character
