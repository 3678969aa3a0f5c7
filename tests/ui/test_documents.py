"""What the documents say is what the program does."""

import argparse
import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from db.settings import PROJECT
from tests.support.settings_docs import TABLE, env_example, fields, readme_table
from ui.cli.parser import build_parser
from ui.settings import SETTINGS

README = (PROJECT / "README.md").read_text()


def test_the_example_environment_names_every_setting_and_its_default() -> None:
    assert (PROJECT / ".env.example").read_text() == env_example()


def test_the_readme_lists_every_setting() -> None:
    found = TABLE.search(README)
    assert found is not None
    assert readme_table() in found[0]


def test_every_setting_is_described_and_named_once() -> None:
    names = [name for name, _ in fields()]
    assert len(names) == len(set(names))
    assert all(info.description and info.description.endswith(".") for _, info in fields())


def test_every_command_in_the_readme_exists() -> None:
    commands = next(
        action.choices
        for action in build_parser()._actions
        if isinstance(action, argparse._SubParsersAction) and action.choices
    )
    mentioned = set(re.findall(r"bin/storykin (\w+)", README))
    assert mentioned and mentioned <= set(commands)


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    mentioned = set(re.findall(r"`make (\w+)`|^make (\w+)", README, re.MULTILINE))
    assert {one or other for one, other in mentioned} <= targets


def test_what_the_documents_point_to_is_there() -> None:
    pages = [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")]
    assert len(pages) > 1
    for page in pages:
        text = page.read_text(encoding="utf-8")
        named = re.findall(r"`((?:tests|docs|tasks|db|flows|ui|migrations)/[\w/]+\.\w+)`", text)
        linked = re.findall(r"\]\(([\w./]+)\)", text)
        lost = [each for each in named if not (PROJECT / each).exists()]
        lost += [each for each in linked if not (page.parent / each).exists()]
        assert not lost, f"{page.name} names {lost}"


@pytest.mark.parametrize("each", SETTINGS)
def test_a_setting_is_set_by_its_own_name_and_by_nothing_else(
    each: type[BaseSettings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # no .env here
    names = {name for name, _ in fields()}
    for name in names:
        monkeypatch.delenv(name, raising=False)
    expected = each().model_dump()
    for field in {field.upper() for field in each.model_fields} - names:
        monkeypatch.setenv(field, "9")  # HOME, HOST, PORT, IMAGE: somebody else's variables
    assert each().model_dump() == expected
