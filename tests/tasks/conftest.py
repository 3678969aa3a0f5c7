"""Photos of known people, and the weights of the local engine."""

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.perception.analysis import PersonAnalysis
from tasks.perception.analyze import analyze
from tasks.perception.character_sheet import CharacterSheet
from tasks.perception.measure_sheet import measure_sheet
from tasks.perception.weights import fetch_weights, missing_weights, models_dir
from tests.support.settings_of_process import settings_of_its_own

PHOTOS = Path(__file__).resolve().parents[1] / "photos"
Image = NDArray[np.uint8]


@pytest.fixture(scope="session")
def weights() -> Iterator[Path]:
    """The folder with every weight in it, wherever a test moves STORYKIN_HOME to."""
    with settings_of_its_own():  # not those that an earlier test's home has left behind
        folder = models_dir().resolve()
        fetch_weights()
        assert missing_weights() == []
    before = os.environ.get("STORYKIN_MODELS_DIR")
    os.environ["STORYKIN_MODELS_DIR"] = str(folder)
    yield folder
    if before is None:
        del os.environ["STORYKIN_MODELS_DIR"]
    else:
        os.environ["STORYKIN_MODELS_DIR"] = before


@pytest.fixture(scope="session")
def portrait(weights: Path) -> Callable[[str], Image]:
    """A public-domain photo by name, as BGR pixels of one's own."""

    def read(name: str) -> Image:
        image = cv2.imread(str(PHOTOS / f"{name}.jpg"), cv2.IMREAD_COLOR)
        assert image is not None
        return np.asarray(image, np.uint8)

    return read


@pytest.fixture(scope="session")
def seen(portrait: Callable[[str], Image]) -> Callable[[str], PersonAnalysis]:
    """The analysis of a public-domain photo, made once."""

    @cache
    def look(name: str) -> PersonAnalysis:
        return analyze(portrait(name))

    return look


@pytest.fixture(scope="session")
def sheet(seen: Callable[[str], PersonAnalysis]) -> Callable[[str], CharacterSheet]:
    """The character sheet of a public-domain photo, measured once."""

    @cache
    def measured(name: str) -> CharacterSheet:
        return measure_sheet(seen(name))

    return measured
