"""A studio for each test, on a real SQLite record and a real store on disk."""

import shutil
from pathlib import Path

import pytest

from db import migrate
from tests.support.studio import StandInStudio, stand_in_studio


@pytest.fixture(scope="session")
def migrated_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: a test need not wait for migrations."""
    file = tmp_path_factory.mktemp("studio-record") / "storykin.db"
    migrate.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def studio(home: Path, migrated_record: Path) -> StandInStudio:
    shutil.copy(migrated_record, home / "storykin.db")
    return stand_in_studio(home)
