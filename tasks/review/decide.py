"""The use cases of review, as the studio, the command line and other callers ask for them.

Each is one transaction with its event, done by a person (`by`, a user's id) by some way (`via`). `seen` says
how things stood when the person looked: where someone else has decided since, nothing is written and
DecidedMeanwhile is raised. An id that is not this character's raises UsageError (`unknown_picture`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from db.engine import Session
from db.errors import NotFound
from db.models import CharacterImage, Review
from db.repositories import decisions, images
from db.repositories.decisions import Seen
from tasks.errors import UsageError
from tasks.review.reasons import reason_code, reason_sentence
from tasks.runtime import Runtime

NOT_ITS = "This picture does not belong to this character."
OPERATOR = "operator"  # somebody at the studio, where nobody signs in


@dataclass(frozen=True)
class Decided:
    """What was decided. `event_id` takes it back; "" when everything was so already."""

    character_id: str
    image_id: str
    event_id: str


def approve(
    runtime: Runtime,
    *,
    character_id: str,
    image_id: str,
    by: str | None = None,
    via: str = OPERATOR,
    seen: Seen | None = None,
) -> Decided:
    """The picture is good; one that was held back or locked is like any other again."""
    return _review(runtime, character_id, image_id, Review.APPROVED, by or via, seen)


def lock(
    runtime: Runtime,
    *,
    character_id: str,
    image_id: str,
    by: str | None = None,
    via: str = OPERATOR,
    seen: Seen | None = None,
) -> Decided:
    """The picture is the canon: it is unlocked (`approve`) before anything else is said of it."""
    return _review(runtime, character_id, image_id, Review.LOCKED, by or via, seen)


def propose(
    runtime: Runtime,
    *,
    character_id: str,
    image_id: str,
    by: str | None = None,
    via: str = OPERATOR,
    seen: Seen | None = None,
) -> Decided:
    """The picture waits for review again."""
    return _review(runtime, character_id, image_id, Review.PROPOSED, by or via, seen)


def reject(
    runtime: Runtime,
    *,
    character_id: str,
    image_id: str,
    code: str,
    note: str = "",
    by: str | None = None,
    via: str = OPERATOR,
    seen: Seen | None = None,
) -> Decided:
    """The picture is not to be used, for a reason of the list; as the favourite it is none any more.

    Raises UsageError (`reject_reason`) for another reason, or "other" without a note.
    """
    why = reason_code(code)
    sentence = reason_sentence(why, note)

    def write(session: Session, image: CharacterImage) -> None:
        review = Review.REJECTED
        images.review(session, image.id, review=review, actor=by or via, reason=sentence, code=why, seen=seen)

    return _decided(runtime, character_id, image_id, write)


def favourite(
    runtime: Runtime,
    *,
    character_id: str,
    image_id: str,
    by: str | None = None,
    via: str = OPERATOR,
    seen: Seen | None = None,
) -> Decided:
    """The picture is the character's favourite, and no other is."""

    def write(session: Session, image: CharacterImage) -> None:
        images.select(session, image.id, actor=by or via, seen=seen)

    return _decided(runtime, character_id, image_id, write)


def take(
    runtime: Runtime,
    *,
    character_id: str,
    image_id: str,
    instead_of: str = "",
    by: str | None = None,
    via: str = OPERATOR,
    seen: Seen | None = None,
) -> Decided:
    """The picture is good, and the favourite in place of `instead_of` where that is the favourite: both at
    once, or neither. Undone one after the other, the favourite first.
    """
    seen = seen or Seen()

    def write(session: Session, image: CharacterImage) -> None:
        actor = by or via
        if image.review is not Review.APPROVED:
            images.review(
                session, image.id, review=Review.APPROVED, actor=actor, seen=Seen(review=seen.review)
            )
        if instead_of:
            images.select(session, image.id, actor=actor, seen=Seen(favourite=instead_of))

    return _decided(runtime, character_id, image_id, write)


def no_favourite(
    runtime: Runtime, *, character_id: str, image_id: str, by: str | None = None, via: str = OPERATOR
) -> Decided:
    """The picture is not the favourite any more, and none is."""

    def write(session: Session, image: CharacterImage) -> None:
        images.unselect(session, image.id, actor=by or via)

    return _decided(runtime, character_id, image_id, write)


def undo(runtime: Runtime, *, event_id: str, by: str | None = None, via: str = OPERATOR) -> Decided:
    """Take the decision of `event_id` back: all is as it was before, the favourite too.

    Raises NotFound for what is no decision, DecidedMeanwhile where something else was decided since.
    """
    with runtime.record.writing() as session:
        image = decisions.undo(session, event_id, actor=by or via)
        made = decisions.newest(session, image.character_id)
        return Decided(image.character_id, image.id, made.id if made else "")


def undo_newest(
    runtime: Runtime, *, character_id: str, by: str | None = None, via: str = OPERATOR
) -> Decided:
    """Take back the newest decision about the character that stands; asked again, the one before it.

    Raises UsageError (`nothing_to_undo`), DecidedMeanwhile.
    """
    with runtime.record.reading() as session:
        made = decisions.newest_standing(session, character_id)
    if made is None:
        raise UsageError("Nothing was decided that could be taken back.", code="nothing_to_undo")
    return undo(runtime, event_id=made.id, by=by, via=via)


def _review(
    runtime: Runtime, character_id: str, image_id: str, review: Review, actor: str, seen: Seen | None
) -> Decided:
    def write(session: Session, image: CharacterImage) -> None:
        images.review(session, image.id, review=review, actor=actor, seen=seen)

    return _decided(runtime, character_id, image_id, write)


def _decided(
    runtime: Runtime, character_id: str, image_id: str, write: Callable[[Session, CharacterImage], None]
) -> Decided:
    with runtime.record.writing() as session:
        try:
            image = decisions.lock_image(session, image_id)
        except NotFound:
            raise UsageError(NOT_ITS, code="unknown_picture") from None
        if image.character_id != character_id:
            raise UsageError(NOT_ITS, code="unknown_picture")
        last = decisions.newest(session, character_id)
        write(session, image)
        made = decisions.newest(session, character_id, after=last.id if last else "")
        return Decided(character_id, image_id, made.id if made else "")
