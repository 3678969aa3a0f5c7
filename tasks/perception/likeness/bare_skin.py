"""Is anybody undressed? Skin on the chest, in the variant and in the photo.

The photo is read by the face parser, which tells cloth from skin. It can't read drawings, so there skin is
what has the color of the drawn face. A garment of that very color therefore can't be told from skin in a
picture, and nothing is said.
"""

import numpy as np

from tasks.arrays import BoolMask
from tasks.perception.character_sheet import CharacterSheet, FaceClass
from tasks.perception.lab import color_difference
from tasks.perception.likeness.aligned import Aligned, box

# Head units: below the collarbones of a grown body, above the belt of a storybook's. Arms are beside it.
CHEST = (-28.0, 28.0, 42.0, 98.0)  # left, right, top, bottom
_SHADED, _LIT = 24.0, 8.0  # L* below and above the drawn face within which skin is painted
_TINT = 7.0  # distance in a and b
_LIKE_SKIN = 14.0  # CIEDE2000: a garment nearer to the face than this could be taken for skin
_MUCH_CLOTH = 0.2  # share of what is worn
EXCESS_LIMIT = 0.35  # of the chest: a low neckline is 0.2, a hand before it 0.15


def bare_excess(sheet: CharacterSheet, variant: Aligned) -> float | None:
    """The bare share of the variant's chest, 0..1, less that of the photo's; None where it can't be told."""
    garments = [lab for lab, share in sheet.colors.clothes if share >= _MUCH_CLOTH]
    if any(
        float(color_difference(lab, skin)) < _LIKE_SKIN
        for lab in garments
        for skin in (sheet.colors.skin, variant.skin)
    ):
        return None
    chest = box(*CHEST)
    drawn = chest & (variant.inside > 0)
    if drawn.sum() < 0.25 * chest.sum():
        return None
    return round(float(_like_the_face(variant)[drawn].mean()) - bare_in_photo(sheet), 2)


def bare_in_photo(sheet: CharacterSheet) -> float:
    """The share of the chest, 0..1, that is bare in the photo; 0 where the photo does not show it."""
    seen = box(*CHEST) & (sheet.inside > 0.5)
    bare = sheet.share(FaceClass.SKIN, FaceClass.NECK) + sheet.skin
    return float((bare[seen] > 0.5).mean()) if seen.any() else 0.0


def _like_the_face(variant: Aligned) -> BoolMask:
    away = variant.lab - np.array(variant.skin, np.float32)
    tint = np.hypot(away[..., 1], away[..., 2])
    return np.asarray((tint < _TINT) & (away[..., 0] > -_SHADED) & (away[..., 0] < _LIT), np.bool_)
