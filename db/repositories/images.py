"""Variants: recorded once, reviewed, and one of them the favourite."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from db import lifecycle
from db.errors import IllegalStep
from db.event_kinds import EventKind
from db.ids import new_id, utc_now
from db.models import (
    CharacterImage,
    Event,
    GeneratedAsset,
    OrderedPicture,
    PromptArtifact,
    RejectCode,
    Review,
)
from db.models.orders import PORTRAIT
from db.repositories import characters, decisions, facets
from db.repositories.decisions import (
    Seen,
    check_favourite,
    check_review,
    clear_selection,
    decision,
    lock_image,
    settle_waiting,
)
from db.repositories.insert_once import insert_once
from db.repositories.notices_of_events import enter_held_notice
from db.repositories.read_ahead import read_ahead
from db.told import told

get = decisions.get

# What a person may say after what. A locked variant is unlocked before anything else is said of it.
REVIEWS: Mapping[Review, frozenset[Review]] = {
    Review.PROPOSED: frozenset({Review.APPROVED, Review.REJECTED, Review.LOCKED}),
    Review.APPROVED: frozenset({Review.PROPOSED, Review.REJECTED, Review.LOCKED}),
    Review.REJECTED: frozenset({Review.PROPOSED, Review.APPROVED}),
    Review.LOCKED: frozenset({Review.APPROVED}),
}


@dataclass(frozen=True)
class Variant:
    """A picture with its bytes' row and the prompt it was made from."""

    image: CharacterImage
    asset: GeneratedAsset
    prompt: PromptArtifact


def find(session: Session, *, character_id: str, work_key: str) -> CharacterImage | None:
    """The variant that shows this piece of work, or None."""
    if (ahead := read_ahead(session)) is not None:
        shown = (image for image, _, _ in ahead.pictures.get(character_id, ()))
        return next((each for each in shown if each.work_key == work_key), None)
    query = sa.select(CharacterImage).where(
        CharacterImage.character_id == character_id, CharacterImage.work_key == work_key
    )
    return session.scalars(query).one_or_none()


def of_run(session: Session, *, character_id: str, style: str, run_token: str) -> CharacterImage | None:
    """The variant that this run has added in this style, or None."""
    query = sa.select(CharacterImage).where(
        CharacterImage.character_id == character_id,
        CharacterImage.style == style,
        CharacterImage.run_token == run_token,
    )
    return session.scalars(query).one_or_none()


def record(
    session: Session,
    *,
    character_id: str,
    style: str,
    ordinal: int,
    run_token: str,
    work_key: str,
    asset_id: str,
    prompt_artifact_id: str,
    framing: str = PORTRAIT,
    likeness: Mapping[str, Any] | None = None,
    metric_version: str | None = None,
    seconds: float | None = None,
    held: str | None = None,
) -> tuple[CharacterImage, bool]:
    """The variant of this piece of work, and whether it was made just now.

    There is one a work key, and one a style and run: of any number that record at once, one creates and
    the others are given its row. A number that another picture of the style and framing has becomes the
    next free one. With `held`, the reason, it is kept from everybody until it is `compared`.
    Raises Erased when the character has been erased meanwhile.
    """
    _check_not_erased(session, character_id)
    if _is_numbered(session, character_id, style, framing, ordinal):  # as after a correction of the profile
        ordinal = _free_ordinal(session, character_id, style, framing)
    mine = new_id()
    values = {
        "id": mine,
        "character_id": character_id,
        "style": style,
        "framing": framing,
        "ordinal": ordinal,
        "run_token": run_token,
        "work_key": work_key,
        "asset_id": asset_id,
        "prompt_artifact_id": prompt_artifact_id,
        "likeness": dict(likeness) if likeness is not None else None,
        "metric_version": metric_version,
        "seconds": seconds,
    }
    if held is not None:
        values |= {"review": Review.REJECTED, "review_reason": held, "awaits_review": False}
        values |= {"review_code": RejectCode.NOT_COMPARED.value}
    insert_once(session, CharacterImage, values)
    same_work = CharacterImage.work_key == work_key
    same_run = (CharacterImage.style == style) & (CharacterImage.run_token == run_token)
    query = sa.select(CharacterImage).where(
        CharacterImage.character_id == character_id, sa.or_(same_work, same_run)
    )
    image = session.scalars(query.order_by(same_work.desc()).limit(1)).one()
    facets.refresh(session, character_id)
    return image, image.id == mine


