"""A runtime on a real SQLite record and a real store on disk, and the first things that stand in it."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.engine import Record
from db.repositories import orders
from tasks.consent.record import record_consent
from tasks.create_character import create_character
from tasks.describe_photo import describe_photo
from tasks.intake.normalize import NormalizedPhoto
from tasks.providers.protocols import ImageProvider, Photo
from tasks.providers.specs import all_specs
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Runtime
from tasks.write_prompt import PictureWork, write_prompt
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture


@contextmanager
def open_runtime(folder: Path, migrated: Path, image: ImageProvider | None = None) -> Iterator[Runtime]:
    """A runtime in `folder`, on a copy of the record in `migrated`; its providers keep books."""
    url = f"sqlite:///{shutil.copy(migrated, folder / 'record.db')}"
    runtime = Runtime(
        record=Record(url),
        store=DiskStore(folder / "store", base_url="http://127.0.0.1:7860", secret=b"s" * 32),
        vision=BookkeepingVision(),
        image=image or BookkeepingImage(),
    )
    yield runtime
    runtime.record.close()


def new_character(runtime: Runtime, shade: int = 90) -> str:
    """The id of a character whose photo is a plain square of its own `shade`; every provider may have it."""
    data = a_picture((shade, 90, 90))
    photo = Photo(data=data, sha256=hashlib.sha256(data).hexdigest(), width=82, height=102)
    character_id = create_character(
        runtime,
        photo=NormalizedPhoto(photo=photo, faces=1, warnings=[]),
        name="Ada",
        gender="girl",
        consent=True,
    )
    name_every_provider(runtime, character_id)
    return character_id


def name_every_provider(runtime: Runtime, character_id: str) -> None:
    """Record a consent by which every provider may have the photo of that character."""
    with runtime.record.writing() as session:
        record_consent(session, character_id, processors=list(all_specs()), by=None)


def order_pictures(runtime: Runtime, character_id: str, *styles: str) -> None:
    """Say that a person has ordered a picture in each of `styles`."""
    with runtime.record.writing() as session:
        orders.add(session, [(character_id, style, 1) for style in styles], run_token="asked")


def new_work(runtime: Runtime, style: str = "storybook") -> PictureWork:
    """A first picture of a new character, described and with its prompt written."""
    character_id = new_character(runtime)
    profile_id = describe_photo(runtime, character_id)
    return write_prompt(runtime, character_id=character_id, profile_id=profile_id, style=style, ordinal=1)
