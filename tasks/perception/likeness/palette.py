"""Is the skin the photo's? Compared with its lightness, on the same part of both faces."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import BgrBytes, Points
from tasks.perception.analysis import Lab
from tasks.perception.face_crop import features, lenses
from tasks.perception.geometry import face_axes, face_oval, fill_polygon
from tasks.perception.lab import color_difference, lab_of_pixels
from tasks.perception.likeness.monk import monk_step
from tasks.perception.lit_skin import lit_skin

# Of the face's height, from the chin: above is where fringes, hats and veils begin, below are beards.
_LOWEST, _HIGHEST = 0.33, 0.66
_LEAST_PIXELS = 40


@dataclass(frozen=True)
class SkinChange:
    """From the photo's skin to the variant's."""

    lightness: float  # L*; above 0 the variant is lighter
    tint: float  # the distance in a and b
    difference: float  # CIEDE2000
    photo_step: int  # on the Monk scale, 1..10
    variant_step: int


def face_color(image: BgrBytes, mesh: Points) -> Lab:
    """The color of the middle of a face: cheeks, nose and temples, without eyes, lips and glasses."""
    axes = face_axes(mesh)
    whole = fill_polygon(image.shape, face_oval(mesh, axes, 0.85))
    heights, _ = axes.grid(image.shape)
    right_lens, left_lens = lenses(image.shape, mesh)
    bare = whole & (heights > _LOWEST) & (heights < _HIGHEST)
    bare &= ~(features(image.shape, mesh) | right_lens | left_lens)
    area = bare if bare.sum() >= _LEAST_PIXELS else whole
    pixels = image[area] if area.any() else image.reshape(-1, 3)
    return lit_skin(lab_of_pixels(pixels))


def skin_change(photo: Lab, variant: Lab) -> SkinChange:
    """How the variant's skin differs from the photo's."""
    return SkinChange(
        lightness=round(variant[0] - photo[0], 1),
        tint=round(float(np.hypot(variant[1] - photo[1], variant[2] - photo[2])), 1),
        difference=round(float(color_difference(photo, variant)), 1),
        photo_step=monk_step(photo),
        variant_step=monk_step(variant),
    )
