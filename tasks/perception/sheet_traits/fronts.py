"""What shows in the opening of a jacket: the shirt's color, and a tie's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BoolMask
from tasks.perception.analysis import Lab
from tasks.perception.character_sheet import UNIT, CharacterSheet, FaceClass, map_from_units, unit_grid

_HALF, _TOP, _LOW = 34.0, 14.0, 46.0  # head units about the neck's middle, below the chin
_SHIRT_LIGHT = 64.0  # L* from which the cloth beside the throat is taken for a shirt
_CONTRAST = 26.0  # Lab distance of a shirt from its jacket, and of a tie from its shirt
_UNLIKE_SKIN = 20.0  # Lab distance from the skin
_LEAST = 30.0  # square head units of a shirt on one side, and of a tie
_TIE_SHARE = 0.45  # of what lies between a shirt's two sides


_SKIN_TINT = 12.0  # a and b: a throat in the sun is lighter than the face above it, and of its hue


@dataclass(frozen=True)
class Front:
    """None where nothing of it was seen."""

    shirt: Lab | None = None
    tie: Lab | None = None


def front_of(sheet: CharacterSheet, jacket: Lab) -> Front:
    """The shirt and tie beside and below the throat, in their measured colors."""
    low, high = map_from_units(np.array([[-_HALF * 1.4, _TOP], [_HALF * 1.4, _LOW]], np.float32)).astype(int)
    part = slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))
    lab = sheet.lab[part]
    x, _ = (plane[part] for plane in unit_grid())
    hair = sheet.share(FaceClass.HAIR, FaceClass.HAT)[part]
    seen: BoolMask = (np.minimum(sheet.person, sheet.inside)[part] > 0.5) & (hair < 0.4)
    bare = sheet.share(FaceClass.NECK, FaceClass.SKIN)[part]
    own = np.asarray(sheet.colors.skin, np.float32)
    tinted = np.hypot(lab[..., 1] - own[1], lab[..., 2] - own[2]) < _SKIN_TINT
    skin = bare * ((_apart(lab, sheet.colors.skin) < _UNLIKE_SKIN) | tinted)
    cloth = seen & (skin < 0.3) & (_apart(lab, sheet.colors.skin) > _UNLIKE_SKIN)
    shirt = cloth & (lab[..., 0] > _SHIRT_LIGHT) & (_apart(lab, jacket) > _CONTRAST)
    middle = float(np.median(x[shirt])) if shirt.any() else 0.0
    right, left = shirt & (x < middle), shirt & (x >= middle)
    if min(right.sum(), left.sum()) < _LEAST * UNIT**2:
        return Front()
    color = _median(lab, shirt)
    edges = float(np.percentile(x[right], 70)), float(np.percentile(x[left], 30))
    between = seen & (x > edges[0]) & (x < edges[1])
    tie = between & cloth & ~shirt & (_apart(lab, color) > _CONTRAST)
    if tie.sum() < max(_LEAST * UNIT**2, _TIE_SHARE * between.sum()):
        return Front(color)
    return Front(color, _median(lab, tie))


def _apart(lab: NDArray[np.floating], color: Lab) -> NDArray[np.float32]:
    return np.asarray(np.linalg.norm(lab - np.asarray(color, np.float32), axis=-1), np.float32)


def _median(lab: NDArray[np.floating], where: BoolMask) -> Lab:
    lightness, a, b = np.median(lab[where], 0)
    return float(lightness), float(a), float(b)
