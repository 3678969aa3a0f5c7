"""Whom somebody sees who reviews and may not read everything: whoever has to be decided about, and whom they
have just decided about themselves. Nobody whose consent was withdrawn.
"""

from datetime import timedelta

from db.engine import Session
from db.errors import NotFound
from db.models import Character
from db.repositories import assets, characters, clock, decisions, review_queue
from tasks.runtime import Runtime
from ui.acting import acting_id, may
from ui.permissions import Permission

LATELY = timedelta(days=1)  # one's own decision is looked at again, and taken back


def sees_all() -> bool:
    """Whether who asks may see everybody, whatever has to be decided."""
    return may(Permission.READ)


def is_shown(session: Session, character_id: str) -> bool:
    """Whether who asks may see this character on the review page."""
    if sees_all() or review_queue.is_to_decide(session, character_id):
        return True
    by = acting_id()
    return (
        by is not None
        and decisions.has_decided(session, character_id, actor=by, since=clock.now(session) - LATELY)
        and review_queue.has_consent(session, character_id)
    )


def shown(session: Session, character_id: str) -> Character:
    """The character. NotFound where there is none, and where who asks may not see it: nobody learns which."""
    if not is_shown(session, character_id):
        raise NotFound("There is no such character.")
    return characters.get(session, character_id)


def check_shown(runtime: Runtime, character_id: str) -> None:
    """NotFound where who asks may not see the character."""
    if not sees_all():  # a question less for everybody else
        with runtime.record.reading() as session:
            shown(session, character_id)


def check_bytes_shown(runtime: Runtime, sha256: str) -> None:
    """NotFound where who asks may see nobody whose photo or picture these bytes are: an address that was
    made for them once does not outlast that.
    """
    if not sees_all():
        with runtime.record.reading() as session:
            if not any(is_shown(session, each) for each in assets.characters_shown(session, sha256)):
                raise NotFound("This picture is not shown to you any more.")
