"""A workshop with real SQLite, real files and bookkeeping providers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import Record
from db.migrate import upgrade
from tasks.create_character import create_character
from tasks.normalise_photo import NormalisedPhoto
from tasks.providers.protocols import Photo
from tasks.providers.store_disk import DiskStore
from tasks.workshop import Workshop
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    url = f"sqlite:///{tmp_path / 'record.db'}"
    upgrade(url)
    shop = Workshop(
        record=Record(url),
        store=DiskStore(tmp_path / "store", base_url="http://127.0.0.1:7860", secret=b"s" * 32),
        vision=BookkeepingVision(),
        image=BookkeepingImage(),
    )
    monkeypatch.setattr("tasks.step_functions.workshop", lambda: shop)
    monkeypatch.setattr("tasks.batching.workshop", lambda: shop)
    # What the local engine sees has its own tests; here the photo is a plain square.
    monkeypatch.setattr("tasks.step_functions.look_again", lambda _shop, _character: [])
    monkeypatch.setattr("tasks.retries.DELAYS", (0.0, 0.0, 0.0))
    monkeypatch.setattr("tasks.step_functions.DELAYS", (0.0, 0.0, 0.0))
    yield shop
    shop.record.close()


@pytest.fixture
def character_id(tools: Workshop) -> str:
    return new_character(tools)


def new_character(tools: Workshop, shade: int = 90) -> str:
    import hashlib

    data = a_picture((shade, 90, 90))
    photo = Photo(data=data, sha256=hashlib.sha256(data).hexdigest(), width=82, height=102)
    return create_character(
        tools,
        photo=NormalisedPhoto(photo=photo, faces=1, warnings=[]),
        name="Ada",
        gender="girl",
        consent=True,
    )
