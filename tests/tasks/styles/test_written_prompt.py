"""What the work key of a written prompt holds, and where the picture that it names lies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.repositories import assets
from tasks.describe_photo import describe_photo
from tasks.illustrate import illustrate
from tasks.runtime import Workshop
from tasks.styles import prompt
from tasks.write_prompt import write_prompt
from tests.support.workshops import new_character, new_work, open_workshop


@pytest.fixture
def tools(tmp_path: Path, migrated_record: Path) -> Iterator[Workshop]:
    with open_workshop(tmp_path, migrated_record) as shop:
        yield shop


def test_another_version_of_the_template_is_other_work(
    tools: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    character_id = new_character(tools)
    profile_id = describe_photo(tools, character_id)

    def key() -> str:
        return write_prompt(
            tools, character_id=character_id, profile_id=profile_id, style="flat", ordinal=1
        ).work_key

    before = key()
    assert key() == before
    monkeypatch.setattr(prompt, "TEMPLATE_VERSION", f"{prompt.TEMPLATE_VERSION}-next")
    assert key() != before


def test_a_picture_lies_where_the_work_key_says(tools: Workshop) -> None:
    """The address is published: pictures that are kept, and any that a crash has left, are found by it."""
    work = new_work(tools)
    asset_id = illustrate(tools, work)
    with tools.record.reading() as session:
        kept = assets.get(session, asset_id)
    assert kept.storage_key == f"pictures/{work.work_key[:2]}/{work.work_key}.png"
