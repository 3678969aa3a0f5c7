"""Shapes become pixels: where they are said to be, within what they are clipped to, back to front."""

import numpy as np
import pytest

from tasks.design.shapes import Framing, Material, Role, Shape
from tasks.media.flats import Look, lay_flats
from tasks.media.place import place_design
from tasks.media.placement import PRINT, SCREEN, Placement
from tasks.media.raster import rasterize
from tests.support.color_difference import lab_of_bgr
from tests.support.designs import SKINS, a_design, box, oval, with_shapes

SQUARE = Placement(100, 80, 1.0, (50.0, 60.0))


def test_a_box_covers_what_it_says() -> None:
    patch = rasterize((box(-20, -30, 20, 10),), SQUARE)
    assert patch is not None
    sheet = np.zeros((80, 100))
    sheet[patch.window] = patch.mask
    assert sheet[31:70, 31:70].min() == 1
    assert sheet.sum() == pytest.approx(40 * 40, rel=0.04)


def test_a_ring_has_a_hole_and_what_is_off_the_sheet_is_nothing() -> None:
    ring = rasterize((oval(0, -20, 30, 30), oval(0, -20, 15, 15)), SQUARE)
    assert ring is not None
    assert ring.mask[ring.mask.shape[0] // 2, ring.mask.shape[1] // 2] == 0
    assert rasterize((box(300, 300, 400, 400),), SQUARE) is None
    assert rasterize((np.array([[0, 0], [np.nan, 1], [1, 1]], np.float32),), SQUARE) is None


def test_a_clipped_shape_stays_inside_what_was_laid_before() -> None:
    green = Shape("star", (box(-90, -90, 90, 90),), (60, -60, 50), Material.CLOTH, Role.PATTERN, clip="head")
    nowhere = Shape("star", (box(-90, -90, 90, 90),), (60, 60, 50), Material.CLOTH, clip="no such shape")
    design = with_shapes(a_design(), green, nowhere)
    placement = place_design(design, *SCREEN)
    plain = lay_flats(a_design(), placement, Look())
    flats = lay_flats(design, placement, Look())
    head = rasterize((oval(0, -50, 42, 51),), placement)
    assert head is not None
    outside = np.ones(SCREEN[::-1], bool)
    outside[head.window] = head.mask == 0
    assert np.array_equal(flats.color[outside], plain.color[outside])
    assert np.array_equal(flats.alpha, plain.alpha)
    x, y = placement.pixels(np.array([0, -40], np.float32)).round().astype(int)
    assert lab_of_bgr(flats.color[y, x])[1] < -40


@pytest.mark.parametrize("name", SKINS)
def test_the_skin_of_the_sheet_is_the_skin_of_the_design(name: str) -> None:
    design = a_design(SKINS[name])
    placement = place_design(design, *SCREEN)
    flats = lay_flats(design, placement, Look(soft_skin=1.0, outline=1.0))
    bare = flats.color[flats.skin > 0.98]
    assert np.abs(np.median([lab_of_bgr(each) for each in bare[::50]], axis=0) - SKINS[name]).max() < 1.5


def test_outlines_are_drawn_where_a_medium_has_them() -> None:
    design = a_design()
    placement = place_design(design, *SCREEN)
    plain, inked = (lay_flats(design, placement, Look(pen=0, outline=width)) for width in (0.0, 1.0))
    assert inked.feature.sum() - plain.feature.sum() > 3000
    assert inked.alpha.sum() > plain.alpha.sum()


def test_a_portrait_shows_the_whole_head_and_a_face_of_a_book_s_size() -> None:
    for tall in (10.0, 60.0, 150.0):
        hat = Shape("hat", (oval(0, -100, 60, tall),), (40, 40, 20), Material.HEADWEAR)
        design = with_shapes(a_design(), hat)
        placement = place_design(design, *SCREEN, nudge=(1.0, -1.0))
        face = placement.scale * 100 / SCREEN[1]
        assert 0.26 <= face <= 0.32 or tall == 150.0
        assert placement.pixels(np.array([0, -100 - tall], np.float32))[1] > 0.03 * SCREEN[1]
        assert placement.pixels(np.array([-60, 0], np.float32))[0] > 0


def test_a_full_body_stands_on_the_ground_and_nothing_is_cut() -> None:
    design = a_design(framing=Framing.FULL_BODY)
    flats = lay_flats(design, place_design(design, *SCREEN), Look(outline=1.0))
    assert flats.alpha[0].max() == flats.alpha[-1].max() == 0
    assert flats.alpha[:, 0].max() == flats.alpha[:, -1].max() == 0
    lowest = np.flatnonzero(flats.alpha.max(1) > 0.5)[-1] / SCREEN[1]
    assert 0.88 < lowest < 0.95


def test_print_is_the_same_composition() -> None:
    design = a_design()
    small, large = place_design(design, *SCREEN), place_design(design, *PRINT)
    assert large.scale == pytest.approx(3 * small.scale)
    assert large.zoom == 3


def test_a_brow_that_ends_where_a_turned_head_does_is_as_dark_as_another() -> None:
    loop = box(-20, -70, 20, -60)
    placement = place_design(a_design(), *SCREEN)
    x, y = placement.pixels(np.array([0, -65], np.float32)).round().astype(int)

    def drawn(name: str, clip: str | None) -> float:
        shape = Shape(name, (loop,), (10, 0, 0), Material.HAIR, Role.PEN, clip=clip)
        flats = lay_flats(with_shapes(a_design(), shape), placement, Look(hair_pen=0.4))
        return float(lab_of_bgr(flats.color[y, x])[0])

    assert drawn("brow_left", "head") == pytest.approx(drawn("brow_left", None), abs=0.5)
    assert drawn("hair_strand", "head") > drawn("brow_left", "head") + 10


def test_the_dark_of_hair_has_no_edge_of_its_own_where_washes_dry() -> None:
    design = a_design()
    dark = Shape("hair_dark", (oval(0, -88, 9, 5),), (20, 4, 8), Material.HAIR, Role.SHADE, clip="head")
    placement = place_design(design, *SCREEN)
    plain, shaded = (
        lay_flats(each, placement, Look(edges=True)) for each in (design, with_shapes(design, dark))
    )
    assert not np.array_equal(plain.color, shaded.color)
    assert np.array_equal(plain.edge, shaded.edge)
