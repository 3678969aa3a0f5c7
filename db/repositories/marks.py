"""Which picture a mark leads back to."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import CharacterImage, GeneratedAsset, PictureMark
from db.repositories.insert_once import insert_once


@dataclass(frozen=True)
class Marked:
    """What a mark leads to; `asset` and `image` are None once the picture is erased."""

    mark: PictureMark
    asset: GeneratedAsset | None
    image: CharacterImage | None


def is_known(session: Session, mark_id: str) -> bool:
    """Whether this mark is on record."""
    return session.get(PictureMark, mark_id) is not None


def remember(session: Session, mark_id: str, asset_id: str) -> None:
    """Put on record that `mark_id` is on the picture of this asset; once is enough."""
    insert_once(session, PictureMark, {"id": mark_id, "asset_id": asset_id})


def newest(session: Session) -> tuple[str, str] | None:
    """The newest mark whose picture is still there, with the digest of the picture's bytes."""
    query = select(PictureMark.id, GeneratedAsset.sha256).join(
        GeneratedAsset, GeneratedAsset.id == PictureMark.asset_id
    )
    found = session.execute(query.order_by(PictureMark.created_at.desc()).limit(1)).one_or_none()
    return (found[0], found[1]) if found else None


def find(session: Session, mark_id: str) -> Marked | None:
    """What `mark_id` leads to; None for a mark that this record does not know."""
    mark = session.get(PictureMark, mark_id)
    if mark is None:
        return None
    asset = session.get(GeneratedAsset, mark.asset_id) if mark.asset_id else None
    if asset is None:
        return Marked(mark, None, None)
    images = select(CharacterImage).where(CharacterImage.asset_id == asset.id).limit(1)
    found = session.scalars(images).first()
    return Marked(mark, asset, found)
