"""What a reader of the book sees below the chin: a whole, dressed body that belongs to the photo."""

from itertools import cycle
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
import pytest

from tasks.arrays import Mask
from tasks.design.body.figure import Body, bust, full_body, pose_for
from tasks.design.body.poses import POSES
from tasks.design.shapes import CharacterDesign, Framing, Material, Role, Shape
from tasks.media.flats import Flats, Look, lay_flats
from tasks.media.place import place_design
from tasks.media.placement import Placement
from tasks.perception.analysis import Lab, Reading
from tasks.perception.character_sheet import (
    MAP_SHAPE,
    CharacterSheet,
    FaceClass,
    SheetColors,
    SheetTraits,
    map_from_units,
)
from tests.support.designs import oval
from tests.support.heads import box, head_sheet

SKIN: Lab = (70.0, 14.0, 20.0)
RED: Lab = (48.0, 52.0, 30.0)
SIZE = (328, 410)  # two fifths of a sheet
GARMENTS = ("t-shirt", "shirt", "jacket", "hoodie", "jumper", "dress", "top")
BANDS = ("baby", "toddler", "child", "teen", "young adult", "adult", "older adult")


def sheet_with(clothes: tuple[tuple[Lab, float], ...] = ((RED, 0.8),), **words: str) -> CharacterSheet:
    """As much of a sheet as a body is designed from."""
    traits = SheetTraits(**{name: Reading(value, 1.0) for name, value in words.items()})
    mesh = np.zeros((468, 2), np.float32)
    mesh[172], mesh[397] = (-31, -22), (31, -22)
    colors = SimpleNamespace(skin=SKIN, clothes=clothes, headwear=None)
    nothing = np.zeros(MAP_SHAPE, np.float32)
    maps = {"lab": np.zeros((*MAP_SHAPE, 3), np.float32), "person": nothing.copy(), "inside": nothing.copy()}
    maps["classes"] = np.zeros((len(FaceClass), *MAP_SHAPE), np.float32)
    fields = {"traits": traits, "mesh": mesh, "yaw": 0.0, "colors": colors, **maps}
    return cast(CharacterSheet, SimpleNamespace(**fields, share=lambda *_: nothing))


def laid(body: Body, head: bool = True) -> tuple[Flats, Placement]:
    """The body under a plain gray head."""
    face = Shape("head", (oval(0, -65, 45, 66),), (60, 0, 0), Material.FEATURE)
    framing = Framing.PORTRAIT if body.feet is None else Framing.FULL_BODY
    shapes = (*body.behind, *body.trunk, *((face,) if head else ()), *body.front)
    design = CharacterDesign(shapes, framing, body.pose, SKIN, RED, body.feet)
    placement = place_design(design, *SIZE)
    return lay_flats(design, placement, Look()), placement


