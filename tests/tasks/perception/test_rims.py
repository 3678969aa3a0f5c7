"""The shape of glasses is read from the lines around the eyes; what is neither is left open."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.face_mesh import CHIN, LEFT_EYE, RIGHT_EYE
from tasks.perception.analysis import PersonAnalysis, Reading
from tasks.perception.sheet_traits.head_frame import HeadFrame, head_frame
from tasks.perception.sheet_traits.rims import read_rims
from tests.support.heads import MESH, head_sheet

WORN = Reading("glasses", 0.9)
UNIT = 3.0  # pixels of the picture in a head unit
ANGLE = np.linspace(0, 2 * np.pi, 120, endpoint=False)
CIRCLE = np.stack([np.cos(ANGLE), np.sin(ANGLE)], 1)
BOX = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
DROP = CIRCLE * np.stack([1 - 0.35 * CIRCLE[:, 1], np.ones(120)], 1)  # as aviators have
CAT = CIRCLE - np.stack([np.zeros(120), 0.5 * np.clip(CIRCLE[:, 0], 0, 1) ** 2 * (CIRCLE[:, 1] < 0)], 1)


def wearing(
    outline: NDArray[np.floating],
    wide: float,
    tall: float,
    *,
    dark: int = 40,
    turned: float = 0.0,
    small: bool = False,
) -> HeadFrame:
    """A plain face behind rims of that outline and half size, head units; mirrored for the other eye."""
    picture = np.full((700, 600, 3), (130, 160, 200), np.uint8)
    mesh = np.asarray(MESH * UNIT + np.array([300, 550]), np.float32)
    for eye, sign in ((RIGHT_EYE, -1), (LEFT_EYE, 1)):
        lens = mesh[eye].mean(0) + outline * (wide * sign, tall) * UNIT
        cv2.polylines(picture, [np.round(lens).astype(np.int32)], True, (dark, dark, dark), 4, cv2.LINE_AA)
        lids = np.round(cv2.convexHull(mesh[eye])[:, 0]).astype(np.int32)
        cv2.fillPoly(picture, [lids], (90, 90, 110))
    analysis = SimpleNamespace(
        image=picture, mesh=mesh, face_height=100 * UNIT, face_width=78 * UNIT, scale=4.0 if small else 1.0
    )
    sheet = replace(head_sheet(), analysis=cast(PersonAnalysis, analysis), yaw=turned)
    assert abs(float(MESH[CHIN][1])) < 1  # the mesh's chin is the picture's
    return head_frame(sheet)


@pytest.mark.parametrize(
    ("outline", "wide", "tall", "word"),
    [
        (CIRCLE, 16, 16, "round"),
        (CIRCLE, 18, 18, "round"),
        (CIRCLE, 18, 12, "oval"),
        (BOX, 17, 12, "square"),
        (BOX, 15, 14, "square"),
        (DROP, 16, 15, None),
        (CAT, 17, 12, None),
    ],
)
def test_round_and_square_rims_are_told_apart_and_other_shapes_left_open(
    outline: NDArray[np.floating], wide: float, tall: float, word: str | None
) -> None:
    assert read_rims(wearing(outline, wide, tall), WORN).value == word


def test_rims_that_are_hardly_seen_have_no_shape() -> None:
    assert read_rims(wearing(CIRCLE, 17, 17, dark=150), WORN).value is None
    assert read_rims(wearing(CIRCLE, 17, 17, turned=0.6), WORN).value is None
    assert read_rims(wearing(CIRCLE, 17, 17, small=True), WORN).value is None


@pytest.mark.parametrize("glasses", ["none", None])
def test_who_wears_no_glasses_has_no_rims(glasses: str | None) -> None:
    assert read_rims(wearing(CIRCLE, 17, 17), Reading(glasses, 0.9)).value is None
