"""The bytes we keep: one row an object in the store."""

from collections.abc import Collection, Iterable
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.errors import Conflict, NotFound
from db.models import AssetKind, Character, CharacterImage, GeneratedAsset
from db.repositories.insert_once import insert_once


def get(session: Session, asset_id: str) -> GeneratedAsset:
    """The asset; NotFound if there is none."""
    asset = session.get(GeneratedAsset, asset_id)
    if asset is None:
        raise NotFound("There is no such asset.")
    return asset


def by_key(session: Session, storage_key: str) -> GeneratedAsset | None:
    """The asset under this storage key, or None."""
    return session.scalars(
        select(GeneratedAsset).where(GeneratedAsset.storage_key == storage_key)
    ).one_or_none()


def by_digest(session: Session, sha256: str) -> GeneratedAsset | None:
    """An asset with these bytes, or None; the oldest, where several are the same."""
    query = select(GeneratedAsset).where(GeneratedAsset.sha256 == sha256)
    return session.scalars(query.order_by(GeneratedAsset.id).limit(1)).one_or_none()


def known_digests(session: Session, digests: Iterable[str]) -> set[str]:
    """Those of `digests` that are an asset's."""
    found: set[str] = set()
    wanted = iter(dict.fromkeys(digests))
    while some := list(islice(wanted, 500)):
        query = select(GeneratedAsset.sha256).where(GeneratedAsset.sha256.in_(some))
        found.update(session.scalars(query))
    return found


def characters_shown(session: Session, sha256: str) -> list[str]:
    """Ids of the characters whose photo, or one of whose pictures, are these bytes."""
    these = select(GeneratedAsset.id).where(GeneratedAsset.sha256 == sha256)
    pictures = select(CharacterImage.character_id).where(CharacterImage.asset_id.in_(these))
    photos = select(Character.id).where(Character.photo_asset_id.in_(these))
    return list(session.scalars(pictures.union(photos)))


def ensure(
    session: Session,
    *,
    kind: AssetKind,
    storage_key: str,
    sha256: str,
    content_type: str,
    size_bytes: int,
    width: int,
    height: int,
    prompt_artifact_id: str | None = None,
) -> GeneratedAsset:
    """The row that names the bytes under `storage_key`, written now or before. Store the bytes first.

    Raises Conflict when other bytes are on record under the same key.
    """
    found = by_key(session, storage_key)
    if found is None:
        values = {
            "kind": kind,
            "storage_key": storage_key,
            "sha256": sha256,
            "content_type": content_type,
            "size_bytes": size_bytes,
            "width": width,
            "height": height,
            "prompt_artifact_id": prompt_artifact_id,
        }
        insert_once(session, GeneratedAsset, values)
        found = by_key(session, storage_key)
        assert found is not None  # just inserted, by us or by another
    if found.sha256 != sha256:
        raise Conflict("Other bytes are on record under the same storage key.")
    return found


def newest(session: Session, limit: int) -> list[GeneratedAsset]:
    """The assets written last, newest first."""
    return list(session.scalars(select(GeneratedAsset).order_by(GeneratedAsset.id.desc()).limit(limit)))


def count(session: Session) -> int:
    """How many objects the record names."""
    return session.scalar(select(func.count()).select_from(GeneratedAsset)) or 0


def after_key(session: Session, storage_key: str, limit: int) -> list[GeneratedAsset]:
    """The next `limit` assets by their keys, after this one."""
    query = select(GeneratedAsset).where(GeneratedAsset.storage_key > storage_key)
    return list(session.scalars(query.order_by(GeneratedAsset.storage_key).limit(limit)))


def known_among(session: Session, keys: Collection[str]) -> set[str]:
    """Those of `keys`, some thousand at most, that are on record."""
    if not keys:
        return set()
    found = select(GeneratedAsset.storage_key).where(GeneratedAsset.storage_key.in_(keys))
    return set(session.scalars(found))


def known_keys(session: Session, prefix: str = "") -> set[str]:
    """Every storage key on record under `prefix`: what the store holds beside these is orphaned."""
    keys = select(GeneratedAsset.storage_key).where(
        GeneratedAsset.storage_key.startswith(prefix, autoescape=True)
    )
    return set(session.scalars(keys.execution_options(yield_per=10_000)))
