"""What a person decides about a variant, as an event that says what was before and can be taken back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from db import lifecycle
from db.errors import DecidedMeanwhile, NotFound
from db.event_kinds import EventKind
from db.ids import first_id_of
from db.models import CharacterImage, Event, Review
from db.repositories import characters, events
from db.told import told

_TOLD = {
    Review.PROPOSED: told("it is proposed again"),
    Review.APPROVED: told("it is approved"),
    Review.REJECTED: told("it is rejected"),
    Review.LOCKED: told("it is locked"),
}
_FAVOURITE = (told("none is the favourite"), told("another picture is the favourite"))
MEANWHILE = "Someone else has decided meanwhile: %(now)s. That stands, and nothing was changed. Look again."


@dataclass(frozen=True)
class Seen:
    """How a variant and its character stood when the person looked; None where nobody said."""

    review: Review | None = None
    favourite: str | None = None  # the id of the favourite, "" where there was none


def get(session: Session, image_id: str) -> CharacterImage:
    """The variant's row; NotFound if there is none."""
    image = session.get(CharacterImage, image_id)
    if image is None:
        raise NotFound("There is no such picture.")
    return image


def lock_image(session: Session, image_id: str) -> CharacterImage:
    """The image, read while its character's row is held: choices of one character queue."""
    image = get(session, image_id)
    lifecycle.lock(session, characters.get(session, image.character_id))
    session.refresh(image)
    return image


def clear_selection(session: Session, character_id: str) -> None:
    """Unselect first, in a statement of its own: the database allows one favourite at any moment."""
    session.execute(
        sa.update(CharacterImage)
        .where(CharacterImage.character_id == character_id, CharacterImage.is_selected)
        .values(is_selected=False, selected_at=None)
    )


def settle_waiting(session: Session, character_id: str) -> None:
    """None of the character's pictures waits for review any more."""
    session.execute(
        sa.update(CharacterImage)
        .where(CharacterImage.character_id == character_id, CharacterImage.awaits_review)
        .values(awaits_review=False)
    )


def check_review(session: Session, image: CharacterImage, seen: Seen | None) -> None:
    """Raise DecidedMeanwhile unless the variant is as the person saw it."""
    if seen and seen.review is not None and seen.review is not image.review:
        raise DecidedMeanwhile(told(MEANWHILE, now=_TOLD[image.review]))


def check_favourite(session: Session, image: CharacterImage, seen: Seen | None) -> None:
    """Raise DecidedMeanwhile unless the character's favourite is the one that the person saw."""
    if seen is None or seen.favourite is None:
        return
    now = _snapshot(session, image)["favourite"]
    if (now["id"] if now else "") != seen.favourite:
        raise DecidedMeanwhile(
            told(
                MEANWHILE,
                now=_FAVOURITE[now is not None],
            )
        )


@contextmanager
def decision(
    session: Session, image: CharacterImage, kind: EventKind, actor: str, **data: str | None
) -> Iterator[None]:
    """Around a change of a locked image: an event of `kind` with what the change found and what it left."""
    before = _snapshot(session, image)
    yield
    session.flush()
    after = _snapshot(session, image)
    changed = [name for name in before if before[name] != after[name]]
    told = {name: value for name, value in data.items() if value}
    _add_event(
        session,
        image,
        kind,
        actor,
        told | {"before": {n: before[n] for n in changed}, "after": {n: after[n] for n in changed}},
    )


def undo(session: Session, event_id: str, *, actor: str) -> CharacterImage:
    """Take the decision of that event back: everything is as it was before, the favourite too.

    Raises NotFound when there is no such decision, and DecidedMeanwhile when what it left has been changed
    since, or the favourite that it would bring back was rejected. Taking it back is itself an event.
    """
    made = session.get(Event, event_id)
    image_id = made.data.get("image_id") if made else None
    if made is None or not isinstance(image_id, str) or "before" not in made.data:
        raise NotFound("There is no such decision, so nothing was taken back.")
    image = lock_image(session, image_id)
    before, after = made.data["before"], made.data["after"]
    now = _snapshot(session, image)
    if any(not _still(now, name, after[name], before[name]) for name in after):
        raise DecidedMeanwhile(
            "This picture has been decided about again since, so the decision before that was not taken back."
        )
    with decision(session, image, EventKind.VARIANT_UNDONE, actor, undoes=made.id):
        _restore(session, image, before)
    return image


