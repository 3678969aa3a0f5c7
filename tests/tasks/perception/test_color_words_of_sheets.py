"""Hair and clothes are named by the colors that the sheet has, and not by what lies beside them."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from tasks.perception.analysis import Lab, PersonAnalysis
from tasks.perception.character_sheet import CharacterSheet, FaceClass, SheetColors
from tasks.perception.sheet_traits.colors import clothes_color_words, hair_color
from tests.support.heads import BROWN, SKIN, box, head_sheet, short_hair

BLUE: Lab = (40.0, 12.0, -46.0)


def dressed(
    *clothes: Lab, much: bool = True, monochrome: bool = False, length: str = "short", headwear: str = "none"
) -> CharacterSheet:
    """A head with short brown hair, and on the chest cloth with these colors, the largest share first."""
    chest = (FaceClass.CLOTH, box(-90, 12, 90, 170) if much else box(-8, 12, 8, 20), BLUE)
    colors = SheetColors(skin=SKIN, hair=BROWN, clothes=tuple((lab, 0.3) for lab in clothes))
    sheet = head_sheet(
        (FaceClass.HAIR, short_hair(), BROWN), colors=colors, hair_length=length, headwear=headwear
    )
    bare = np.where(box(-90, 12, 90, 170) > 0, 0, sheet.classes[FaceClass.CLOTH]).astype(np.float32)
    sheet.classes[FaceClass.CLOTH] = np.maximum(bare, chest[1])
    analysis = SimpleNamespace(
        image=np.full((64, 64, 3), 255, np.uint8), monochrome=monochrome, year_chances=None
    )
    return replace(sheet, analysis=cast(PersonAnalysis, analysis))


@pytest.mark.parametrize(
    ("clothes", "said"),
    [
        ([BLUE], "blue"),
        ([BLUE, (96.0, 0.0, 1.0)], "blue and white"),
        ([BLUE, (25.0, 14.0, -38.0)], "blue"),  # its shade
        ([(86.0, 0.0, -1.0)], "white"),  # nobody's white is paper's
        ([(72.0, 1.0, -3.0), (96.0, 1.0, 1.0)], "white"),  # a white shirt with folds
        ([(72.0, 1.0, -3.0)], "light grey"),
        ([(8.0, 0.0, 0.0), SKIN], "black"),  # a hand before it
    ],
)
def test_clothes_are_named_as_one_sees_them(clothes: list[Lab], said: str) -> None:
    assert clothes_color_words(dressed(*clothes)).value == said


def test_a_corner_of_cloth_and_a_photo_without_colors_say_nothing_of_clothes() -> None:
    assert clothes_color_words(dressed(BLUE, much=False)).value is None
    assert clothes_color_words(dressed(BLUE, monochrome=True)).value is None


def test_hair_that_is_not_there_or_covered_has_no_color() -> None:
    assert hair_color(dressed(BLUE))[0].value in ("dark brown", "very dark brown")
    assert hair_color(dressed(BLUE, length="bald or shaved"))[0].value is None
    assert hair_color(dressed(BLUE, monochrome=True))[0].value is None
    assert hair_color(dressed(BLUE))[1] == BROWN
    little = dressed(BLUE, headwear="veil")
    little.classes[FaceClass.HAIR] *= box(-10, -110, 10, -90)
    assert hair_color(little)[0].value is None
