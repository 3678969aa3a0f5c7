"""Does the variant show what the photo shows: hair, headwear, glasses, beard, clothes?

A face parser can't read drawings. So each feature is looked for where the sheet has it, by its color: a
drawing lays it at much the same place of the head, in much the same color. What the photo leaves unknown is
not asked.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import BoolMask, LabImage
from tasks.perception.analysis import Lab
from tasks.perception.character_sheet import MAP_SHAPE, CharacterSheet, FaceClass, map_from_units
from tasks.perception.face_crop import features, lenses
from tasks.perception.lab import color_difference
from tasks.perception.likeness.aligned import Aligned, box
from tasks.perception.traits.eyewear import measure_eyewear

_SURE = 0.7  # a pixel of this probability is of its class
_LEAST = 250  # map pixels, about 10 by 10 head units: less of a class is not asked for
_SAME_COLOR = 24.0  # CIEDE2000 between a thing and its drawing: media dilute and shade
_MOST = 0.5  # share of a feature's place that must have its color
_FRAMES = 0.4  # a pixel of this probability is of glasses: rims are thinner than the parser's cells
_DARKER, _LEAST_DARK = 15.0, 0.08  # L* below the skin; share of the frames' place that must be so dark
_BEARDS = ("beard", "goatee")
_GLASSES = ("glasses", "sunglasses")
_BALD = "bald or shaved"
_LONG = ("shoulder-length", "long")


@dataclass(frozen=True)
class Looks:
    """What of the photo's known features the variant has, by name."""

    same: tuple[str, ...]
    different: tuple[str, ...]


def compare_looks(sheet: CharacterSheet, variant: Aligned, *, monochrome: bool) -> Looks:
    """Look for every known feature of the sheet in the variant; none by its color if the photo has none."""
    asked = {
        name: look(sheet, variant)
        for name, look in _FEATURES.items()
        if not monochrome or name in _DARK_OR_NOT
    }
    return Looks(
        same=tuple(name for name, found in asked.items() if found),
        different=tuple(name for name, found in asked.items() if found is False),
    )


def _hair(sheet: CharacterSheet, variant: Aligned) -> bool | None:
    above = _place(sheet, variant, FaceClass.HAIR) & box(-999, 999, -999, -30)
    return _has_color(sheet, variant, above, sheet.colors.hair)


def _long_hair(sheet: CharacterSheet, variant: Aligned) -> bool | None:
    """Hair that falls below the chin falls there in the drawing too, perhaps along another line."""
    if sheet.traits.hair_length.value not in _LONG or sheet.colors.hair is None:
        return None
    below = box(-90, 90, 0, 45) & (variant.inside > 0)
    wanted = (_place(sheet, variant, FaceClass.HAIR) & below).sum()
    if wanted < _LEAST:
        return None
    return bool(_near(variant.lab[below], sheet.colors.hair).sum() > _MOST / 2 * wanted)


def _bald(sheet: CharacterSheet, variant: Aligned) -> bool | None:
    """The top of a bald head has the face's color, not hair's."""
    if sheet.traits.hair_length.value != _BALD or sheet.traits.headwear.value not in (None, "none"):
        return None
    top = box(-25, 25, -112, -98) & (variant.inside > 0)
    return bool(_near(variant.lab[top], variant.skin).mean() > _MOST) if top.sum() >= _LEAST else None


def _headwear(sheet: CharacterSheet, variant: Aligned) -> bool | None:
    if sheet.traits.headwear.value in (None, "none"):
        return None
    return _has_color(sheet, variant, _place(sheet, variant, FaceClass.HAT), sheet.colors.headwear)


def _clothes(sheet: CharacterSheet, variant: Aligned) -> bool | None:
    """The measured colors are on the chest: wherever a seam runs, and of a figure of any size."""
    chest = box(-35, 35, 40, 90)
    return _has_color(sheet, variant, chest, *(lab for lab, share in sheet.colors.clothes if share > 0.15))


def _glasses(sheet: CharacterSheet, variant: Aligned) -> bool | None:
    """Rims or dark lenses: lines around the eyes, or as much darkness where the photo has its frames.

    Eyes and brows are dark without glasses, so they are left out.
    """
    if sheet.traits.glasses.value not in _GLASSES:
        return None
    if measure_eyewear(variant.picture, variant.mesh).value in _GLASSES:
        return True
    mesh = map_from_units(sheet.mesh)
    frames = np.logical_or(*lenses(MAP_SHAPE, mesh)) & (sheet.share(FaceClass.GLASSES) > _FRAMES)
    frames &= ~features(MAP_SHAPE, mesh) & (variant.inside > 0) & (sheet.inside > 0.5)
    if frames.sum() < _LEAST:
        return None
    photo = float((sheet.lab[frames][:, 0] < sheet.colors.skin[0] - _DARKER).mean())
    drawn = float((variant.lab[frames][:, 0] < variant.skin[0] - _DARKER).mean())
    return drawn > 0.4 * photo if photo > _LEAST_DARK else None


def _beard(sheet: CharacterSheet, variant: Aligned) -> bool | None:
    """Around the chin: hair's color where there is a beard, the face's where there is none."""
    worn = sheet.traits.facial_hair.value
    if worn is None or (worn not in _BEARDS and worn != "none"):
        return None
    chin = box(-16, 16, -13, -3) & (variant.inside > 0)
    if chin.sum() < _LEAST:
        return None
    color = np.median(variant.lab[chin], axis=0)
    if worn == "none":
        return float(color_difference(color, variant.skin)) < _SAME_COLOR
    grown = sheet.colors.facial_hair
    if grown is None:
        return None
    return bool(color_difference(color, grown) < color_difference(color, variant.skin))


def _place(sheet: CharacterSheet, variant: Aligned, which: FaceClass) -> BoolMask:
    """The inner part of a class, where the variant is too."""
    sure = (sheet.share(which) > _SURE).astype(np.uint8)
    return np.asarray((cv2.erode(sure, np.ones((7, 7), np.uint8)) > 0) & (variant.inside > 0), np.bool_)


def _near(lab: LabImage, *colors: Lab) -> BoolMask:
    near = [color_difference(lab, color) < _SAME_COLOR for color in colors]
    return np.asarray(np.logical_or.reduce(near), np.bool_)


def _has_color(sheet: CharacterSheet, variant: Aligned, place: BoolMask, *colors: Lab | None) -> bool | None:
    """Whether the variant has these colors there, as much as the photo; None where the photo hardly has."""
    known = [color for color in colors if color is not None]
    seen, drawn = place & (sheet.inside > 0.5), place & (variant.inside > 0)
    if not known or min(seen.sum(), drawn.sum()) < _LEAST:
        return None
    photo = float(_near(sheet.lab[seen], *known).mean())
    if photo < _MOST:
        return None
    return bool(_near(variant.lab[drawn], *known).mean() > _MOST * photo)


# In the order in which they are told.
_FEATURES: dict[str, Callable[[CharacterSheet, Aligned], bool | None]] = {
    "headwear": _headwear,
    "glasses": _glasses,
    "hair color": _hair,
    "long hair": _long_hair,
    "bald head": _bald,
    "beard": _beard,
    "clothes": _clothes,
}
_DARK_OR_NOT = frozenset({"glasses"})
