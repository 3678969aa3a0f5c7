"""What the work key of a written prompt holds, and where the picture that it names lies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.repositories import assets
from tasks.describe_photo import describe_photo
from tasks.illustrate import illustrate
from tasks.runtime import Runtime
from tasks.write_prompt import write_prompt
from tests.support.runtimes import new_character, new_work, open_runtime


@pytest.fixture
def runtime(tmp_path: Path, migrated_record: Path) -> Iterator[Runtime]:
    with open_runtime(tmp_path, migrated_record) as runtime:
        yield runtime


def test_another_version_of_the_template_is_other_work(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    character_id = new_character(runtime)
    profile_id = describe_photo(runtime, character_id)

    def key() -> str:
        return write_prompt(
            runtime, character_id=character_id, profile_id=profile_id, style="flat", ordinal=1
        ).work_key

    before = key()
    assert key() == before
    monkeypatch.setattr("tasks.write_prompt.TEMPLATE_VERSION", "prompt-of-another-day")
    assert key() != before


def test_a_picture_lies_where_the_work_key_says(runtime: Runtime) -> None:
    """The address is published: pictures that are kept, and any that a crash has left, are found by it."""
    work = new_work(runtime)
    asset_id = illustrate(runtime, work)
    with runtime.record.reading() as session:
        kept = assets.get(session, asset_id)
    assert kept.storage_key == f"pictures/{work.work_key[:2]}/{work.work_key}.png"
