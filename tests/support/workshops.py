"""A workshop on a real SQLite record and a real store on disk, and the first things that stand in it."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.engine import Record
from db.repositories import orders
from tasks.create_character import create_character
from tasks.describe_photo import describe_photo
from tasks.intake.normalize import NormalisedPhoto
from tasks.providers.protocols import ImageProvider, Photo
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Workshop
from tasks.write_prompt import PictureWork, write_prompt
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture


@contextmanager
def open_workshop(folder: Path, migrated: Path, image: ImageProvider | None = None) -> Iterator[Workshop]:
    """A workshop in `folder`, on a copy of the record in `migrated`; its providers keep books."""
    url = f"sqlite:///{shutil.copy(migrated, folder / 'record.db')}"
    tools = Workshop(
        record=Record(url),
        store=DiskStore(folder / "store", base_url="http://127.0.0.1:7860", secret=b"s" * 32),
        vision=BookkeepingVision(),
        image=image or BookkeepingImage(),
    )
    yield tools
    tools.record.close()


def new_character(tools: Workshop, shade: int = 90) -> str:
    """The id of a character whose photo is a plain square of its own `shade`."""
    data = a_picture((shade, 90, 90))
    photo = Photo(data=data, sha256=hashlib.sha256(data).hexdigest(), width=82, height=102)
    return create_character(
        tools,
        photo=NormalisedPhoto(photo=photo, faces=1, warnings=[]),
        name="Ada",
        gender="girl",
        consent=True,
    )


def order_pictures(tools: Workshop, character_id: str, *styles: str) -> None:
    """Say that a person has ordered a picture in each of `styles`."""
    with tools.record.writing() as session:
        orders.add(session, [(character_id, style, 1) for style in styles], run_token="asked")


def new_work(tools: Workshop, style: str = "storybook") -> PictureWork:
    """A first picture of a new character, described and with its prompt written."""
    character_id = new_character(tools)
    profile_id = describe_photo(tools, character_id)
    return write_prompt(tools, character_id=character_id, profile_id=profile_id, style=style, ordinal=1)
