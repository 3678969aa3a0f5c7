"""A studio with a character of two pictures."""

import shutil
from pathlib import Path

import pytest

from db.repositories import images
from db.repositories.images import Variant
from tests.support.studio import StandInStudio, stand_in_studio


@pytest.fixture
def studio(home: Path, migrated_record: Path) -> StandInStudio:
    shutil.copy(migrated_record, home / "storykin.db")
    return stand_in_studio(home)


@pytest.fixture
def variants(studio: StandInStudio) -> list[Variant]:
    character_id = studio.character()
    with studio.services.record.reading() as session:
        return images.of_character(session, character_id)
