"""Drawings of known people, each made once."""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.perception.analysis import PersonAnalysis
from tasks.styles.drawing import draw

Seen = Callable[[str], PersonAnalysis]
Drawn = Callable[..., bytes]


@pytest.fixture(scope="session")
def drawn(seen: Seen) -> Drawn:
    """The PNG of a public-domain photo's person in a style."""

    @cache
    def make(name: str, style: str, seed: int = 0) -> bytes:
        return draw(seen(name), style, seed, {})

    return make


def pixels(png: bytes) -> NDArray[np.uint8]:
    """A PNG as BGR pixels."""
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert image is not None
    return np.asarray(image, np.uint8)