def not_compared(session: Session, *, after: str = "", most: int) -> list[CharacterImage]:
    """The variants that wait to be compared with their photos, oldest first, of those after `after`."""
    waits = CharacterImage.review_code == sa.literal_column(f"'{RejectCode.NOT_COMPARED.value}'")
    query = sa.select(CharacterImage).where(waits, CharacterImage.id > after)
    return list(session.scalars(query.order_by(CharacterImage.id).limit(most)))


def compared(session: Session, image_id: str, likeness: Mapping[str, Any], metric_version: str) -> bool:
    """Keep what was measured of a variant that waited for it, and propose it; False where none waits, since a
    person has decided about it, or another has compared it. Raises NotFound.
    """
    image = lock_image(session, image_id)
    if image.review_code != RejectCode.NOT_COMPARED.value:
        return False
    image.likeness, image.metric_version = dict(likeness), metric_version
    image.review, image.review_reason, image.review_code = Review.PROPOSED, None, None
    image.awaits_review = True
    session.flush()
    facets.refresh(session, image.character_id)
    enter_held_notice(session, image.character_id)
    return True


def of_character(session: Session, character_id: str) -> list[Variant]:
    """Every variant with its asset and prompt, oldest first, in one query."""
    if (ahead := read_ahead(session)) is not None:
        return [Variant(*parts) for parts in ahead.pictures.get(character_id, ())]
    query = (
        sa.select(CharacterImage, GeneratedAsset, PromptArtifact)
        .join(GeneratedAsset, GeneratedAsset.id == CharacterImage.asset_id)
        .join(PromptArtifact, PromptArtifact.id == CharacterImage.prompt_artifact_id)
        .where(CharacterImage.character_id == character_id)
        .order_by(CharacterImage.id)
    )
    return [Variant(image, asset, prompt) for image, asset, prompt in session.execute(query)]


def favourite(session: Session, character_id: str) -> Variant | None:
    """The variant that a person has picked, or None."""
    return next((each for each in of_character(session, character_id) if each.image.is_selected), None)


def next_ordinal(session: Session, character_id: str, style: str, framing: str = PORTRAIT) -> int:
    """The ordinal that a new picture on purpose gets: one more than the highest so far, from 1. Those whose
    time was over count: the same number would buy the very same picture again.
    """
    query = sa.select(sa.func.max(CharacterImage.ordinal)).where(
        CharacterImage.character_id == character_id,
        CharacterImage.style == style,
        CharacterImage.framing == framing,
    )
    erased = sa.select(Event.data).where(
        Event.character_id == character_id, Event.kind == EventKind.PICTURE_ERASED
    )
    numbers = [
        int(told.get("ordinal", 0))
        for told in session.scalars(erased)
        if (told.get("style"), told.get("framing")) == (style, framing)
    ]
    return max([session.scalar(query) or 0, *numbers]) + 1


def number_of(image: CharacterImage) -> dict[str, str | int]:
    """Which picture of its character it is, for the event of its erasure (`next_ordinal`)."""
    return {"style": image.style, "framing": image.framing, "ordinal": image.ordinal}


