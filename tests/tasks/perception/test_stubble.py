"""Stubble is rough, darker and grayer than the cheek; a shadow is not rough, and children do not shave."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
import pytest

from tasks.arrays import BgrBytes
from tasks.perception.analysis import PersonAnalysis, Reading, Traits
from tasks.perception.sheet_traits.facial_hair import read_facial_hair
from tasks.perception.sheet_traits.head_frame import HeadFrame, head_frame
from tests.support.heads import MESH, head_sheet

ADULT, SHOWN = Reading("adult", 0.8), Reading("shown", 0.9)
UNIT = 2.0  # pixels of the picture in a head unit


def unshaven(roughness: float, gray: float) -> BgrBytes:
    """A plain face whose lower third has dark dots (contrast `roughness`, L*) and so much less color."""
    lab = np.empty((500, 400, 3), np.float32)
    lab[:] = (68, 12, 18)
    lower = np.zeros((500, 400), np.float32)
    lower[292:, :] = 1  # from the base of the nose down; the chin is at 380
    lower = np.asarray(cv2.GaussianBlur(lower, (0, 0), 4), np.float32)
    dots = np.random.default_rng(2).normal(0, 1, lower.shape).astype(np.float32)
    dots = np.asarray(cv2.GaussianBlur(dots, (0, 0), 1.0), np.float32)
    lab[..., 0] += lower * (dots / dots.std() * roughness - 22)
    lab[..., 1:] *= 1 - lower[..., None] * (1 - gray)
    return np.asarray(np.round(cv2.cvtColor(lab, cv2.COLOR_LAB2BGR) * 255), np.uint8)


def frame_of(picture: BgrBytes) -> HeadFrame:
    mesh = np.asarray(MESH * UNIT + np.array([200, 380]), np.float32)
    analysis = SimpleNamespace(
        image=picture,
        mesh=mesh,
        face_height=200.0,
        face_width=156.0,
        scale=1.0,
        monochrome=False,
        traits=Traits(),
    )
    return head_frame(replace(head_sheet(), analysis=cast(PersonAnalysis, analysis)))


def test_rough_gray_skin_around_the_mouth_is_stubble() -> None:
    assert read_facial_hair(frame_of(unshaven(4.0, 0.45)), ADULT, SHOWN).value == "stubble"


@pytest.mark.parametrize(
    ("roughness", "gray"), [(0.0, 0.45), (4.0, 0.95)], ids=["smooth", "of the skin's color"]
)
def test_a_shadow_and_rough_skin_are_no_stubble(roughness: float, gray: float) -> None:
    assert read_facial_hair(frame_of(unshaven(roughness, gray)), ADULT, SHOWN).value in (None, "none")


@pytest.mark.parametrize("age", ["child", "teen", None])
def test_who_may_not_shave_yet_has_no_stubble(age: str | None) -> None:
    said = read_facial_hair(frame_of(unshaven(4.0, 0.45)), Reading(age, 0.8), SHOWN)
    assert said.value != "stubble"
