"""The character's photo, and a drawing that goes along with it, out of the store again."""

import io

from PIL import Image

from db.repositories import assets, characters, images
from tasks.errors import PhotoRefused, StoreError
from tasks.photo.pixels import picture_pixels
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


def stored_drawing(runtime: Runtime, character_id: str, sha256: str) -> Photo:
    """One of the character's pictures as a JPEG that can be handed on, by the digest of what is kept.

    Raises StoreError where it is no longer kept, or is not what was kept.
    """
    with runtime.record.reading() as session:
        kept = (each.asset for each in images.of_character(session, character_id))
        asset = next((each for each in kept if each.sha256 == sha256), None)
    if asset is None:
        raise StoreError("The favourite that was to go along is no longer kept.", code="object_missing")
    file = io.BytesIO()
    picture = Image.fromarray(picture_pixels(verified_bytes(runtime, asset.storage_key)))
    picture.save(file, "JPEG", quality=95)
    return Photo(file.getvalue(), sha256, picture.width, picture.height, asset.storage_key)