def select(session: Session, image_id: str, *, actor: str, seen: Seen | None = None) -> CharacterImage:
    """Make this variant its character's favourite, and none other. Selecting it again changes nothing.

    Raises NotFound, IllegalStep for a rejected one, DecidedMeanwhile where it is not as `seen` any more.
    """
    image = lock_image(session, image_id)
    if image.is_selected:
        return image
    if image.review is Review.REJECTED:
        raise IllegalStep("A rejected picture can't be the favourite. Approve it first.")
    check_favourite(session, image, seen)
    with decision(session, image, EventKind.VARIANT_SELECTED, actor):
        clear_selection(session, image.character_id)
        image.is_selected, image.selected_at = True, utc_now()
    return image


def unselect(session: Session, image_id: str, *, actor: str) -> CharacterImage:
    """End this variant's being the favourite, so that there is none. Nothing changes where it is not.

    Raises NotFound.
    """
    image = lock_image(session, image_id)
    if image.is_selected:
        with decision(session, image, EventKind.VARIANT_UNSELECTED, actor):
            image.is_selected, image.selected_at = False, None
    return image


def review(
    session: Session,
    image_id: str,
    *,
    review: Review,
    actor: str,
    reason: str | None = None,
    code: RejectCode | None = None,
    seen: Seen | None = None,
) -> CharacterImage:
    """Write what a person says of a variant. A rejection needs a reason and ends its being the favourite.

    An approval has seen the character's other pictures, too: none of them waits for review any more. Nor
    does one that a person has rejected; what the machine holds back (`UNDRESSED`) waits for a person.
    Raises NotFound, IllegalStep, DecidedMeanwhile where it is not as `seen` any more.
    """
    image = lock_image(session, image_id)
    code = (code or RejectCode.OTHER) if review is Review.REJECTED else None
    was_held = image.review_code == RejectCode.NOT_COMPARED.value
    if image.review is review and (image.review_reason, image.review_code) == (reason, code):
        return image
    if image.review is not review:
        check_review(session, image, seen)
        if review not in REVIEWS[image.review]:
            raise IllegalStep(
                told(
                    "A picture can't go from %(review)s to %(to)s.",
                    review=image.review,
                    to=review,
                )
            )
    if review is Review.REJECTED and not reason:
        raise IllegalStep("Say why the picture is rejected.")
    with decision(session, image, EventKind.of_review(review), actor, reason=reason):
        if review is Review.REJECTED:
            image.is_selected, image.selected_at = False, None
            image.awaits_review = code is RejectCode.UNDRESSED
        elif review is Review.PROPOSED:
            image.awaits_review = True
        else:
            settle_waiting(session, image.character_id)
        image.review, image.review_reason, image.review_code = review, reason, code
    if was_held:
        enter_held_notice(session, image.character_id)
    return image


def _is_numbered(session: Session, character_id: str, style: str, framing: str, ordinal: int) -> bool:
    """Whether a picture of this style and framing has this number already."""
    query = sa.select(CharacterImage.id).where(
        CharacterImage.character_id == character_id,
        CharacterImage.style == style,
        CharacterImage.framing == framing,
        CharacterImage.ordinal == ordinal,
    )
    return session.scalar(query) is not None


def _free_ordinal(session: Session, character_id: str, style: str, framing: str) -> int:
    """A number that no picture of the style and framing has, and none that was ordered waits for."""
    ordered = sa.select(sa.func.max(OrderedPicture.ordinal)).where(
        OrderedPicture.character_id == character_id,
        OrderedPicture.style == style,
        OrderedPicture.framing == framing,
    )
    return max(next_ordinal(session, character_id, style, framing), (session.scalar(ordered) or 0) + 1)


def _check_not_erased(session: Session, character_id: str) -> None:
    lifecycle.lock_living(session, characters.get(session, character_id))


def seconds_lately(session: Session, count: int) -> float | None:
    """What drawing took on average, of the newest `count` pictures; None where none was timed."""
    newest = sa.select(CharacterImage.seconds).order_by(CharacterImage.id.desc()).limit(count).subquery()
    known = session.scalar(sa.select(sa.func.avg(newest.c.seconds)))
    return None if known is None else float(known)
