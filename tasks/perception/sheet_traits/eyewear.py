"""Glasses or sunglasses, by the parser's class before the eyes and by the skin that is seen through them."""

import numpy as np
from numpy.typing import NDArray

from tasks.face_mesh import BLUSH_CHEEKS, LEFT_EYE, RIGHT_EYE
from tasks.perception.analysis import Reading
from tasks.perception.character_sheet import FaceClass
from tasks.perception.lab import chroma
from tasks.perception.sheet_traits.head_frame import UNKNOWN, HeadFrame, mean_in

_LENS = 1.6  # times the eye: where a lens would be
# Of the lens that is the class. Bare eyes reach 0.05, worn glasses start at 0.70.
_NONE, _WORN = 0.15, 0.40
_LENS_AREA, _LOWERED = (1.9, 1.6), 5.0  # times the eye, there and so many head units below it
# Skin seen through a lens: beside the cheek's its lightness (counted from CIE's -16, where light scales it
# evenly), its chroma for that lightness, and its hue in degrees. Dark skin in the shade is dim, yet colorful.
_LIT, _FAINT = 0.58, 0.55
_DIM, _COLORFUL = 0.42, 0.80
_HUE = 26.0
# Of both lenses together. Sunglasses that mirror the street show 0.22, clear ones in thick rims 0.45.
_OPAQUE, _CLEAR = 0.30, 0.40
_FEWEST = 60


def _cheek_lightness(frame: HeadFrame) -> float:
    spots = [frame.sheet.mesh[point] for point in BLUSH_CHEEKS]
    square = np.array([[-5, -5], [5, -5], [5, 5], [-5, 5]], np.float32)
    lightness = frame.sheet.lab[..., 0]
    patches = [frame.polygon(square + spot) & frame.inside for spot in spots]
    return max((float(np.median(lightness[patch])) for patch in patches if patch.any()), default=0.0)


def _skin_through(frame: HeadFrame) -> float:
    """How much of the lenses shows skin, 0..1."""
    sheet = frame.sheet
    skin = np.asarray(sheet.colors.skin, np.float32)
    plain = max(_cheek_lightness(frame), float(skin[0])) + 16
    worn = sheet.classes[FaceClass.GLASSES] > 0.5
    shares = []
    for eye in (RIGHT_EYE, LEFT_EYE):
        points = sheet.mesh[eye]
        lens = frame.polygon(points, _LENS_AREA[0])
        lens |= frame.polygon(points + np.array([0, _LOWERED], np.float32), _LENS_AREA[1])
        seen = sheet.lab[lens & worn & frame.inside]
        if len(seen) >= _FEWEST:
            shares.append(_share_of_skin(seen, skin, plain, monochrome=sheet.analysis.monochrome))
    return float(np.mean(shares)) if shares else 1.0


def _share_of_skin(
    seen: NDArray[np.floating], skin: NDArray[np.float32], plain: float, *, monochrome: bool
) -> float:
    """Of some pixels (N, 3), how many have the color of the skin, 0..1."""
    light = (seen[:, 0] + 16) / plain
    if monochrome:
        return float((light > _LIT).mean())
    tint = chroma(seen) / max(float(chroma(skin)), 1.0) / ((seen[:, 0] + 16) / (skin[0] + 16))
    hue = np.degrees(np.arctan2(seen[:, 2], seen[:, 1]) - np.arctan2(skin[2], skin[1]))
    alike = np.abs((hue + 180) % 360 - 180) < _HUE
    lit, dim = (light > _LIT) & (tint > _FAINT), (light > _DIM) & (tint > _COLORFUL)
    return float((alike & (lit | dim)).mean())


def read_glasses(frame: HeadFrame) -> Reading:
    """None, glasses or sunglasses; unknown where only lines of a rim are seen."""
    plane = frame.sheet.classes[FaceClass.GLASSES]
    shares = [
        mean_in(plane, frame.polygon(frame.sheet.mesh[eye], _LENS) & frame.inside)
        for eye in (RIGHT_EYE, LEFT_EYE)
    ]
    if max(shares) < _NONE:
        lines = frame.sheet.analysis.traits.glasses.value
        return Reading("none", 0.9) if lines in (None, "none") else UNKNOWN
    if max(shares) < _WORN:
        return UNKNOWN
    skin = _skin_through(frame)
    if skin < _OPAQUE:
        return Reading("sunglasses", 0.85 if skin < _OPAQUE / 2 else 0.6)
    return Reading("glasses", 0.85 if skin > _CLEAR else 0.5)
