"""Skin: the color of the face where it is lit plainly, and a word for it."""

from dataclasses import dataclass, replace

import numpy as np

from tasks.arrays import BgrBytes, BoolMask, Points
from tasks.face_mesh import INNER_LIPS, LEFT_EYE, RIGHT_EYE
from tasks.perception.analysis import Lab, Reading
from tasks.perception.color_words import SKIN, nearest_word
from tasks.perception.face_crop import features, lenses
from tasks.perception.geometry import FaceAxes, face_oval, fill_polygon
from tasks.perception.lab import chroma, lab_of_pixels, lab_tuple
from tasks.perception.traits.light import Light

_DIM = 55.0  # median lightness
_ROSY = 0.93  # yellow to red: a hue of 43 degrees


@dataclass(frozen=True)
class SkinColor:
    """What the face measures."""

    lab: Lab  # as photographed
    tone: Reading
    exposure: float  # median lightness, 0..100


def face_skin(image: BgrBytes, mesh: Points, axes: FaceAxes, is_skin: BoolMask, *, eyewear: bool) -> BoolMask:
    """The pixels of a face that show bare skin."""
    mask = fill_polygon(image.shape, face_oval(mesh, axes, 0.8))
    bare = mask & ~features(image.shape, mesh) & is_skin
    if eyewear:
        right_lens, left_lens = lenses(image.shape, mesh)
        bare &= ~(right_lens | left_lens)
    return bare if bare.sum() >= 50 else mask


def white_lightness(image: BgrBytes, mesh: Points) -> float | None:
    """How light the whites (eyes, teeth) are in this photo, or None where there are too few to say."""
    mask = np.zeros(image.shape[:2], np.bool_)
    for points in (LEFT_EYE, RIGHT_EYE, INNER_LIPS):
        mask |= fill_polygon(image.shape, mesh[points])
    if mask.sum() < 60:
        return None
    lab = lab_of_pixels(image[mask])
    whites = lab[chroma(lab) < 16]
    return float(np.percentile(whites[:, 0], 92)) if len(whites) > 20 else None


def measure_skin(image: BgrBytes, bare: BoolMask, white: float | None, light: Light) -> SkinColor:
    """The color and the tone of bare skin; `white` corrects the word (never the color) for the exposure."""
    lab = lab_of_pixels(image[bare])
    low, high = np.percentile(lab[:, 0], [35, 85])
    plain = lab[(lab[:, 0] >= low) & (lab[:, 0] <= high)]
    middle = np.median(plain, axis=0)
    exposure = float(np.median(lab[:, 0]))
    judged = light.judged(middle)
    if white is not None and 55 < white < 97:
        judged[0] *= np.clip(80 / white, 0.92, 1.12)
    tone = light.trusted(nearest_word(judged, SKIN))
    if exposure < _DIM and middle[2] < _ROSY * middle[1]:
        # Dark skin is golden. Rosy skin in little light is fair skin in the shade, or any in colored light:
        # not to be named, and not to be lightened either.
        tone = replace(tone, confidence=tone.confidence * 0.3)
    return SkinColor(lab_tuple(middle), tone, exposure)