def newest(session: Session, character_id: str, *, after: str = "") -> Event | None:
    """The newest decision of a character that can be taken back, later than the event `after`; or None."""
    query = (
        sa.select(Event)
        .where(Event.character_id == character_id, Event.kind.in_(DECISIONS), Event.id > after)
        .order_by(Event.id.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def has_decided(session: Session, character_id: str, *, actor: str, since: datetime) -> bool:
    """Whether `actor` has decided something about the character, or taken it back, since then."""
    query = sa.select(Event.id).where(
        Event.character_id == character_id,
        Event.actor == actor,
        Event.kind.in_(DECISIONS),
        Event.id > first_id_of(since),
    )
    return session.scalars(query.limit(1)).one_or_none() is not None


def character_of(session: Session, event_id: str) -> str | None:
    """Whom an event is about; None where there is no such event, or it is about nobody."""
    return session.scalar(sa.select(Event.character_id).where(Event.id == event_id))


def newest_standing(session: Session, character_id: str) -> Event | None:
    """The newest decision of a character that was not taken back, and takes none back; or None."""
    query = (
        sa.select(Event)
        .where(Event.character_id == character_id, Event.kind.in_(DECISIONS))
        .order_by(Event.id.desc())
    )
    undone: set[str] = set()
    for made in session.scalars(query):
        if made.kind == EventKind.VARIANT_UNDONE:
            undone.add(made.data["undoes"])
        elif made.id not in undone and "before" in made.data:
            return made
    return None


DECISIONS = (
    EventKind.VARIANT_SELECTED,
    EventKind.VARIANT_UNSELECTED,
    *(EventKind.of_review(each) for each in Review),
    EventKind.VARIANT_UNDONE,
)


def _snapshot(session: Session, image: CharacterImage) -> dict[str, Any]:
    """What a decision may change, of the variant and of its character, as JSON."""
    query = sa.select(
        CharacterImage.id,
        CharacterImage.is_selected,
        CharacterImage.selected_at,
        CharacterImage.awaits_review,
    ).where(CharacterImage.character_id == image.character_id)
    rows = session.execute(query.order_by(CharacterImage.id)).all()
    favourite = next((row for row in rows if row.is_selected), None)
    return {
        "review": image.review.value,
        "reason": image.review_reason,
        "code": image.review_code,
        "favourite": {"id": favourite.id, "at": favourite.selected_at.isoformat()} if favourite else None,
        "awaiting": [row.id for row in rows if row.awaits_review],
    }


def _still(now: Mapping[str, Any], name: str, after: Any, before: Any) -> bool:
    """Whether what a decision left of `name` stands. Pictures that came since wait by themselves."""
    if name == "awaiting":
        return not set(before) - set(after) & set(now[name])
    return bool(now[name] == after)


def _restore(session: Session, image: CharacterImage, before: Mapping[str, Any]) -> None:
    own = CharacterImage.character_id == image.character_id
    if "favourite" in before:
        clear_selection(session, image.character_id)
    if "review" in before:
        if image.review is Review.LOCKED:  # unlocked first, as the database asks of everyone
            image.review = Review.APPROVED
            session.flush()
        image.review = Review(before["review"])
    if "reason" in before:
        image.review_reason = before["reason"]
    if "code" in before:
        image.review_code = before["code"]
    session.flush()
    if before.get("favourite"):
        told = before["favourite"]
        selected = session.execute(
            sa.update(CharacterImage)
            .where(own, CharacterImage.id == told["id"], CharacterImage.review != Review.REJECTED)
            .values(is_selected=True, selected_at=datetime.fromisoformat(told["at"]))
            .returning(CharacterImage.id)
        )
        if selected.one_or_none() is None:  # rejected since, or gone
            raise DecidedMeanwhile(
                "The favourite before has been rejected since, so this decision was not taken back."
            )
    if "awaiting" in before:
        waiting = CharacterImage.id.in_(before["awaiting"])
        session.execute(sa.update(CharacterImage).where(own, waiting).values(awaits_review=True))
    session.refresh(image)


def _add_event(
    session: Session, image: CharacterImage, kind: EventKind, actor: str, data: Mapping[str, Any]
) -> None:
    events.add(
        session,
        kind=kind,
        actor=actor,
        message=kind.sentence.format(style=image.style),
        character_id=image.character_id,
        data={"image_id": image.id, "style": image.style, **data},
    )
