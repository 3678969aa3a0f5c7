"""What people have ordered of a character, and what of it is missing."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import Session

from db.ids import new_id, utc_now
from db.models import CharacterImage, OrderedPicture, UsedUpload
from db.models.orders import DRAFT, PORTRAIT
from db.repositories.insert_once import insert_each_once, insert_once


def add(
    session: Session,
    ordered: Iterable[tuple[str, str, int]],
    *,
    run_token: str,
    framing: str = PORTRAIT,
    resolution: str = DRAFT,
) -> None:
    """Write down (character id, style, ordinal) as ordered. What was ordered already stays as it was, but
    for the resolution of what is not drawn: a picture for print may be ordered of what was a draft. Asked
    for again as a draft, as "try again" does, it stays a picture for print.
    """
    ordered = list(ordered)
    made_at = utc_now()
    rows = [
        {
            "id": new_id(),
            "created_at": made_at,
            "character_id": character_id,
            "style": style,
            "framing": framing,
            "ordinal": ordinal,
            "resolution": resolution,
            "run_token": run_token,
        }
        for character_id, style, ordinal in ordered
    ]
    insert_each_once(session, OrderedPicture, rows)
    if resolution == DRAFT:
        return
    for character_id, style, ordinal in ordered:
        waiting = update(OrderedPicture).where(
            OrderedPicture.character_id == character_id,
            OrderedPicture.style == style,
            OrderedPicture.framing == framing,
            OrderedPicture.ordinal == ordinal,
            OrderedPicture.resolution != resolution,
            ~is_drawn(),
        )
        session.execute(waiting.values(resolution=resolution))


def of_character(session: Session, character_id: str) -> list[OrderedPicture]:
    """Every picture that was ordered of a character, by style, framing and number."""
    query = select(OrderedPicture).where(OrderedPicture.character_id == character_id)
    in_order = (OrderedPicture.style, OrderedPicture.framing, OrderedPicture.ordinal)
    return list(session.scalars(query.order_by(*in_order)))


def withdraw(session: Session, character_id: str, styles: Collection[str]) -> None:
    """Take back what is ordered in these styles and not drawn."""
    waiting = delete(OrderedPicture).where(
        OrderedPicture.character_id == character_id, OrderedPicture.style.in_(styles), ~is_drawn()
    )
    session.execute(waiting.execution_options(synchronize_session="fetch"))


def missing(session: Session, character_id: str) -> set[tuple[str, str]]:
    """The (style, framing) in which a picture was ordered that has not been drawn. A rejected one has."""
    query = select(OrderedPicture.style, OrderedPicture.framing)
    query = query.where(OrderedPicture.character_id == character_id, ~is_drawn())
    return {(style, framing) for style, framing in session.execute(query)}


def is_drawn() -> ColumnElement[bool]:
    """Whether the ordered picture of the enclosing query is there, whatever a person said of it."""
    return exists().where(
        CharacterImage.character_id == OrderedPicture.character_id,
        CharacterImage.style == OrderedPicture.style,
        CharacterImage.framing == OrderedPicture.framing,
        CharacterImage.ordinal == OrderedPicture.ordinal,
    )


def use_upload(
    session: Session, upload_key: str, *, character_id: str, run_token: str, request_digest: str
) -> UsedUpload:
    """Say that `character_id` is made of this upload; returns the row that holds, of another if it was first.

    Of two at the same moment the second waits until the first has committed, and is given its row.
    """
    values: Mapping[str, object] = {
        "upload_key": upload_key,
        "created_at": utc_now(),
        "character_id": character_id,
        "run_token": run_token,
        "request_digest": request_digest,
    }
    insert_once(session, UsedUpload, values)
    return session.scalars(select(UsedUpload).where(UsedUpload.upload_key == upload_key)).one()


def find_used_upload(session: Session, upload_key: str) -> UsedUpload | None:
    """What was made of this upload, or None."""
    return session.get(UsedUpload, upload_key)
