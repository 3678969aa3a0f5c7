"""The character's photo, out of the store again."""

import hashlib

from db.repositories import assets, characters
from tasks.errors import PhotoRefused, StoreError
from tasks.providers.protocols import Photo
from tasks.workshop import Workshop


def stored_photo(workshop: Workshop, character_id: str) -> Photo:
    """The normalised photo of a character, its bytes checked against the digest on record.

    Raises PhotoRefused (`photo_gone`) when the character has none, StoreError when the bytes are not the
    ones that were kept.
    """
    with workshop.record.reading() as session:
        asset_id = characters.get(session, character_id).photo_asset_id
        if asset_id is None:
            raise PhotoRefused("This character's photo is gone. Upload it again.", code="photo_gone")
        asset = assets.get(session, asset_id)
    data = workshop.store.get(asset.storage_key)
    if hashlib.sha256(data).hexdigest() != asset.sha256:
        raise StoreError("The stored photo is damaged. Upload it again.", code="store_conflict")
    return Photo(
        data=data,
        sha256=asset.sha256,
        width=asset.width,
        height=asset.height,
        storage_key=asset.storage_key,
    )
