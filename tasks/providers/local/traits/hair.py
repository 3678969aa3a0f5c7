"""Hair: its colour where it is surely hair, and how far down it falls."""

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.providers.local.analysis import Lab, Reading
from tasks.providers.local.colour import as_lab, lab_of_pixels
from tasks.providers.local.geometry import FaceAxes, Image, Mask
from tasks.providers.local.words import HAIR, nearest_word


@dataclass(frozen=True)
class HairColour:
    """What the hair measures; `lab` is None where there is none."""

    lab: Lab | None
    colour: Reading
    length: Reading


def _length(lowest: float, area: float) -> str:
    """A word from the lowest point (face heights above the chin) and the area (square face heights)."""
    if lowest < -0.75:
        return "long"
    if lowest < -0.22:
        return "shoulder-length"
    if lowest < 0.12:
        return "chin-length"
    return "short" if area > 0.16 else "very short"


def measure_hair(image: Image, hair: Mask, axes: FaceAxes) -> HairColour:
    """The hair of a person from its HxW mask."""
    area = float(hair.sum()) / axes.height**2
    if area < 0.05:
        return HairColour(None, Reading(), Reading("bald or shaved", 0.6))
    inside = cv2.erode(hair.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    lab = np.median(lab_of_pixels(image[inside if inside.sum() > 200 else hair]), axis=0)
    colour = nearest_word(lab + np.array([2, 0, 0]), HAIR)
    sure = min(1.0, area / 0.25 + 0.3)
    rows, columns = np.nonzero(hair)
    heights, _ = axes.of_points(np.stack([columns, rows], -1))
    length = _length(float(np.percentile(heights, 3)), area)
    return HairColour(
        as_lab(lab), Reading(colour.value, colour.confidence * sure), Reading(length, 0.7 * sure)
    )
