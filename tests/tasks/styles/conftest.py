"""A folder of styles of one's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.styles.packs import style_catalog


@pytest.fixture
def own_styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that STORYKIN_STYLES_DIR names. Fill it before anything asks for a style."""
    folder = tmp_path / "own-styles"
    folder.mkdir()
    monkeypatch.setenv("STORYKIN_STYLES_DIR", str(folder))
    _forget_the_styles()
    yield folder
    monkeypatch.undo()
    _forget_the_styles()


def _forget_the_styles() -> None:
    """What a process reads once."""
    style_catalog.cache_clear()