def blobs(mask: Mask, least: int = 12) -> int:
    """How many connected parts of at least so many pixels."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((mask > 0.5).astype(np.uint8))
    return int((stats[1:, cv2.CC_STAT_AREA] >= least).sum())


@pytest.mark.parametrize("garment", GARMENTS)
def test_every_figure_is_whole_and_on_its_sheet(garment: str) -> None:
    bands, patterns = cycle(BANDS), cycle(("plain", "stripes", "checks", "print"))
    for pose, band, pattern in zip(POSES, bands, patterns, strict=False):
        body = full_body(sheet_with(garment=garment, age_band=band, pattern=pattern), SKIN, 5, pose)
        flats, placement = laid(body)
        edge = np.concatenate([flats.alpha[0], flats.alpha[-1], flats.alpha[:, 0], flats.alpha[:, -1]])
        assert edge.max() == 0, (pose, band)
        assert blobs(flats.alpha, 1) == 1, (pose, band)
        assert body.feet is not None
        lowest = np.flatnonzero(flats.alpha.max(1) > 0.5)[-1]
        assert abs(placement.pixels(np.array([0, body.feet]))[1] - lowest) < 5, (pose, band)


@pytest.mark.parametrize("band", BANDS)
def test_a_bust_is_complete_down_to_the_lower_edge(band: str) -> None:
    for garment in GARMENTS[1:4]:
        body = bust(sheet_with(garment=garment, age_band=band), SKIN, 3)
        flats, placement = laid(body)
        assert body.feet is None
        x, chin = placement.pixels(np.array([0, 0], np.float32)).astype(int)
        assert flats.alpha[chin + 2 :, x].min() == 1  # neck, chest and no gap between
        wide = (flats.alpha[-1] > 0.5).sum() / placement.scale
        assert wide > 130  # shoulders of a child are wider than its head with its ears
        assert (flats.alpha[-40:] > 0.5).all(1).sum() == 0 or wide > 180


@pytest.mark.parametrize(
    ("band", "least", "most"), [("toddler", 2.6, 3.3), ("child", 3.4, 4.1), ("adult", 4.7, 5.5)]
)
def test_children_have_larger_heads_than_adults(band: str, least: float, most: float) -> None:
    feet = full_body(sheet_with(age_band=band), SKIN, 1, "standing").feet
    assert feet is not None
    assert least < (feet + 130) / 130 < most


@pytest.mark.parametrize("pose", POSES)
def test_under_a_veil_only_hands_are_bare(pose: str) -> None:
    for seed in range(2):
        for garment in ("t-shirt", "dress"):
            worn = sheet_with(garment=garment, sleeves="short", headwear="veil", age_band="child")
            flats, placement = laid(full_body(worn, SKIN, seed, pose))
            assert blobs(flats.skin) <= 2
            assert (flats.skin > 0.5).sum() / placement.scale**2 < 4600  # two open hands


def test_long_sleeves_stay_long_and_unknown_clothes_are_a_t_shirt_of_the_measured_color() -> None:
    long, unknown = (
        laid(full_body(sheet, SKIN, 2, "standing"))[0] for sheet in (sheet_with(sleeves="long"), sheet_with())
    )
    assert (long.skin > 0.5).sum() < (unknown.skin > 0.5).sum()
    body = bust(sheet_with(), SKIN, 2)
    fills = {shape.name: shape.lab for shape in body.trunk if shape.role is Role.FILL}
    assert fills["torso"] == RED
    assert fills["sleeve_left"] == RED
    assert not [shape for shape in body.trunk if shape.role is Role.PATTERN]


@pytest.mark.parametrize("neckline", ["strapless", "open", "v", "crew", "collar"])
def test_nobody_is_undressed(neckline: str) -> None:
    for band in ("child", "adult"):
        body = bust(sheet_with(garment="dress", sleeves="none", neckline=neckline, age_band=band), SKIN, 1)
        flats, placement = laid(body)
        lowest = np.flatnonzero((flats.skin > 0.5).any(1))[-1]
        assert lowest < placement.pixels(np.array([0, 62], np.float32))[1]
        assert blobs(flats.skin) == 1  # the throat; shoulders and arms are clothed


@pytest.mark.parametrize(
    ("seen", "shown"), [("stripes", True), ("checks", True), ("print", True), ("plain", False)]
)
def test_a_pattern_is_drawn_where_one_was_seen(seen: str, shown: bool) -> None:
    body = bust(sheet_with((((48, 52, 30), 0.6), ((90, 0, 0), 0.3)), pattern=seen), SKIN, 1)
    assert shown == any(shape.role is Role.PATTERN for shape in body.trunk)


def test_a_reader_has_a_book_and_both_hands_on_it() -> None:
    body = full_body(sheet_with(sleeves="long"), SKIN, 1, "reading")
    assert any(shape.material is Material.PROP for shape in body.front)
    assert {"hand_left", "hand_right"} <= {shape.name for shape in body.front}


@pytest.mark.parametrize("pose", ["standing", "waving", "hips", "cheering", "walking"])
def test_both_hands_are_seen(pose: str) -> None:
    flats, _ = laid(full_body(sheet_with(sleeves="long", age_band="adult"), SKIN, 1, pose))
    throat = 1
    assert blobs(flats.skin) in (2, 2 + throat)


def test_the_seed_alone_chooses_pose_and_colors() -> None:
    sheet = sheet_with(())
    first, again = (full_body(sheet, SKIN, 7) for _ in range(2))
    assert first.pose == again.pose
    for a, b in zip(first.trunk, again.trunk, strict=True):
        assert a.lab == b.lab
        assert all(np.array_equal(p, q) for p, q in zip(a.loops, b.loops, strict=True))
    assert len({pose_for(seed) for seed in range(40)}) == len(POSES)


def test_a_turned_head_stands_on_its_neck() -> None:
    sheet = sheet_with()
    moved = np.array(sheet.mesh)
    moved[:, 0] += 18
    turned = bust(
        cast(CharacterSheet, SimpleNamespace(**{**vars(sheet), "mesh": moved, "yaw": 0.6})), SKIN, 1
    )
    necks = [s for s in turned.trunk if s.name == "neck" and s.role is Role.FILL]
    assert 12 < float(np.mean(necks[0].loops[0][:, 0])) < 24


@pytest.mark.parametrize("words", [{"garment": "jacket", "neckline": "open"}, {}])
def test_a_tie_is_drawn_in_its_color_where_one_was_seen(words: dict[str, str]) -> None:
    navy, blue = (15.0, 1.0, -12.0), (35.0, 10.0, -40.0)
    sheet = sheet_with(((navy, 0.9),), age_band="adult", **words)
    assert "tie" not in {shape.name for shape in bust(sheet, SKIN, 1).trunk}
    sheet.person[:], sheet.inside[:], sheet.lab[:] = 1, 1, navy
    for left, right, color in ((-26, 26, (93.0, 0.0, 0.0)), (-6, 6, blue)):
        x0, y0 = map_from_units(np.array([left, 10])).astype(int)
        x1, y1 = map_from_units(np.array([right, 60])).astype(int)
        sheet.lab[y0:y1, x0:x1] = color
    fills = {shape.name: shape.lab for shape in bust(sheet, SKIN, 1).trunk if shape.role is Role.FILL}
    assert fills["tie"] == pytest.approx(blue, abs=1)
    assert fills["shirt"][0] > 88
    assert "lapel" in fills


def test_a_raised_hand_stays_beside_wide_hair() -> None:
    sheet = sheet_with(sleeves="long", age_band="adult")
    hair = np.zeros(MAP_SHAPE, np.float32)
    x0, y0 = map_from_units(np.array([-75, -130])).astype(int)
    x1, y1 = map_from_units(np.array([75, 20])).astype(int)
    hair[y0:y1, x0:x1] = 1
    haired = cast(CharacterSheet, SimpleNamespace(**{**vars(sheet), "share": lambda *_: hair}))
    hands = {s.name: s.loops[0] for s in full_body(haired, SKIN, 1, "cheering").trunk if s.role is Role.FILL}
    for name, side in (("hand_right", -1), ("hand_left", 1)):
        above = hands[name][hands[name][:, 1] < -40]
        assert len(above)
        assert (above[:, 0] * side).min() > 65


@pytest.mark.parametrize("skin", [(70.0, 14.0, 20.0), (33.0, 12.0, 16.0), (88.0, 6.0, 14.0)])
def test_clothes_in_the_color_of_the_skin_are_seen_to_be_clothes(skin: Lab) -> None:
    near = skin[0] - 4, skin[1], skin[2] + 3
    fills = {s.name: s.lab for s in bust(sheet_with(((near, 0.9),)), skin, 1).trunk if s.role is Role.FILL}
    assert np.linalg.norm(np.subtract(fills["torso"], skin)) > 16
    assert np.linalg.norm(np.subtract(fills["torso"], near)) < 32


def test_checks_of_unknown_cut_are_a_shirt_and_light_cloth_in_dark_cloth_is_a_jacket() -> None:
    checked = bust(sheet_with(pattern="checks", age_band="older adult"), SKIN, 1)
    assert "placket" in {shape.name for shape in checked.trunk}
    sheet = sheet_with((((20.0, 0.0, -4.0), 0.9),), age_band="adult")
    sheet.person[:], sheet.inside[:], sheet.lab[:] = 1, 1, (20.0, 0.0, -4.0)
    x0, y0 = map_from_units(np.array([-24, 10])).astype(int)
    x1, y1 = map_from_units(np.array([24, 60])).astype(int)
    sheet.lab[y0:y1, x0:x1] = (90.0, 0.0, 0.0)
    layered = {shape.name: shape.lab for shape in bust(sheet, SKIN, 1).trunk if shape.role is Role.FILL}
    assert layered["shirt"][0] > 85
    assert layered["torso"][0] < 30
    assert "tie" not in layered


@pytest.mark.parametrize("lighter", [4.0, 22.0, 34.0])
def test_a_throat_in_the_sun_is_no_shirt(lighter: float) -> None:
    face: Lab = (46.0, 15.0, 19.0)
    chest = np.asarray(box(-30, -15, 30, 60), np.float32)
    lit: Lab = (face[0] + lighter, 15.0, 21.0)
    sheet = head_sheet(
        (FaceClass.CLOTH, box(-90, 18, 90, 200), (30.0, 2.0, -8.0)),
        (FaceClass.NECK, chest, lit),
        colors=SheetColors(skin=face, clothes=(((30.0, 2.0, -8.0), 1.0),)),
    )
    below = bust(sheet, face, 3)
    for shape in (*below.behind, *below.trunk, *below.front):
        if shape.material is Material.CLOTH and shape.role is Role.FILL:
            assert np.hypot(shape.lab[1] - lit[1], shape.lab[2] - lit[2]) > 12
