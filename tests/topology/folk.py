"""Characters for a batch: taken in beforehand, each with a photo of its own and with pictures ordered."""

import hashlib
import io

from PIL import Image

from db.lifecycle import move
from db.models import CharacterStatus
from db.repositories import characters
from tasks.create_character import create_character
from tasks.intake.normalize import NormalizedPhoto, normalize_photo
from tasks.providers.protocols import Photo
from tasks.runtime import Runtime
from tests.support.runtimes import name_every_provider, order_pictures


def take_in(runtime: Runtime, photo: bytes, count: int, styles: tuple[str, ...]) -> list[str]:
    """The ids of `count` characters, whom a person has ordered in `styles`."""
    passed = normalize_photo(photo).photo
    made = []
    for number in range(count):
        own = NormalizedPhoto(photo=_another(passed, number), faces=1, warnings=[])
        character_id = create_character(runtime, photo=own, name="Ada", gender="girl", consent=True)
        name_every_provider(runtime, character_id)
        order_pictures(runtime, character_id, *styles)
        with runtime.record.writing() as session:
            for status in (CharacterStatus.QUEUED, CharacterStatus.READY):
                move(session, characters.get(session, character_id), status)
        made.append(character_id)
    return made


def _another(photo: Photo, number: int) -> Photo:
    """The same photo with its number in a corner: other bytes, the same face."""
    picture = Image.open(io.BytesIO(photo.data))
    for bit in range(12):
        shade = 255 if number >> bit & 1 else 0
        picture.paste((shade, shade, shade), (8 * bit, 0, 8 * bit + 8, 8))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=92)
    data = out.getvalue()
    return Photo(data=data, sha256=hashlib.sha256(data).hexdigest(), width=photo.width, height=photo.height)
