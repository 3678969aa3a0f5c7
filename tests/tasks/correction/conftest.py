"""A described character on a real record."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from db.repositories import assets, characters, profiles, users
from tasks.runtime import Runtime
from tests.support.runtimes import new_character, open_runtime
from tests.tasks.profiles import a_profile


@dataclass(frozen=True)
class Described:
    """A character with version 1 of its profile, and somebody who works here."""

    id: str
    profile_id: str
    user: str


@pytest.fixture
def runtime(tmp_path: Path, migrated_record: Path) -> Iterator[Runtime]:
    with open_runtime(tmp_path, migrated_record) as opened:
        yield opened


@pytest.fixture
def described(runtime: Runtime) -> Described:
    character_id = new_character(runtime)
    with runtime.record.writing() as session:
        photo_id = characters.get(session, character_id).photo_asset_id
        assert photo_id is not None
        row = profiles.add(
            session,
            character_id=character_id,
            source="local",
            content=a_profile().model_dump(mode="json"),
            photo_sha256=assets.get(session, photo_id).sha256,
            model="local-vision-2",
        )
        return Described(character_id, row.id, users.ensure_operator(session).id)
