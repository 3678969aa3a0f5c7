"""Necklines, garments and sleeves are said where they are plain, and left open where they are not."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from tasks.arrays import Mask
from tasks.perception.analysis import Lab, PersonAnalysis
from tasks.perception.character_sheet import FaceClass, SheetColors
from tasks.perception.sheet_traits.head_frame import HeadFrame, head_frame
from tasks.perception.sheet_traits.neckline import read_garment, read_neckline
from tasks.perception.sheet_traits.sleeves import read_sleeves
from tests.support.heads import MESH, SKIN, box, head_sheet, oval, polygon

NAVY: Lab = (18.0, 2.0, -12.0)
WHITE: Lab = (92.0, 0.0, 0.0)
RED: Lab = (40.0, 55.0, 35.0)
CHIN = (300, 120)  # x, y of the chin in a body's picture, a pixel a head unit


def body(sleeve_ends: float, *, high: int = 400, people: int = 1) -> HeadFrame:
    """A body whose arms hang beside it, in cloth down to so many head units below the chin."""
    y, x = np.mgrid[0:high, 0:600].astype(np.float32) - np.array(CHIN[::-1])[:, None, None]
    trunk, arms = (np.abs(x) < 70) & (y > 25), (np.abs(x) > 66) & (np.abs(x) < 110) & (y > 40) & (y < 260)
    bare = arms & (y > sleeve_ends)
    analysis = SimpleNamespace(
        mesh=np.asarray(MESH + np.array(CHIN), np.float32),
        face_height=100.0,
        face_count=people,
        monochrome=False,
        person=np.asarray(trunk | arms, np.float32),
        clothes=np.asarray((trunk | arms) & ~bare, np.float32),
        skin=np.asarray(bare, np.float32),
    )
    return head_frame(replace(head_sheet(), analysis=cast(PersonAnalysis, analysis)))


@pytest.mark.parametrize(
    ("sleeve_ends", "word"),
    [(240.0, "long"), (35.0, "none"), (120.0, None), (180.0, None)],
    ids=["to the wrist", "from the shoulder bare", "short", "rolled up"],
)
def test_long_sleeves_and_bare_arms_are_told_and_what_lies_between_left_open(
    sleeve_ends: float, word: str | None
) -> None:
    assert read_sleeves(body(sleeve_ends)).value == word


def test_sleeves_that_the_photo_cuts_or_others_hide_are_left_open() -> None:
    assert read_sleeves(body(240.0, high=260)).value is None
    assert read_sleeves(body(240.0, people=2)).value is None


def neck(*cloth: Mask, bare: Mask | None = None) -> HeadFrame:
    """A head whose throat is bare down to cloth."""
    throat = box(-24, -15, 24, 60) if bare is None else bare
    worn = [(FaceClass.NECK, throat, SKIN), *((FaceClass.CLOTH, each, NAVY) for each in cloth)]
    analysis = SimpleNamespace(face_width=78.0, face_height=100.0)
    return head_frame(replace(head_sheet(*worn), analysis=cast(PersonAnalysis, analysis)))


def test_a_round_neck_is_told_from_a_collar_and_from_a_deep_one() -> None:
    around = np.asarray(box(-90, 8, 90, 170) * (1 - oval(0, 2, 32, 26)), np.float32)
    collar = np.asarray(np.maximum(around, box(-36, -26, -20, 30)), np.float32)
    both = np.asarray(np.maximum(collar, box(20, -26, 36, 30)), np.float32)
    deep = np.asarray(box(-90, 8, 90, 170) * (1 - polygon((-28, 0), (28, 0), (0, 66))), np.float32)
    assert read_neckline(neck(around), covered=False).value == "crew"
    assert read_neckline(neck(around), covered=True).value is None
    assert read_neckline(neck(both), covered=False).value is None
    assert read_neckline(neck(deep), covered=False).value is None


@pytest.mark.parametrize(("tie", "word"), [(True, "jacket"), (False, None)])
def test_shirt_and_tie_in_dark_cloth_are_a_jacket(tie: bool, word: str | None) -> None:
    suit = (FaceClass.CLOTH, box(-90, 12, 90, 170), NAVY)
    shirt = (FaceClass.CLOTH, polygon((-34, 10), (34, 10), (0, 90)), WHITE)
    knot = [(FaceClass.CLOTH, box(-9, 12, 9, 90), RED)] if tie else []
    sheet = head_sheet(suit, shirt, *knot, colors=SheetColors(skin=SKIN, clothes=((NAVY, 0.8), (WHITE, 0.2))))
    garment, neckline = read_garment(head_frame(sheet))
    assert garment.value == word
    assert neckline.value == ("collar" if tie else None)
