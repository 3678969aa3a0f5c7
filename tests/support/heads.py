"""Character sheets of plain heads that wear what a test asks for: no photo, no weights."""

from dataclasses import fields
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from tasks.arrays import Mask, Points
from tasks.design.geometry import ellipse, fill, hull
from tasks.face_mesh import LEFT_EYE, LIPS, OVAL, RIGHT_EYE
from tasks.perception.analysis import Lab, PersonAnalysis, Reading
from tasks.perception.character_sheet import (
    MAP_SHAPE,
    CharacterSheet,
    FaceClass,
    SheetColors,
    SheetTraits,
    unit_grid,
)

MESH = np.loadtxt(Path(__file__).with_name("frontal_mesh.txt")).astype(np.float32)  # one face, upright
SKIN: Lab = (66.0, 13.0, 19.0)
BROWN: Lab = (24.0, 7.0, 11.0)
GRAY: Lab = (80.0, -2.0, -4.0)  # of the background

Painted = tuple[FaceClass, Mask, Lab]


def oval(x: float, y: float, wide: float, tall: float) -> Mask:
    """A map with a filled ellipse of these radii."""
    return fill(ellipse((x, y), wide, tall, count=72))


def box(left: float, top: float, right: float, bottom: float) -> Mask:
    """A map with a filled rectangle."""
    x, y = unit_grid()
    return np.asarray((x > left) & (x < right) & (y > top) & (y < bottom), np.float32)


def polygon(*corners: ArrayLike) -> Mask:
    """A map with a filled polygon."""
    return fill(np.asarray(corners, np.float32))


def face_mask() -> Mask:
    """The map of the plain face."""
    return fill(hull(MESH[OVAL]))


def short_hair() -> Mask:
    """The map of a cap of hair above the brows."""
    x, y = unit_grid()
    brow = np.asarray((y > -86) & (np.abs(x) < 37), np.float32)
    return np.asarray(oval(0, -72, 49, 55) * (y < -62) * (1 - brow), np.float32)


def head_sheet(
    *painted: Painted,
    colors: SheetColors | None = None,
    seed: int = 3,
    inside: Mask | None = None,
    tilt: float = 0.0,
    **words: str,
) -> CharacterSheet:
    """A frontal head before a gray wall, and over it what is painted: class, map and color, in this order.

    Args:
        painted: Later ones hide earlier ones. Their lightness varies a little, as hair does.
        colors: As measured; only the skin's, unless given.
        seed: Of the variation.
        inside: Where the photo is; everywhere, unless given.
        tilt: As the sheet has it; the mesh is not turned.
        words: Values of `SheetTraits`, all sure.
    """
    x, y = unit_grid()
    face = face_mask()
    shirt = np.asarray((y > 18) & (np.abs(x) < 90), np.float32)
    neck = np.asarray((y > -15) & (y < 24) & (np.abs(x) < 24), np.float32)
    layers: list[Painted] = [
        (FaceClass.CLOTH, shirt, (40.0, 10.0, -30.0)),
        (FaceClass.NECK, neck, SKIN),
        (FaceClass.SKIN, face, SKIN),
        (FaceClass.RIGHT_EYE, fill(MESH[RIGHT_EYE]), (50.0, 3.0, 5.0)),
        (FaceClass.LEFT_EYE, fill(MESH[LEFT_EYE]), (50.0, 3.0, 5.0)),
        (FaceClass.LOWER_LIP, fill(MESH[LIPS]), (50.0, 28.0, 14.0)),
        *painted,
    ]
    labels = np.zeros(MAP_SHAPE, int)
    lab = np.empty((*MAP_SHAPE, 3), np.float32)
    lab[:] = GRAY
    for kind, mask, color in layers:
        labels[mask > 0.5] = kind
        lab[mask > 0.5] = color
    waves = np.random.default_rng(seed).normal(0, 2, (1, MAP_SHAPE[1])).astype(np.float32)
    lab[..., 0] += waves  # strands that hang down
    within = np.ones(MAP_SHAPE, np.float32) if inside is None else inside
    classes = np.stack([np.asarray(labels == k, np.float32) for k in range(19)]) * within
    known = {field.name for field in fields(SheetTraits)}
    traits = SheetTraits(**{name: Reading(word, 1.0) for name, word in words.items() if name in known})
    return CharacterSheet(
        analysis=cast(PersonAnalysis, None),
        mesh=MESH,
        mesh_depth=np.zeros(468, np.float32),
        irises=tuple((_middle(MESH[eye]), 3.0) for eye in (RIGHT_EYE, LEFT_EYE)),  # type: ignore[arg-type]
        eye_contours=(MESH[RIGHT_EYE], MESH[LEFT_EYE]),
        yaw=0.0,
        tilt=tilt,
        classes=np.asarray(classes, np.float32),
        inside=within,
        lab=lab,
        person=np.asarray((labels > 0) * within, np.float32),
        skin=np.asarray((labels == FaceClass.SKIN) * within, np.float32),
        colors=colors or SheetColors(skin=SKIN),
        traits=traits,
    )


def _middle(points: Points) -> Points:
    return np.asarray(points.mean(0), np.float32)
