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
    style_catalog.cache_clear()
    yield folder
    monkeypatch.undo()
    style_catalog.cache_clear()
