"""The character sheet: everything measured of one photo that a character is designed from.

Maps are of a frame that is the same for every photo: `MAP_SHAPE` pixels, upright as the photo is, the face
`FACE_PIXELS` high with its middle at `FACE_CENTER`. Points and lengths are in head units
(tasks/design/shapes.py): the chin is (0, 0), y points down, and the face is 100 high.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tasks.arrays import LabImage, Mask, Plane, Points
from tasks.perception.analysis import Lab, PersonAnalysis, Reading
from tasks.perception.photo_light import PLAIN, PhotoLight

MAP_SHAPE = (640, 512)  # rows, columns
FACE_PIXELS = 160.0  # of the face's height in a map: 1.6 pixels a head unit
FACE_CENTER = (256.0, 288.0)  # x, y of the middle between forehead and chin
UNIT = FACE_PIXELS / 100  # map pixels in a head unit

UNKNOWN = Reading()


class FaceClass(IntEnum):
    """The classes of the face parser (CelebAMask-HQ's); right and left are the person's own."""

    BACKGROUND = 0
    SKIN = 1
    RIGHT_BROW = 2
    LEFT_BROW = 3
    RIGHT_EYE = 4
    LEFT_EYE = 5
    GLASSES = 6
    RIGHT_EAR = 7
    LEFT_EAR = 8
    EARRING = 9
    NOSE = 10
    MOUTH = 11  # its inside: teeth, tongue
    UPPER_LIP = 12
    LOWER_LIP = 13
    NECK = 14
    NECKLACE = 15
    CLOTH = 16
    HAIR = 17
    HAT = 18


@dataclass(frozen=True)
class SheetTraits:
    """The person in words, beyond `Traits`; a Reading without a value is unknown. Words as listed."""

    hair_texture: Reading = UNKNOWN  # straight, wavy, curly, coily
    hair_length: Reading = UNKNOWN  # bald or shaved, very short, short, chin-length, shoulder-length, long
    hairline: Reading = UNKNOWN  # full, receding, bald
    fringe: Reading = UNKNOWN  # none, fringe
    headwear: Reading = UNKNOWN  # none, cap, hat, beanie, helmet, veil, turban, hood
    glasses: Reading = UNKNOWN  # none, glasses, sunglasses
    rims: Reading = UNKNOWN  # round, square, oval, cat-eye, rimless
    facial_hair: Reading = UNKNOWN  # none, stubble, moustache, goatee, beard
    garment: Reading = UNKNOWN  # t-shirt, shirt, jacket, hoodie, jumper, dress, top
    neckline: Reading = UNKNOWN  # crew, v, collar, turtleneck, open, strapless
    sleeves: Reading = UNKNOWN  # none, short, long
    pattern: Reading = UNKNOWN  # plain, stripes, checks, print
    age_band: Reading = UNKNOWN  # baby, and AgeBand's
    expression: Reading = UNKNOWN
    mouth: Reading = UNKNOWN  # shown, hidden (by a hand, a mask, a microphone)


@dataclass(frozen=True)
class SheetColors:
    """Lab medians, freed of the photo's light where that is known; None where nothing is to measure."""

    skin: Lab  # the face's own, at its median light
    hair: Lab | None = None
    brows: Lab | None = None
    eyes: Lab | None = None
    lips: Lab | None = None
    facial_hair: Lab | None = None
    headwear: Lab | None = None
    rims: Lab | None = None
    clothes: tuple[tuple[Lab, float], ...] = ()  # color and share, largest first


@dataclass(frozen=True)
class CharacterSheet:
    """One person of one photo, measured once and shared by all styles. Read-only, safe to share."""

    analysis: PersonAnalysis
    mesh: Points  # 468x2, head units
    mesh_depth: NDArray[np.float32]  # 468, head units, larger is farther away
    irises: tuple[
        tuple[Points, float], tuple[Points, float]
    ]  # (center, radius), head units; person's right, left
    eye_contours: tuple[Points, Points]  # 16x2 each, head units: as PersonAnalysis has them
    yaw: float  # -1..1, 0 is frontal
    tilt: float  # radians, clockwise: how far the head leans in the picture
    classes: NDArray[np.float32]  # 19xHxW, probabilities by FaceClass; 0 outside the photo
    inside: Mask  # HxW, 1 where the photo is
    lab: LabImage  # HxWx3, the photo in plain light: for statistics only, its pixels are not drawn
    person: Mask  # HxW, the matte of this person alone
    skin: Mask  # HxW, skin anywhere: hands and arms too
    colors: SheetColors
    traits: SheetTraits
    light: PhotoLight = PLAIN  # what was taken off `lab` and `colors`

    def share(self, *classes: FaceClass) -> Mask:
        """HxW, the summed probability of some classes."""
        return np.asarray(self.classes[list(classes)].sum(0), np.float32)


def units_from_map(points: Points) -> Points:
    """Map pixels -> head units."""
    chin = np.array([FACE_CENTER[0], FACE_CENTER[1] + FACE_PIXELS / 2], np.float32)
    return np.asarray((np.asarray(points, np.float32) - chin) / np.float32(UNIT), np.float32)


def map_from_units(points: Points) -> Points:
    """Head units -> map pixels."""
    chin = np.array([FACE_CENTER[0], FACE_CENTER[1] + FACE_PIXELS / 2], np.float32)
    return np.asarray(np.asarray(points, np.float32) * np.float32(UNIT) + chin, np.float32)


@cache
def unit_grid() -> tuple[Plane, Plane]:
    """x and y of every pixel of a map, head units; read-only."""
    rows, columns = np.mgrid[0 : MAP_SHAPE[0], 0 : MAP_SHAPE[1]].astype(np.float32)
    points = units_from_map(np.stack([columns, rows], -1))
    x, y = np.ascontiguousarray(points[..., 0]), np.ascontiguousarray(points[..., 1])
    x.setflags(write=False)
    y.setflags(write=False)
    return x, y
