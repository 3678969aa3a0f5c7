"""Hair as long as a person says it is, put into the maps of a sheet: cut off, or hanging further down."""

import numpy as np

from tasks.arrays import Mask
from tasks.design.geometry import grown
from tasks.design.head.context import HeadContext
from tasks.face_mesh import FOREHEAD, NOSE_BRIDGE
from tasks.perception.character_sheet import CharacterSheet, FaceClass

# How far it hangs, head units below the chin; negative is above it.
LOWEST = {"very short": -62.0, "short": -40.0, "chin-length": 2.0, "shoulder-length": 30.0, "long": 74.0}
_CLOSE = 5.0  # head units that very short hair stands off a skull, on both sides together
_VOLUME = 12.0  # that other hair does
_HALF = 0.60  # of a face's width: so far from its middle hair hangs
_PARTED = 0.27  # below the chin the neck is seen between both sides, up to so far from the middle
_SLANT = 10.0  # head units: outer strands end so much higher than inner ones
_SCALP = 0.02  # of a map: less hair is none


def hair_to_cut(sheet: CharacterSheet, word: str) -> Mask:
    """HxW, 1 where hair is too low, or stands off too far, for that length."""
    context = HeadContext(sheet, 0)
    gone = context.height_map > LOWEST[word]
    if word == "very short":
        gone |= grown(context.cranium, _CLOSE) < 0.5
    return np.asarray(gone, np.float32)


def hair_to_add(sheet: CharacterSheet, word: str) -> Mask:
    """HxW, 1 where hair is to be that is not there; nothing where it is as long already."""
    context = HeadContext(sheet, 0)
    bridge, width = context.height_of(NOSE_BRIDGE), context.width
    height, side = context.height_map, np.abs(context.side_map)
    hair = sheet.share(FaceClass.HAIR)
    added = np.zeros_like(hair)
    if (np.maximum(hair, sheet.share(FaceClass.HAT)) > 0.5).mean() < _SCALP:
        volume = _CLOSE if word == "very short" else _VOLUME
        scalp = grown(context.cranium, volume) * (height < context.height_of(FOREHEAD) + 8.0)
        temples = grown(context.cranium, volume) * (height < min(bridge, LOWEST[word])) * (1 - context.oval)
        added = np.maximum(scalp, temples)
    low = LOWEST[word]
    if low > LOWEST["short"] and not (hair * (height > low - 2 * _SLANT) > 0.5).any():
        ends = low - _SLANT * (side / (_HALF * width)) ** 2
        beside = (height > bridge - 14.0) & (height < ends) & (side < _HALF * width)
        neck = (height > -6.0) & (side < _PARTED * width)
        added = np.maximum(added, beside * (1 - context.oval) * ~neck)
    return np.asarray(added, np.float32)
