"""Whatever a photo shows, the head is drawn: odd maps, cut photos, heads that lean and turn."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.arrays import Mask
from tasks.design.compose import BEHIND, WORN
from tasks.design.head.context import HeadContext
from tasks.perception.analysis import Reading
from tasks.perception.character_sheet import MAP_SHAPE, CharacterSheet, FaceClass, SheetTraits, unit_grid
from tests.support.heads import box, head_sheet, oval, short_hair

EVERYTHING: Mask = np.ones(MAP_SHAPE, np.float32)
SPECKS: Mask = (np.random.default_rng(5).random(MAP_SHAPE) > 0.9).astype(np.float32)
MASKS = {
    "all": EVERYTHING,
    "specks": SPECKS,
    "dot": oval(0, -120, 1, 1),
    "side": box(10, -140, 160, 60),
    "cap": short_hair(),
}
KINDS = ("cap", "hat", "beanie", "helmet", "veil", "turban", "hood", None)
BEARDS = ("beard", "goatee", "moustache", "stubble")


def drawn(sheet: CharacterSheet) -> int:
    context = HeadContext(sheet, 2)
    shapes = [shape for part in (*BEHIND, *WORN) for shape in part(context)]
    for shape in shapes:
        assert all(np.isfinite(loop).all() and len(loop) > 2 for loop in shape.loops)
        assert np.isfinite(shape.lab).all()
    return len(shapes)


@pytest.mark.parametrize("name", MASKS)
def test_odd_maps_are_drawn(name: str) -> None:
    y = unit_grid()[1]
    for k, kind in enumerate((FaceClass.HAIR, FaceClass.HAT, FaceClass.GLASSES)):
        within = np.asarray((y > -96) & (y < -20), np.float32) if k % 2 == len(name) % 2 else None
        sheet = head_sheet((kind, MASKS[name], (30.0, 5.0, 5.0)), inside=within)
        word = KINDS[(2 * k + len(name)) % 8]
        traits = SheetTraits(
            headwear=Reading(word, 1.0),
            facial_hair=Reading(BEARDS[k % 4], 1.0),
            hair_texture=Reading("coily", k % 2),
        )
        assert drawn(replace(sheet, traits=traits)) >= 0


@pytest.mark.parametrize("tuft", [oval(20, -120, 9, 5), oval(30, -114, 6, 6), oval(0, -118, 6, 5)])
def test_a_tuft_above_a_hat_that_hides_all_hair_is_no_hair(tuft: Mask) -> None:
    hat = (FaceClass.HAT, oval(0, -100, 52, 42), (30.0, 5.0, 5.0))
    sheet = head_sheet(hat, (FaceClass.HAIR, tuft, (20.0, 5.0, 5.0)), headwear="beanie")
    assert drawn(sheet) > 0


def test_turned_and_leaning_heads_are_drawn() -> None:
    for k, (yaw, tilt) in enumerate(((-0.95, 0.0), (0.95, 0.9), (0.4, -1.3), (0.0, 3.1))):
        sheet = head_sheet((FaceClass.HAT, oval(0, -100, 55, 45), (30.0, 5.0, 5.0)))
        traits = SheetTraits(headwear=Reading(KINDS[2 * k], 1.0), facial_hair=Reading(BEARDS[k], 1.0))
        assert drawn(replace(sheet, yaw=yaw, tilt=tilt, traits=traits)) > 0


def test_a_photo_without_anything_is_drawn() -> None:
    sheet = head_sheet(inside=np.zeros(MAP_SHAPE, np.float32))
    assert drawn(sheet) == 0
