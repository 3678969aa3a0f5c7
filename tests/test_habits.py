"""What a checkout promises of itself: one version, named dependencies, examples that run, a history."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest

from db.settings import PROJECT
from tests.mutants import TARGETS
from tests.tasks.conftest import weights

__all__ = ["weights"]

FLOORS = ("db", "tasks", "flows", "ui", "migrations")
EXAMPLES = {"shell": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}
_EXAMPLE = re.compile(r"^```(shell|python) runnable\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_REQUIREMENT = re.compile(r"^([a-zA-Z0-9._-]+)", re.MULTILINE)


def examples() -> list[tuple[str, str, str]]:
    """Where it stands, its language and its text, of every block that is marked as runnable."""
    pages = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
    return [
        (f"{page.relative_to(PROJECT)}:{text.count(chr(10), 0, found.start()) + 1}", found[1], found[2])
        for page in pages
        for text in [page.read_text("utf-8")]
        for found in _EXAMPLE.finditer(text)
    ]


def test_there_are_examples_to_run() -> None:
    assert any(place.startswith("README.md") for place, _language, _text in examples())


@pytest.mark.parametrize(
    ("language", "text"), [each[1:] for each in examples()], ids=[e[0] for e in examples()]
)
def test_an_example_of_the_documents_runs(language: str, text: str, tmp_path: Path, weights: Path) -> None:
    """In an empty folder beside a photo, with an empty data folder."""
    shutil.copy(PROJECT / "flows" / "launch" / "demo_photo.jpg", tmp_path / "photo.jpg")
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(tmp_path),
        "STORYKIN_HOME": str(tmp_path / "home"),
        "STORYKIN_MODELS_DIR": str(weights),
    }
    done = subprocess.run(
        [*EXAMPLES[language], text],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_there_is_one_version() -> None:
    written = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    said = subprocess.run(
        [sys.executable, "-m", "ui.cli", "--version"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["storykin", written]
    assert version("storykin") == written


def test_the_changelog_begins_with_what_is_not_released_or_with_this_version() -> None:
    newest = re.search(r"^## \[(.+?)\]", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] in ("Unreleased", version("storykin"))


def test_whatever_is_imported_is_named_in_the_requirements() -> None:
    """A package that only another one brings along goes when that one lets it go."""
    text = (PROJECT / "requirements.in").read_text()
    named = {_plain(name) for name in _REQUIREMENT.findall(text)}
    where = packages_distributions()
    imported = {
        module
        for floor in FLOORS
        for file in (PROJECT / floor).rglob("*.py")
        for module in modules_of(ast.parse(file.read_text("utf-8")))
    }
    strangers = imported - set(sys.stdlib_module_names) - set(FLOORS)
    missing = {
        module for module in strangers if not named & {_plain(each) for each in where.get(module, [module])}
    }
    assert missing == set()


def modules_of(tree: ast.Module) -> set[str]:
    """The packages that a file imports when it runs; what only a type checker imports stands in an `if`."""
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_no_pin_names_an_index() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert "://" not in (PROJECT / name).read_text()


@pytest.mark.skipif(not (PROJECT / ".git").exists(), reason="this is no checkout")
def test_what_blame_leaves_out_is_in_the_history() -> None:
    for line in (PROJECT / ".git-blame-ignore-revs").read_text().splitlines():
        if line and not line.startswith("#"):
            found = subprocess.run(
                ["git", "cat-file", "-t", line], cwd=PROJECT, capture_output=True, text=True, check=False
            )
            shallow = (PROJECT / ".git" / "shallow").exists()
            assert found.stdout.strip() == "commit" or shallow, line


@pytest.mark.parametrize("name", TARGETS)
def test_the_mutants_have_files_and_tests(name: str) -> None:
    tests = [each for each in TARGETS[name].tests if each.startswith("tests/")]
    assert tests
    assert [each for each in (*TARGETS[name].files, *tests) if not (PROJECT / each).exists()] == []


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not here")
def test_the_scripts_are_sound() -> None:
    scripts = [*sorted((PROJECT / "scripts").glob("*.sh")), PROJECT / ".ci" / "run"]
    done = subprocess.run(["shellcheck", *map(str, scripts)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
