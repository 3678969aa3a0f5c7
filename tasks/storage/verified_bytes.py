"""Bytes out of the store, verified: what is not what the record names is never shown or handed on."""

import hashlib

from db.engine import Session
from db.event_kinds import EventKind
from db.log import Log
from db.models import AssetKind, DamageKind, GeneratedAsset
from db.repositories import assets, damages, events
from db.told import told
from tasks.errors import StoreError
from tasks.providers.protocols import Store
from tasks.storage import quarantine
from tasks.storage.binding import RecordAndStore

log = Log("store")

DAMAGED = "store_damaged"
_WHAT = {
    AssetKind.PHOTO: told("photo"),
    AssetKind.VARIANT: told("picture"),
    AssetKind.THUMBNAIL: told("small picture"),
}


def verified_bytes(pair: RecordAndStore, storage_key: str) -> bytes:
    """The bytes under `storage_key`, as they are on record; without a row, as the store itself knows them.

    Bytes that have gone to quarantine come back. What is missing or altered is written down, told on its
    character's timeline, and raised as StoreError (`object_missing`, `store_damaged`). RecordError.
    """
    with pair.record.reading() as session:
        asset = assets.by_key(session, storage_key)
    if asset is None:
        return _by_the_stores_word(pair.store, storage_key)
    data = intact_bytes(pair.store, asset)
    if data is not None:
        return data
    kind = note_damage(pair, asset)
    if kind is DamageKind.MISSING:
        raise StoreError("This picture is no longer kept.", code="object_missing")
    raise _damaged()


def intact_bytes(store: Store, asset: GeneratedAsset) -> bytes | None:
    """The bytes of `asset` where they should be or in quarantine, if they are right; None otherwise."""
    data = read_if_there(store, asset.storage_key)
    if data is None and quarantine.bring_back(store, asset.storage_key) is not None:
        data = read_if_there(store, asset.storage_key)
    return data if data is not None and digest_of_bytes(data) == asset.sha256 else None


def note_damage(pair: RecordAndStore, asset: GeneratedAsset) -> DamageKind:
    """Write down what is wrong with the bytes of `asset`, once, and tell its characters."""
    missing = read_if_there(pair.store, asset.storage_key) is None
    kind = DamageKind.MISSING if missing else DamageKind.ALTERED
    with pair.record.writing() as session:
        if damages.record(session, asset.storage_key, kind):
            what = _WHAT[asset.kind]
            if missing:
                message = told("A %(what)s is missing from the store. It is not shown or used.", what=what)
            else:
                message = told("A %(what)s is damaged in the store. It is not shown or used.", what=what)
            _add_events(session, asset, EventKind.OBJECT_DAMAGED, message)
            log.error("object damaged", code=kind.value, asset_id=asset.id)
    return kind


def note_intact(pair: RecordAndStore, asset: GeneratedAsset) -> None:
    """Forget a damage that is no more, and tell its characters."""
    with pair.record.reading() as session:
        known = damages.find(session, asset.storage_key)
    if known is None:
        return
    with pair.record.writing() as session:
        if damages.remove(session, asset.storage_key):
            message = told("A damaged %(what)s is whole again.", what=_WHAT[asset.kind])
            _add_events(session, asset, EventKind.OBJECT_RESTORED, message)


def read_if_there(store: Store, key: str) -> bytes | None:
    """The bytes under `key`, whatever they are; None when there are none."""
    try:
        return store.get(key)
    except StoreError as error:
        if error.code != "object_missing":
            raise
        return None


def digest_of_bytes(data: bytes) -> str:
    """Their SHA-256, as the record keeps it."""
    return hashlib.sha256(data).hexdigest()


def _by_the_stores_word(store: Store, key: str) -> bytes:
    data, known = store.get(key), store.head(key)
    if known is not None and known.sha256 != digest_of_bytes(data):
        raise _damaged()
    return data


def _damaged() -> StoreError:
    return StoreError(
        "What the store holds under this name is damaged, so it is not shown. `storykin doctor` tells more.",
        code=DAMAGED,
    )


def _add_events(session: Session, asset: GeneratedAsset, kind: EventKind, message: str) -> None:
    for character_id in damages.characters_with(session, asset.id):
        events.add(
            session,
            kind=kind,
            actor="system",
            message=message,
            character_id=character_id,
            data={"asset_id": asset.id},
        )
