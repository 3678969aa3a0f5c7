"""A studio for each test, on a real SQLite record and a real store on disk."""

import shutil
from pathlib import Path

import pytest

from tests.support.studio import StandInStudio, stand_in_studio


@pytest.fixture
def studio(home: Path, migrated_record: Path) -> StandInStudio:
    shutil.copy(migrated_record, home / "storykin.db")
    return stand_in_studio(home)
