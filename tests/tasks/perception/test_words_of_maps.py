"""Words that are read from maps alone: what is plain is said, what may be otherwise is left out."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
import pytest

from tasks.arrays import Mask
from tasks.perception.analysis import Lab, PersonAnalysis
from tasks.perception.character_sheet import MAP_SHAPE, CharacterSheet, FaceClass, unit_grid
from tasks.perception.sheet_traits.age import read_age
from tasks.perception.sheet_traits.hair_mask import own_hair
from tasks.perception.sheet_traits.hair_shape import read_length
from tasks.perception.sheet_traits.hair_texture import read_texture
from tasks.perception.sheet_traits.head_frame import UNKNOWN, HeadFrame, head_frame
from tasks.perception.sheet_traits.headwear import read_headwear
from tasks.perception.sheet_traits.pattern import read_pattern
from tests.support.heads import BROWN, box, head_sheet, oval, short_hair

PINK: Lab = (60.0, 48.0, -4.0)
INK: Lab = (12.0, 0.0, 0.0)


def frame_of(sheet: CharacterSheet, **known: object) -> HeadFrame:
    """The frame of a plain head whose photo was alone, large and in color."""
    analysis = SimpleNamespace(
        face_count=1, face_width=78.0, face_height=100.0, scale=0.5, monochrome=False, **known
    )
    return head_frame(replace(sheet, analysis=cast(PersonAnalysis, analysis)))


def veil_called_hair(color: Lab) -> CharacterSheet:
    """A head in cloth that the parser takes for hair; before the throat, too."""
    x, y = unit_grid()
    around = np.asarray(oval(0, -60, 56, 74) * (1 - oval(0, -52, 38, 54)), np.float32)
    throat = np.asarray((np.abs(x) < 40) & (y > 2) & (y < 40), np.float32)
    return head_sheet((FaceClass.HAIR, np.maximum(around, throat), color))


def test_hair_is_no_headwear() -> None:
    hair = (FaceClass.HAIR, short_hair(), BROWN)
    assert read_headwear(frame_of(head_sheet(hair))).value == "none"


@pytest.mark.parametrize("color", [PINK, INK], ids=["of no hair's color", "before the throat"])
def test_a_veil_that_is_taken_for_hair_is_not_called_bare(color: Lab) -> None:
    assert read_headwear(frame_of(veil_called_hair(color))).value is None


def test_a_bun_says_nothing_of_the_length() -> None:
    bun = np.maximum(short_hair(), oval(0, -146, 30, 26))
    plain, tied = (
        frame_of(head_sheet((FaceClass.HAIR, np.asarray(hair, np.float32), BROWN)))
        for hair in (short_hair(), bun)
    )
    assert read_length(plain, own_hair(plain), covered=False).value in ("short", "very short")
    assert read_length(tied, own_hair(tied), covered=False).value is None


def flat_hair() -> Mask:
    """Hair from ear to ear that lies close to the head and ends above the ears, but for a high forehead."""
    return np.asarray(
        oval(0, -78, 48, 62) * (1 - oval(0, -58, 37, 60)) * (box(-90, -200, 90, -62)), np.float32
    )


def test_much_hair_that_falls_nowhere_may_be_tied_back() -> None:
    flat = frame_of(head_sheet((FaceClass.HAIR, flat_hair(), BROWN)))
    thick = np.maximum(flat_hair(), oval(0, -88, 62, 40) * (1 - oval(0, -58, 37, 60)))
    stands_off = frame_of(head_sheet((FaceClass.HAIR, np.asarray(thick, np.float32), BROWN)))
    assert read_length(flat, own_hair(flat), covered=False).value is None
    assert read_length(stands_off, own_hair(stands_off), covered=False).value == "short"


def test_hair_whose_ends_the_photo_cuts_off_beside_the_neck_has_no_length() -> None:
    hair = (FaceClass.HAIR, short_hair(), BROWN)
    whole, narrow = (frame_of(head_sheet(hair, inside=box(-wide, -300, wide, 300))) for wide in (160, 46))
    assert read_length(whole, own_hair(whole), covered=False).value == "short"
    assert read_length(narrow, own_hair(narrow), covered=False).value is None


def test_hair_that_comes_to_light_again_below_an_arm_has_no_length() -> None:
    beside = np.asarray(np.maximum(short_hair(), box(-52, -110, -36, 24)), np.float32)
    again = np.asarray(np.maximum(beside, box(-52, 60, -36, 110)), np.float32)
    seen, parted = (frame_of(head_sheet((FaceClass.HAIR, hair, BROWN))) for hair in (beside, again))
    assert read_length(seen, own_hair(seen), covered=False).value == "shoulder-length"
    assert read_length(parted, own_hair(parted), covered=False).value is None


def test_a_wisp_of_hair_is_not_a_bald_head() -> None:
    wisp = frame_of(head_sheet((FaceClass.HAIR, box(-40, -118, -18, -100), BROWN)))
    none = frame_of(head_sheet((FaceClass.SKIN, oval(0, -80, 44, 50), (66.0, 13.0, 19.0))))
    assert read_length(wisp, own_hair(wisp), covered=False).value is None
    assert read_length(none, own_hair(none), covered=False).value == "bald or shaved"


@pytest.mark.parametrize(("falls", "word"), [(False, "coily"), (True, "curly")])
def test_coils_that_fall_are_curls(falls: bool, word: str) -> None:
    sheet = head_sheet((FaceClass.HAIR, short_hair(), BROWN))
    coils = np.random.default_rng(4).normal(0, 1, MAP_SHAPE).astype(np.float32)
    sheet.lab[..., 0] += 40 * cv2.GaussianBlur(coils, (0, 0), 1.5) * (short_hair() > 0.5)
    frame = frame_of(sheet)
    assert read_texture(frame, own_hair(frame), long_enough=falls).value == word


def dotted(count: int) -> CharacterSheet:
    """A shirt with so many dark pieces in two rows."""
    shirt = (FaceClass.CLOTH, box(-90, 18, 90, 170), (80.0, 0.0, 0.0))
    rows = [(-50 + 20 * (index % 6), 60 + 26 * (index // 6) + 5 * (index % 3)) for index in range(count)]
    return head_sheet(shirt, *((FaceClass.CLOTH, oval(x, y, 7, 9), INK) for x, y in rows))


def test_pieces_of_another_color_are_a_print_and_a_badge_is_none() -> None:
    assert read_pattern(frame_of(dotted(12))).value == "print"
    shirt = (FaceClass.CLOTH, box(-90, 18, 90, 170), (80.0, 0.0, 0.0))
    badge = (FaceClass.CLOTH, oval(40, 70, 30, 30), INK)
    assert read_pattern(frame_of(head_sheet(shirt, badge))).value != "print"


@pytest.mark.parametrize(("share", "said"), [(0.7, False), (0.95, True)])
def test_a_child_that_may_be_a_toddler_is_drawn_as_one_and_not_called_so(share: float, said: bool) -> None:
    chances = np.zeros(81)
    chances[3], chances[6] = share, 1 - share
    read = read_age(frame_of(head_sheet(), year_chances=chances), UNKNOWN)
    assert read.value == "toddler"
    assert (read.confidence >= 0.3) is said
