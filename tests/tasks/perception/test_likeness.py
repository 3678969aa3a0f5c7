"""The likeness measure passes the same person, and warns of strangers, blanks, copies and changed skin."""

import dataclasses
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.errors import ModelsMissing
from tasks.perception.analysis import Reading
from tasks.perception.analyze import analyze
from tasks.perception.character_sheet import CharacterSheet, FaceClass
from tasks.perception.likeness import measure
from tasks.perception.likeness.decoys import decoys
from tasks.perception.likeness.measure import Likeness, measure_likeness
from tasks.perception.likeness.monk import monk_step
from tasks.perception.measure_sheet import measure_sheet
from tests.tasks.perception.changed import with_beard, with_glasses

Portrait = Callable[[str], NDArray[np.uint8]]


def png(image: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(".png", image)
    assert done
    return data.tobytes()


@pytest.fixture(scope="module")
def drawn(portrait: Portrait) -> bytes:
    """A picture of the astronaut in soft patches of color, by no painter of ours."""
    patches = cv2.pyrMeanShiftFiltering(cv2.resize(portrait("astronaut"), (512, 512)), 12, 24)
    return png(np.asarray(patches, np.uint8))


def test_a_picture_of_the_same_person_passes(portrait: Portrait, drawn: bytes) -> None:
    found = measure_likeness(png(portrait("astronaut")), drawn, 0.45, monochrome=False)
    assert found.warnings == ()
    assert found.identity is not None and found.identity >= 0.45


def test_a_picture_of_somebody_else_is_not_alike(portrait: Portrait, drawn: bytes) -> None:
    found = measure_likeness(png(portrait("obama")), drawn, 0.45, monochrome=False)
    assert "not_alike" in found.warnings
    assert found.identity is not None and found.identity < 0.3


def test_a_blank_picture_is_said_to_be_blank(portrait: Portrait) -> None:
    blank = png(np.full((1024, 820, 3), 240, np.uint8))
    assert measure_likeness(png(portrait("obama")), blank, 0.30, monochrome=False).warnings == ("blank",)


def test_a_picture_without_a_face_is_said_to_have_none(portrait: Portrait) -> None:
    rows = np.linspace(0, 255, 1024, dtype=np.uint8)[:, None, None]
    sunset = png(np.broadcast_to(rows, (1024, 820, 3)).copy())
    found = measure_likeness(png(portrait("obama")), sunset, 0.30, monochrome=False)
    assert found.warnings == ("no_face_drawn",)


def test_the_photo_itself_is_no_drawing(portrait: Portrait) -> None:
    photo = portrait("obama")
    smaller = np.asarray(cv2.resize(photo, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA), np.uint8)
    found = measure_likeness(png(photo), png(smaller), 0.40, monochrome=False)
    assert "not_drawn" in found.warnings


def test_a_skin_that_moved_away_is_told_unless_the_photo_has_no_colour(
    portrait: Portrait, drawn: bytes
) -> None:
    picture = cv2.imdecode(np.frombuffer(drawn, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    lab = cv2.cvtColor(picture, cv2.COLOR_BGR2LAB).astype(np.int16)
    lab[..., 2] = np.clip(lab[..., 2] - 30, 0, 255)  # blue
    blue = png(np.asarray(cv2.cvtColor(lab.astype(np.uint8), cv2.COLOR_LAB2BGR), np.uint8))
    photo = png(portrait("astronaut"))
    assert "skin_shifted" in measure_likeness(photo, blue, 0.45, monochrome=False).warnings
    assert "skin_shifted" not in measure_likeness(photo, blue, 0.45, monochrome=True).warnings


@pytest.fixture(scope="module")
def sheet(portrait: Portrait) -> Callable[[str], CharacterSheet]:
    return cache(lambda name: measure_sheet(analyze(portrait(name))))


def of_sheet(known: CharacterSheet, variant: NDArray[np.uint8]) -> Likeness:
    return measure_likeness(b"", png(variant), 0.30, monochrome=False, sheet=known)


def lighter(image: NDArray[np.uint8], by: float) -> NDArray[np.uint8]:
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    lab[..., 0] = np.clip(lab[..., 0] + by, 0, 100)
    return np.asarray(np.round(cv2.cvtColor(lab, cv2.COLOR_LAB2BGR).clip(0, 1) * 255), np.uint8)


def test_of_a_line_of_drawn_strangers_a_photo_picks_its_own_drawing(portrait: Portrait, drawn: bytes) -> None:
    own = measure_likeness(png(portrait("astronaut")), drawn, 0.45, monochrome=False)
    assert (own.identity_rank, own.identity_of) == (1, len(decoys()) + 1)
    stranger = measure_likeness(png(portrait("obama")), drawn, 0.45, monochrome=False)
    assert stranger.identity_rank is not None and stranger.identity_rank > 1


@pytest.mark.parametrize(
    ("by", "warned"), [(12.0, {"skin_lighter"}), (3.0, set()), (-3.0, set()), (-16.0, {"skin_darker"})]
)
@pytest.mark.parametrize("name", ["obama", "biden"])
def test_skin_that_is_lighter_or_darker_than_in_the_photo_is_told(
    portrait: Portrait, name: str, by: float, warned: set[str]
) -> None:
    found = measure_likeness(png(portrait(name)), png(lighter(portrait(name), by)), 0.30, monochrome=False)
    assert set(found.warnings) - {"not_drawn"} == warned
    assert found.skin_lightness == pytest.approx(by, abs=1.0)


@pytest.mark.parametrize(
    ("tone", "step"),
    [("#f6ede4", 1), ("#eadaba", 4), ("#d7bd96", 5), ("#a07e56", 6), ("#604134", 8), ("#292420", 10)],
)
def test_the_tones_of_the_monk_scale_are_its_steps(tone: str, step: int) -> None:
    bgr = np.array([[[int(tone[at : at + 2], 16) / 255 for at in (5, 3, 1)]]], np.float32)
    lightness, a, b = (float(value) for value in cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB)[0, 0])
    assert monk_step((lightness, a, b)) == step


def test_glasses_that_the_variant_has_not_are_missed(portrait: Portrait) -> None:
    worn = with_glasses(portrait("astronaut"), dark_lenses=True)
    known = measure_sheet(analyze(worn))
    assert "glasses_lost" not in of_sheet(known, worn).warnings
    without = of_sheet(known, portrait("astronaut"))
    assert "glasses_lost" in without.warnings and "glasses" in without.attributes_different


def test_what_is_worn_on_the_head_is_missed(
    portrait: Portrait, sheet: Callable[[str], CharacterSheet]
) -> None:
    """Hair is taken for a brown cap here; in the variant there is blue sky in its place."""
    known = sheet("astronaut")
    classes = known.classes.copy()
    classes[FaceClass.HAT], classes[FaceClass.HAIR] = known.classes[FaceClass.HAIR], 0
    traits = dataclasses.replace(known.traits, headwear=Reading("cap", 0.9))
    colors = dataclasses.replace(known.colors, headwear=known.colors.hair, hair=None)
    capped = dataclasses.replace(known, classes=classes, traits=traits, colors=colors)
    assert "headwear_lost" not in of_sheet(capped, known.analysis.image).warnings
    bare = known.analysis.image.copy()
    bare[cv2.dilate(known.analysis.hair, np.ones((9, 9), np.uint8)) > 0.3] = (220, 150, 60)
    assert "headwear_lost" in of_sheet(capped, bare).warnings


def test_a_beard_that_nobody_has_is_told(portrait: Portrait, sheet: Callable[[str], CharacterSheet]) -> None:
    known = dataclasses.replace(
        sheet("astronaut"),
        traits=dataclasses.replace(sheet("astronaut").traits, facial_hair=Reading("none", 0.9)),
    )
    assert "beard" not in of_sheet(known, portrait("astronaut")).attributes_different
    assert "beard" in of_sheet(known, with_beard(portrait("astronaut"))).attributes_different


@pytest.mark.parametrize("name", ["obama", "biden", "astronaut"])
def test_a_clothed_person_with_bare_shoulders_is_undressed(
    portrait: Portrait, sheet: Callable[[str], CharacterSheet], name: str
) -> None:
    known = sheet(name)
    clothed = of_sheet(known, known.analysis.image)
    assert "undressed" not in clothed.warnings and clothed.bare_skin == pytest.approx(0, abs=0.1)
    bare = known.analysis.image.astype(np.float32)
    rows, columns = bare.shape[:2]
    below_the_neck = np.zeros((rows, columns), np.float32)
    below_the_neck[int(known.analysis.mesh[152][1] + 0.3 * known.analysis.face_height) :] = 1
    body = (below_the_neck * known.analysis.person)[..., None]
    skin = cv2.cvtColor(np.array([[known.colors.skin]], np.float32), cv2.COLOR_LAB2BGR)[0, 0] * 255
    painted = np.asarray((bare * (1 - body) + skin * body).clip(0, 255), np.uint8)
    found = of_sheet(known, painted)
    assert found.bare_skin is not None and found.bare_skin > 0.5
    assert "undressed" in found.warnings


def test_without_the_network_of_faces_the_rest_is_still_measured(
    portrait: Portrait, sheet: Callable[[str], CharacterSheet], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise ModelsMissing("Left out.")

    monkeypatch.setattr(measure, "embedding", missing)
    found = of_sheet(sheet("obama"), lighter(portrait("obama"), 12))
    assert (found.identity, found.identity_rank) == (None, None)
    assert "skin_lighter" in found.warnings and "not_alike" not in found.warnings
    assert found.attributes_known
