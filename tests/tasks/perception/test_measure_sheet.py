"""The character sheet: where things are in known photos, and that no photo is too odd to measure."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from tasks.perception.analyze import analyze
from tasks.perception.character_sheet import CharacterSheet, FaceClass, map_from_units, unit_grid
from tasks.perception.measure_sheet import measure_sheet
from tasks.perception.photo_light import PLAIN
from tasks.perception.sheet_colors import measure_colors
from tests.tasks.conftest import Image


def class_at(sheet: CharacterSheet, x: float, y: float) -> FaceClass:
    """The likeliest class at a point in head units."""
    column, row = np.round(map_from_units(np.array([x, y]))).astype(int)
    return FaceClass(int(sheet.classes[:, row, column].argmax()))


def test_the_chin_is_the_origin_and_the_face_a_hundred_high(sheet: Callable[[str], CharacterSheet]) -> None:
    mesh = sheet("obama").mesh
    assert np.allclose(mesh[152], 0, atol=1e-3)
    assert np.hypot(*mesh[10]) == pytest.approx(100, abs=0.1)
    assert mesh[1][1] < mesh[152][1]


@pytest.mark.parametrize(
    ("name", "x", "y", "expected"),
    [
        ("obama", 0, -120, FaceClass.HAIR),
        ("obama", 0, -85, FaceClass.SKIN),
        ("obama", 0, 45, FaceClass.CLOTH),
        ("obama", -70, 50, FaceClass.CLOTH),
        ("obama", -140, -100, FaceClass.BACKGROUND),
        ("biden", 0, -85, FaceClass.SKIN),
        ("biden", 0, 60, FaceClass.CLOTH),
        ("astronaut", 0, -120, FaceClass.HAIR),
        ("astronaut", 0, -85, FaceClass.SKIN),
        ("astronaut", 0, 60, FaceClass.CLOTH),
    ],
)
def test_known_places_are_of_their_class(
    sheet: Callable[[str], CharacterSheet], name: str, x: float, y: float, expected: FaceClass
) -> None:
    assert class_at(sheet(name), x, y) is expected


@pytest.mark.parametrize("name", ["obama", "biden"])
def test_features_lie_where_the_mesh_has_them(sheet: Callable[[str], CharacterSheet], name: str) -> None:
    measured = sheet(name)
    for point, expected in (
        (1, FaceClass.NOSE),
        (52, FaceClass.RIGHT_BROW),
        (282, FaceClass.LEFT_BROW),
    ):
        assert class_at(measured, *measured.mesh[point]) is expected
    right_iris, left_iris = (measured.irises[side][0] for side in (0, 1))
    assert class_at(measured, *right_iris) is FaceClass.RIGHT_EYE
    assert class_at(measured, *left_iris) is FaceClass.LEFT_EYE
    assert right_iris[0] < left_iris[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda image: cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR),
        lambda image: image[:, ::-1],
        lambda image: cv2.warpAffine(
            image,
            cv2.getRotationMatrix2D((image.shape[1] / 2, image.shape[0] / 2), 30, 1),
            image.shape[1::-1],
        ),
        lambda image: cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA),
        lambda image: (image * 0.25).astype(np.uint8),
    ],
    ids=["black-and-white", "mirrored", "tilted", "small", "dark"],
)
def test_no_photo_is_too_odd_to_measure(
    portrait: Callable[[str], Image], change: Callable[[Image], Image]
) -> None:
    measured = measure_sheet(analyze(np.ascontiguousarray(change(portrait("obama")))))
    total = measured.classes.sum(0)
    assert np.isfinite(measured.classes).all()
    assert float(total.max()) < 1.1
    assert float(total[measured.inside > 0.99].min()) > 0.85
    assert class_at(measured, *measured.mesh[1]) is FaceClass.NOSE


def test_a_black_and_white_photo_gives_a_warm_neutral_skin_at_its_own_lightness(
    portrait: Callable[[str], Image],
) -> None:
    gray = cv2.cvtColor(cv2.cvtColor(portrait("biden"), cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    lightness, a, b = measure_sheet(analyze(np.asarray(gray, np.uint8))).colors.skin
    face = cv2.cvtColor(gray.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)[..., 0]
    assert 5 <= a <= 13
    assert 10 <= b <= 18
    assert float(np.percentile(face, 20)) < lightness < float(np.percentile(face, 99))


def test_a_yellow_light_is_taken_off_the_skin_and_no_lightness_added(
    portrait: Callable[[str], Image], sheet: Callable[[str], CharacterSheet]
) -> None:
    plain = np.array(sheet("obama").colors.skin)
    yellow = (portrait("obama") * np.array([0.55, 0.95, 1.0])).astype(np.uint8)
    analysis = analyze(yellow)
    freed, photographed = np.array(measure_sheet(analysis).colors.skin), np.array(analysis.colors.skin)
    assert np.hypot(*(freed - plain)[1:]) < 0.8 * np.hypot(*(photographed - plain)[1:])
    assert freed[0] <= photographed[0]


def test_a_face_half_in_shadow_has_the_color_of_its_lit_half(
    portrait: Callable[[str], Image], sheet: Callable[[str], CharacterSheet]
) -> None:
    photo, chin = portrait("obama"), sheet("obama").analysis
    middle = int(chin.mesh[1][0] / chin.scale + chin.offset[0])
    shaded = photo.astype(np.float64)
    shaded *= 0.62
    shaded[:, middle - 30 :] *= 0.35
    measured = measure_sheet(analyze(shaded.astype(np.uint8)))
    bare = measured.classes[FaceClass.SKIN] > 0.9
    assert measured.colors.skin[0] > float(np.median(measured.lab[..., 0][bare])) + 2


@pytest.mark.parametrize(("forehead", "cheeks", "expected"), [(80, 60, 70), (60, 80, 60)])
def test_a_forehead_in_the_sun_makes_nobody_lighter_than_half_way_to_the_cheeks(
    sheet: Callable[[str], CharacterSheet], forehead: float, cheeks: float, expected: float
) -> None:
    known = sheet("obama")
    _, y = unit_grid()
    nothing, middle = np.zeros(y.shape, np.bool_), (y > -66) & (y < -33)
    bare = (known.share(FaceClass.SKIN) > 0.6) & ((y < -75) | middle)
    bare[::2] &= ~middle[::2]  # the forehead is the larger part
    lab = known.lab.copy()
    lab[..., 0] = np.where(middle, cheeks, forehead)
    found = measure_colors(known.analysis, known.classes, lab, PLAIN, nothing, bare, middle)
    assert found.skin[0] == pytest.approx(expected, abs=0.5)
