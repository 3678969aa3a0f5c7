"""The face of a designed character, on photos of known people and on what is changed about their sheets."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tasks.arrays import Mask
from tasks.design.compose import design_character
from tasks.design.geometry import area, fill
from tasks.design.shapes import CharacterDesign, Framing, Role, Shape
from tasks.perception.analysis import Reading
from tasks.perception.character_sheet import CharacterSheet, FaceClass, SheetTraits
from tasks.perception.lab import color_difference

PEOPLE = ("obama", "biden", "astronaut")
EYES = ("eye_right", "eye_left")
ON_EYES = {*EYES, "eye_shade", "iris", "iris_rim", "iris_glow", "pupil", "catchlight", "lash"}
ON_MOUTH = {"mouth", "teeth", "tongue", "lip_upper", "lip_lower", "lip_line", "lip_light", "lip_under"}
SURE = 0.95


def portrait_of(sheet: CharacterSheet) -> CharacterDesign:
    return design_character(sheet, Framing.PORTRAIT, 1)


@pytest.fixture(scope="module")
def designed(sheet: Callable[[str], CharacterSheet]) -> Callable[[str], CharacterDesign]:
    """The design of a photo as it is, made once."""
    return cache(lambda name: portrait_of(sheet(name)))


def with_words(sheet: CharacterSheet, **words: str) -> CharacterSheet:
    readings = {word: Reading(value, SURE) for word, value in words.items()}
    return replace(sheet, traits=replace(sheet.traits, **readings))


def named(design: CharacterDesign, *names: str) -> list[Shape]:
    return [shape for shape in design.shapes if shape.name in names]


def covered(shapes: list[Shape]) -> Mask:
    return np.asarray(np.max([fill(*shape.loops) for shape in shapes], axis=0), np.float32)


@pytest.mark.parametrize("name", PEOPLE)
def test_two_eyes_look_out_of_the_face_and_light_is_caught_in_them(
    designed: Callable[[str], CharacterDesign], name: str
) -> None:
    design = designed(name)

    head = covered(named(design, "head"))
    irises = covered(named(design, "iris_rim"))
    for eye in EYES:
        (white,) = named(design, eye)
        assert (head[fill(*white.loops) > 0.9] > 0.5).all(), "an eye lies within the face"
        assert (irises * fill(*white.loops)).max() > 0.9, "an iris in each"
    lights = named(design, "catchlight")
    assert len(lights) == 4
    assert (irises[covered(lights) > 0.9] > 0.5).all()


@pytest.mark.parametrize("name", PEOPLE)
def test_skin_is_the_persons_own(
    sheet: Callable[[str], CharacterSheet], designed: Callable[[str], CharacterDesign], name: str
) -> None:
    measured, design = sheet(name), designed(name)

    (head,) = named(design, "head")
    assert color_difference(head.lab, measured.colors.skin) < 5
    assert head.lab == design.skin
    assert abs(head.lab[0] - measured.colors.skin[0]) < 0.1, "never lighter by choice"


@pytest.mark.parametrize("lightness", [25.0, 45.0, 80.0])
def test_tones_are_steps_of_the_persons_own_skin(
    sheet: Callable[[str], CharacterSheet], lightness: float
) -> None:
    measured = sheet("obama")
    off = lightness - measured.colors.skin[0]
    darker = replace(
        measured,
        lab=np.asarray(measured.lab + np.array([off, 0, 0], np.float32), np.float32),
        colors=replace(measured.colors, skin=(lightness, *measured.colors.skin[1:])),
    )

    for shape in portrait_of(darker).shapes:
        if shape.clip == "head" and shape.name in ("shade", "shade_deep", "light"):
            assert abs(shape.lab[0] - lightness) < 24
            assert abs(shape.lab[1] - measured.colors.skin[1]) < 12


def test_nothing_shows_of_eyes_behind_sunglasses_or_of_a_mouth_behind_a_hand(
    sheet: Callable[[str], CharacterSheet],
) -> None:
    hidden = portrait_of(with_words(sheet("obama"), glasses="sunglasses", mouth="hidden"))
    clear = portrait_of(with_words(sheet("obama"), glasses="glasses", mouth="shown"))

    assert not named(hidden, *ON_EYES, *ON_MOUTH)
    assert len(named(clear, *EYES)) == 2
    assert named(clear, "lip_upper")
    (hand,) = named(hidden, "hand")
    assert color_difference(hand.lab, hidden.skin) < 1
    assert sum(len(nails.loops) for nails in named(hidden, "nail")) == 4, "its fingers are told apart"
    lips = covered(named(clear, "lip_upper", "lip_lower"))
    assert (lips * covered([hand])).sum() > 0.5 * lips.sum(), "it lies before the mouth"
    assert not named(clear, "hand")


def test_a_smile_shows_teeth_and_an_open_mouth_is_no_black_hole(
    designed: Callable[[str], CharacterDesign],
) -> None:
    design = designed("obama")

    (mouth,), (teeth,) = named(design, "mouth"), named(design, "teeth")
    assert mouth.lab[0] > 18 and mouth.lab[1] > 15, "a dark warm red"
    assert area(teeth.loops[0]) > 0.5 * area(mouth.loops[0])


def test_closed_lips_show_no_inside(sheet: Callable[[str], CharacterSheet]) -> None:
    measured = sheet("obama")
    mesh = measured.mesh.copy()
    upper, lower = [191, 80, 81, 82, 13, 312, 311, 310, 415], [95, 88, 178, 87, 14, 317, 402, 318, 324]
    mesh[upper] = mesh[lower] = (mesh[upper] + mesh[lower]) / 2

    design = portrait_of(replace(measured, mesh=mesh))

    assert not named(design, "mouth", "teeth", "tongue")
    assert named(design, "lip_line")


@pytest.mark.parametrize(("yaw", "hidden"), [(0.55, "ear_left"), (-0.55, "ear_right")])
def test_a_turned_head_shows_no_ear_on_its_far_side(
    sheet: Callable[[str], CharacterSheet],
    designed: Callable[[str], CharacterDesign],
    yaw: float,
    hidden: str,
) -> None:
    frontal = {shape.name for shape in designed("obama").shapes}
    turned = {shape.name for shape in portrait_of(replace(sheet("obama"), yaw=yaw)).shapes}

    assert {"ear_left", "ear_right"} <= frontal
    assert {"ear_left", "ear_right"} - turned == {hidden}


def test_a_profile_has_one_eye(sheet: Callable[[str], CharacterSheet]) -> None:
    assert len(named(portrait_of(replace(sheet("obama"), yaw=0.9)), *EYES)) == 1


def test_a_crown_that_the_photo_cuts_off_is_there(sheet: Callable[[str], CharacterSheet]) -> None:
    measured = sheet("obama")
    gone = np.ones_like(measured.inside)
    gone[: int(288 - 0.32 * 160)] = 0  # the photo ends at the middle of the forehead
    cut = replace(
        measured,
        inside=np.asarray(measured.inside * gone, np.float32),
        classes=np.asarray(measured.classes * gone, np.float32),
    )

    tops = [covered(named(portrait_of(one), "head")).any(1).argmax() for one in (measured, cut)]

    assert abs(int(tops[0]) - int(tops[1])) < 16, "ten head units"


def test_children_are_drawn_softer_and_with_larger_eyes(sheet: Callable[[str], CharacterSheet]) -> None:
    adult, child = (portrait_of(with_words(sheet("astronaut"), age_band=band)) for band in ("adult", "child"))

    assert named(child, "blush") and not named(adult, "blush")
    assert not named(child, "nose_bridge")
    deepest = [min(each.lab[0] for each in named(drawn, "shade", "shade_deep")) for drawn in (adult, child)]
    assert deepest[0] <= deepest[1]
    pens = [sum(s.role is Role.PEN and s.clip == "head" for s in design.shapes) for design in (adult, child)]
    assert pens[1] < pens[0]
    white = [max(np.ptp(s.loops[0][:, 0]) for s in named(design, *EYES)) for design in (adult, child)]
    assert 1.02 < white[1] / white[0] < 1.2


@pytest.mark.parametrize("name", PEOPLE)
def test_a_design_is_finite_compact_and_the_same_again(
    sheet: Callable[[str], CharacterSheet], designed: Callable[[str], CharacterDesign], name: str
) -> None:
    first, again = designed(name), portrait_of(sheet(name))

    assert [shape.name for shape in first.shapes] == [shape.name for shape in again.shapes]
    for one, other in zip(first.shapes, again.shapes, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one.loops, other.loops, strict=True))
        assert one.lab == other.lab
        assert all(np.isfinite(loop).all() and len(loop) > 2 for loop in one.loops)
    assert 40 < len(first.shapes) < 900


def test_no_sheet_is_too_odd_to_design_a_face_from(sheet: Callable[[str], CharacterSheet]) -> None:
    measured = sheet("biden")
    nothing = replace(measured, classes=np.zeros_like(measured.classes), traits=SheetTraits())
    background = nothing.classes.copy()
    background[FaceClass.BACKGROUND] = 1
    black = replace(measured, lab=np.zeros_like(measured.lab))
    elsewhere = replace(measured, inside=np.zeros_like(measured.inside))
    for odd in (replace(nothing, yaw=-1.0), replace(nothing, classes=background), black, elsewhere):
        assert named(portrait_of(odd), "head")
