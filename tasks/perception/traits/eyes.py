"""The color of the eyes, where there are enough pixels of iris to say."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes
from tasks.perception.analysis import Lab, Reading
from tasks.perception.color_words import EYES, nearest_word
from tasks.perception.lab import lab_of_pixels, lab_tuple
from tasks.perception.landmarks import Eye
from tasks.perception.traits.light import Light


@dataclass(frozen=True)
class EyeColor:
    """What the irises measure; `lab` is None where none can be seen."""

    lab: Lab | None
    color: Reading


def _iris_pixels(image: BgrBytes, eye: Eye) -> NDArray[np.uint8]:
    """Nx3 pixels of the ring between pupil and limbus, without what the lids shade."""
    (x, y), radius = eye.iris_center, eye.iris_radius
    top, bottom = int(max(0, y - radius - 1)), int(y + radius + 2)
    left, right = int(max(0, x - radius - 1)), int(x + radius + 2)
    patch = image[top:bottom, left:right]
    rows = np.arange(patch.shape[0])[:, None] + top - y
    columns = np.arange(patch.shape[1])[None, :] + left - x
    distance = np.hypot(rows, columns) / max(radius, 1e-3)
    ring = (distance > 0.45) & (distance < 0.85) & (np.abs(rows) < 0.6 * radius)
    return np.asarray(patch[ring], np.uint8)


def measure_eyes(image: BgrBytes, eyes: tuple[Eye, Eye], light: Light, *, magnified: float = 1.0) -> EyeColor:
    """The color of both irises; `magnified` says how much the picture was enlarged from the photo."""
    pixels = np.concatenate([_iris_pixels(image, eye) for eye in eyes])
    if len(pixels) == 0:
        return EyeColor(None, Reading())
    lab = lab_of_pixels(pixels)
    # The lightest quarter is the lamp's reflection.
    lab = lab[lab[:, 0] < np.percentile(lab[:, 0], 75) + 1]
    middle = np.median(lab, axis=0)
    word = light.trusted(nearest_word(light.judged(middle), EYES))
    radius = (eyes[0].iris_radius + eyes[1].iris_radius) / 2 / max(magnified, 1.0)
    enough = float(np.clip((radius - 4) / 5, 0, 1))
    return EyeColor(lab_tuple(middle), Reading(word.value, word.confidence * enough))
