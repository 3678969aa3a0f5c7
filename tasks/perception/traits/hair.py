"""Hair: its color where it is surely hair, and how far down it falls."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, BoolMask
from tasks.perception.analysis import Lab, Reading
from tasks.perception.color_words import GRAY_HAIR, HAIR, nearest_word
from tasks.perception.geometry import FaceAxes
from tasks.perception.lab import chroma, color_difference, lab_of_pixels, lab_tuple
from tasks.perception.traits.light import Light

# Colorfulness for its lightness: gray hair stays below the first, even in warm light; no other is below
# the second, unless it is too dark to tell.
_MOST_OF_GRAY, _LEAST_OF_OTHERS = 0.33, 0.27
_TOO_DARK_TO_TELL = 38.0
_DARK = 30.0  # nobody's hair grays to this: it is black, or in the shade
# Apparent years before which pale hair is blond and not gray.
_GRAY_FROM = 30.0


@dataclass(frozen=True)
class HairColor:
    """What the hair measures; `lab` is None where there is none."""

    lab: Lab | None
    color: Reading
    length: Reading


def hair_word(lab: NDArray[np.floating], years: float | None) -> Reading:
    """The word for a color of hair, in plain light, on somebody of so many apparent years."""
    tint = float(chroma(lab)) / max(float(lab[0]), 1.0)
    words, young = HAIR, years is not None and years < _GRAY_FROM
    if tint > _MOST_OF_GRAY or young or lab[0] < _DARK:
        words = {word: color for word, color in HAIR.items() if word not in GRAY_HAIR}
    elif tint < _LEAST_OF_OTHERS and lab[0] > _TOO_DARK_TO_TELL:
        words = {word: color for word, color in HAIR.items() if word in GRAY_HAIR}
    return nearest_word(lab + np.array([2, 0, 0]), words)


def _length_word(lowest: float, area: float) -> str:
    """A word from the lowest point (face heights above the chin) and the area (square face heights)."""
    if lowest < -0.75:
        return "long"
    if lowest < -0.22:
        return "shoulder-length"
    if lowest < 0.12:
        return "chin-length"
    return "short" if area > 0.16 else "very short"


def _length(image: BgrBytes, hair: BoolMask, axes: FaceAxes, surrounds: list[Lab], color: Lab) -> Reading:
    """How long, as far as can be seen: hair that ends at the photo's edge or on clothes of its own color
    may go on."""
    rows, columns = np.nonzero(hair)
    heights, _ = axes.of_points(np.stack([columns, rows], -1))
    lowest = float(np.percentile(heights, 3))
    word = _length_word(lowest, len(rows) / axes.height**2)
    if word in ("short", "very short"):
        return Reading(word, 0.7)
    cut_off = float(np.percentile(rows, 98)) > image.shape[0] * 0.97
    lost = any(float(color_difference(color, other)) < 10 for other in surrounds)
    return Reading(word, 0.4 if (cut_off or lost) and word != "long" else 0.7)


def measure_hair(
    image: BgrBytes, hair: BoolMask, axes: FaceAxes, light: Light, *, years: float | None, clothes: list[Lab]
) -> HairColor:
    """The hair of a person from its HxW mask, their apparent years and the colors of their clothes."""
    area = float(hair.sum()) / axes.height**2
    if area < 0.05:
        return HairColor(None, Reading(), Reading("bald or shaved", 0.6))
    inside = cv2.erode(hair.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    middle = np.median(lab_of_pixels(image[inside if inside.sum() > 200 else hair]), axis=0)
    color = light.trusted(hair_word(light.judged(middle), years))
    sure = min(1.0, area / 0.25 + 0.3)
    lab = lab_tuple(middle)
    length = _length(image, hair, axes, clothes, lab)
    return HairColor(
        lab, Reading(color.value, color.confidence * sure), Reading(length.value, length.confidence * sure)
    )
