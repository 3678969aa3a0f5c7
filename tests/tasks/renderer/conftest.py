"""Drawings of known people, each made once."""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.design.compose import design_character
from tasks.design.shapes import CharacterDesign, Framing
from tasks.media.design_chunk import with_design
from tasks.media.png import picture_png
from tasks.perception.analysis import PersonAnalysis
from tasks.perception.character_sheet import CharacterSheet
from tasks.styles.drawing import draw_design

Seen = Callable[[str], PersonAnalysis]
Drawn = Callable[..., bytes]


@pytest.fixture(scope="session")
def drawn(sheet: Callable[[str], CharacterSheet]) -> Drawn:
    """The PNG of a public-domain photo's person in a style; measured and designed once for all of them."""

    @cache
    def design(name: str, seed: int) -> CharacterDesign:
        return design_character(sheet(name), Framing.PORTRAIT, seed)

    @cache
    def make(name: str, style: str, seed: int = 0) -> bytes:
        whole = design(name, seed)
        return with_design(picture_png(draw_design(whole, style, seed, {}).sheet), whole)

    return make


def pixels(png: bytes) -> NDArray[np.uint8]:
    """A PNG as BGR pixels."""
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert image is not None
    return np.asarray(image, np.uint8)
