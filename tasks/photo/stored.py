"""The character's photo, out of the store again."""

from db.repositories import assets, characters
from tasks.errors import PhotoRefused
from tasks.providers.protocols import Photo
from tasks.runtime import Runtime
from tasks.storage.verified_bytes import verified_bytes


def stored_photo(runtime: Runtime, character_id: str) -> Photo:
    """The normalized photo of a character, its bytes checked against the digest on record.

    Raises PhotoRefused (`photo_gone`) when the character has none, StoreError when the bytes are missing or
    not the ones that were kept.
    """
    with runtime.record.reading() as session:
        asset_id = characters.get(session, character_id).photo_asset_id
        if asset_id is None:
            raise PhotoRefused("This character's photo is gone. Upload it again.", code="photo_gone")
        asset = assets.get(session, asset_id)
    data = verified_bytes(runtime, asset.storage_key)
    return Photo(
        data=data,
        sha256=asset.sha256,
        width=asset.width,
        height=asset.height,
        storage_key=asset.storage_key,
    )
