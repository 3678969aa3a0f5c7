"""The mesh's mouth follows the face parser's where that is seen open, and stays as it is where it is not."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.arrays import BoolMask, Points
from tasks.face_mesh import (
    INNER_LIPS,
    LIPS,
    LOWER_LIP_BOTTOM,
    MOUTH_BOTTOM,
    MOUTH_CORNERS,
    MOUTH_TOP,
    UPPER_LIP_TOP,
)
from tasks.perception.character_sheet import MAP_SHAPE, CharacterSheet, FaceClass, unit_grid
from tasks.perception.seen_mouth import with_seen_mouth


@pytest.fixture
def mesh(sheet: Callable[[str], CharacterSheet]) -> Points:
    """A smile, teeth shown: its corners at (-22, -30) and (22, -30), 6 units open in the middle."""
    points = sheet("obama").mesh.copy()
    points[list(MOUTH_CORNERS)] = (-22, -30), (22, -30)
    points[[UPPER_LIP_TOP, MOUTH_TOP, MOUTH_BOTTOM, LOWER_LIP_BOTTOM]] = (
        (0, -33),
        (0, -30),
        (0, -24),
        (0, -19),
    )
    points[[10, 152]] = (0, -100), (0, 0)
    return points


def within(width: float, top: float, bottom: float) -> BoolMask:
    """Between two parabolas from (-width, -30) to (width, -30), whose middles are at `top` and `bottom`."""
    x, y = unit_grid()
    inner = 1 - (x / width) ** 2
    return np.asarray(
        (inner > 0) & (y > -30 + (top + 30) * inner) & (y <= -30 + (bottom + 30) * inner), np.bool_
    )


def parsed(width: float, top: float, opens: float, shuts: float, bottom: float) -> NDArray[np.float32]:
    """What the parser sees of a mouth with these four edges in its middle."""
    classes = np.zeros((19, *MAP_SHAPE), np.float32)
    classes[FaceClass.SKIN] = 1
    for kind, upper, lower in (
        (FaceClass.UPPER_LIP, top, opens),
        (FaceClass.MOUTH, opens, shuts),
        (FaceClass.LOWER_LIP, shuts, bottom),
    ):
        seen = within(width, upper, lower)
        classes[:, seen] = 0
        classes[kind, seen] = 1
    return classes


def test_a_laugh_that_the_mesh_does_not_follow_is_as_open_and_as_wide_as_it_is_seen(mesh: Points) -> None:
    fitted = with_seen_mouth(mesh, parsed(25, -34, -31, -16, -11))
    assert fitted[MOUTH_BOTTOM, 1] == pytest.approx(-16, abs=2)
    assert fitted[LOWER_LIP_BOTTOM, 1] == pytest.approx(-11, abs=2)
    assert fitted[MOUTH_TOP, 1] == pytest.approx(-31, abs=2)
    assert np.abs(fitted[list(MOUTH_CORNERS), 0]) == pytest.approx([25, 25], abs=1)
    others = np.setdiff1d(np.arange(len(mesh)), np.concatenate([LIPS, INNER_LIPS]))
    assert np.array_equal(fitted[others], mesh[others])


def test_a_mouth_that_the_mesh_has_right_stays_nearly_where_it_is(mesh: Points) -> None:
    fitted = with_seen_mouth(mesh, parsed(22, -33, -30, -24, -19))
    assert np.abs(fitted - mesh)[[MOUTH_TOP, MOUTH_BOTTOM, LOWER_LIP_BOTTOM]].max() < 1.5


def test_a_mouth_that_is_hidden_or_shut_is_the_meshs(mesh: Points) -> None:
    hidden = parsed(25, -34, -31, -16, -11)
    hidden[[FaceClass.LOWER_LIP, FaceClass.MOUTH]] = 0  # a beard, or a hand
    assert np.array_equal(with_seen_mouth(mesh, hidden), mesh)
    assert np.array_equal(with_seen_mouth(mesh, np.zeros_like(hidden)), mesh)
    mesh[MOUTH_BOTTOM] = mesh[MOUTH_TOP] + (0, 1)
    assert np.array_equal(with_seen_mouth(mesh, parsed(25, -34, -31, -16, -11)), mesh)
