"""What of the store is known to be damaged."""

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db.ids import utc_now
from db.models import Character, CharacterImage, DamagedObject, DamageKind, GeneratedAsset
from db.repositories.insert_once import insert_once


def find(session: Session, storage_key: str) -> DamagedObject | None:
    """What is known to be wrong with the bytes under this key, or None."""
    return session.get(DamagedObject, storage_key, populate_existing=True)


def record(session: Session, storage_key: str, kind: DamageKind) -> bool:
    """Write down that these bytes are damaged; False when that is known already."""
    if find(session, storage_key) is not None:
        return False
    insert_once(session, DamagedObject, {"storage_key": storage_key, "kind": kind, "found_at": utc_now()})
    return True


def remove(session: Session, storage_key: str) -> bool:
    """The bytes are there again, or no row names them any more; False when nothing was known of them."""
    if find(session, storage_key) is None:
        return False
    session.execute(delete(DamagedObject).where(DamagedObject.storage_key == storage_key))
    return True


def every(session: Session) -> list[DamagedObject]:
    """Everything that is damaged and that a row names still, by key."""
    query = select(DamagedObject).join(
        GeneratedAsset, GeneratedAsset.storage_key == DamagedObject.storage_key
    )
    return list(session.scalars(query.order_by(DamagedObject.storage_key)))


def count(session: Session) -> int:
    """How many `every` finds."""
    named = select(GeneratedAsset.id).where(GeneratedAsset.storage_key == DamagedObject.storage_key)
    return session.scalar(select(func.count()).select_from(DamagedObject).where(named.exists())) or 0


def characters_with(session: Session, asset_id: str) -> list[str]:
    """The characters whose photo or picture these bytes are."""
    photos = select(Character.id).where(Character.photo_asset_id == asset_id)
    pictures = select(CharacterImage.character_id).where(CharacterImage.asset_id == asset_id)
    return sorted(set(session.scalars(photos.union(pictures))))
