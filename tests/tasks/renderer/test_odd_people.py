"""Analyses at the edge of what can be: a drawing comes out of every one, without a warning."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tasks.perception.analysis import PersonAnalysis
from tasks.styles.drawing import draw
from tasks.styles.packs import drawn_locally
from tests.support.slices import in_slices
from tests.tasks.renderer.altered import cropped, scaled
from tests.tasks.renderer.conftest import Seen, pixels


def without(analysis: PersonAnalysis, *masks: str) -> PersonAnalysis:
    """Nobody there, or no hair, or no clothes."""
    empty = np.zeros(analysis.person.shape, np.float32)
    colors = dataclasses.replace(analysis.colors, hair=None, eyes=None, clothes=())
    changes: dict[str, Any] = dict.fromkeys(masks, empty)
    return dataclasses.replace(analysis, colors=colors, **changes)


def with_eyes_shut(analysis: PersonAnalysis) -> PersonAnalysis:
    """The lids on one line."""
    right, left = (
        np.stack([contour[:, 0], np.full(len(contour), contour[:, 1].mean())], 1).astype(np.float32)
        for contour in analysis.eye_contours
    )
    return dataclasses.replace(analysis, eye_contours=(right, left))


def in_one_color(analysis: PersonAnalysis, value: int) -> PersonAnalysis:
    """A photo that is all black, or all white."""
    colors = dataclasses.replace(analysis.colors, skin=(value / 2.55, 0.0, 0.0))
    return dataclasses.replace(analysis, image=np.full_like(analysis.image, value), colors=colors)


ODD: dict[str, Callable[[PersonAnalysis], PersonAnalysis]] = {
    "bald": lambda person: without(person, "hair"),
    "without clothes to measure": lambda person: without(person, "clothes"),
    "with an empty matte": lambda person: without(person, "person", "skin", "hair", "clothes"),
    "in profile": lambda person: dataclasses.replace(person, yaw=0.9),
    "with eyes shut": with_eyes_shut,
    "all black": lambda person: in_one_color(person, 0),
    "all white": lambda person: in_one_color(person, 255),
    "tiny": lambda person: scaled(person, 0.06),
    "half out of the photo": lambda person: cropped(person, int(person.mesh[:, 0].mean()), 0, 9999, 9999),
}


NUMBERED = list(enumerate(ODD))


@pytest.mark.parametrize(("number", "odd"), in_slices(NUMBERED, NUMBERED[:5]))
def test_odd_people_are_drawn_too(number: int, odd: str, seen: Seen) -> None:
    person = ODD[odd](seen("astronaut"))
    assert pixels(draw(person, drawn_locally()[number % 5], 1, {})).std() > 10
