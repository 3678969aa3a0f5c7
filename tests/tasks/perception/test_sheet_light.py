"""The light of a photo, told by what is white in a face."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.arrays import LabImage
from tasks.perception.analysis import Lab
from tasks.perception.character_sheet import FaceClass
from tasks.perception.lit_skin import lit_skin
from tasks.perception.photo_light import PLAIN, PhotoLight
from tasks.perception.sheet_light import light_on, skin_in_plain_light

SHAPE = (40, 40)
FAIR: Lab = (72.0, 14.0, 18.0)
DARK: Lab = (36.0, 12.0, 18.0)
TEETH: Lab = (78.0, 1.0, 8.0)


def photographed(color: Lab, light: tuple[float, float, float]) -> Lab:
    """A color in another light: so much of its linear blue, green and red."""
    linear = np.asarray(cv2.cvtColor(np.array([[color]], np.float32), cv2.COLOR_LAB2LBGR), np.float32)
    lit = linear * np.asarray(light, np.float32)
    lightness, a, b = cv2.cvtColor(lit, cv2.COLOR_LBGR2LAB)[0, 0]
    return float(lightness), float(a), float(b)


def seen(teeth: Lab | None) -> tuple[NDArray[np.float32], LabImage]:
    """The classes and colors of a face that shows its teeth, or nothing white."""
    classes = np.zeros((len(FaceClass), *SHAPE), np.float32)
    lab = np.zeros((*SHAPE, 3), np.float32)
    if teeth is not None:
        classes[FaceClass.MOUTH, 10:20] = 1
        lab[10:20] = teeth
    return classes, lab


def found(skin: Lab, light: tuple[float, float, float]) -> tuple[PhotoLight, Lab]:
    """What is told of a face in some light, and its skin as it was photographed."""
    shown = photographed(skin, light)
    return light_on(shown, *seen(photographed(TEETH, light))), shown


@pytest.mark.parametrize("skin", [FAIR, DARK])
def test_plain_light_is_left_alone(skin: Lab) -> None:
    light, shown = found(skin, (1.0, 1.0, 1.0))
    assert light.off(shown) == pytest.approx(skin, abs=0.3)
    assert light_on(skin, *seen(None)) == PLAIN


def test_a_fair_face_in_a_dim_room_is_given_a_part_of_the_light_that_is_missing() -> None:
    light, shown = found(FAIR, (0.25, 0.25, 0.25))
    freed = light.off(shown)
    assert shown[0] + 5 < freed[0] <= shown[0] + 10.5
    assert freed[0] < FAIR[0]


def test_a_dark_face_in_the_same_room_is_made_less_lighter_and_never_lighter_than_it_is() -> None:
    dim = (0.25, 0.25, 0.25)
    (light, shown), (of_fair, fair) = found(DARK, dim), found(FAIR, dim)
    added = light.off(shown)[0] - shown[0]
    assert 0 <= added < of_fair.off(fair)[0] - fair[0]
    assert light.off(shown)[0] <= DARK[0]


@pytest.mark.parametrize("cast", [(0.35, 0.8, 1.2), (1.3, 1.0, 0.7)])
@pytest.mark.parametrize("skin", [FAIR, DARK])
def test_much_of_a_cast_is_taken_off_whatever_the_skin(skin: Lab, cast: tuple[float, float, float]) -> None:
    light, shown = found(skin, cast)
    before, after = (np.hypot(*np.subtract(each, skin)[1:]) for each in (shown, light.off(shown)))
    assert after < 0.65 * before


def test_the_whole_map_is_freed_as_one_color_is() -> None:
    light = PhotoLight((1.3, 1.0, 0.8))
    lab = np.full((3, 4, 3), (50.0, 20.0, 30.0), np.float32)
    assert np.allclose(light.off_map(lab), light.off((50.0, 20.0, 30.0)), atol=0.02)
    assert PLAIN.off_map(lab) is lab


def test_skin_is_neither_brick_red_nor_gray() -> None:
    _, a, b = skin_in_plain_light((40.0, 30.0, 12.0))
    assert b > 0.8 * a
    _, a, b = skin_in_plain_light((60.0, 0.5, -0.5))
    assert a > 2
    assert b > 2


def half_in_shadow(skin: Lab, lit: Lab) -> NDArray[np.float32]:
    """The pixels of a face: as many of its skin in shadow, darker and darker, as of lit ones."""
    shaded = [(skin[0] - step / 10, *skin[1:]) for step in range(101)]
    return np.asarray([*shaded, *[lit] * 100], np.float32)


def test_a_dim_face_half_in_shadow_has_nearly_the_color_of_its_lit_half() -> None:
    shaded, lit = (photographed(FAIR, (share, share, share)) for share in (0.12, 0.4))
    assert shaded[0] + 5 < lit_skin(half_in_shadow(shaded, lit))[0] <= lit[0] + 0.1


def test_dark_skin_that_shines_keeps_its_own_lightness() -> None:
    shine = (60.0, DARK[1], DARK[2])  # the lamp's light beside the skin's own
    assert lit_skin(half_in_shadow(DARK, shine)) == pytest.approx(DARK, abs=0.1)
