"""The colors of a character sheet: medians over its maps."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BoolMask, LabImage
from tasks.perception.analysis import Lab, PersonAnalysis
from tasks.perception.character_sheet import FACE_PIXELS, FaceClass, SheetColors
from tasks.perception.lab import lab_tuple
from tasks.perception.lit_skin import lit_skin
from tasks.perception.photo_light import PLAIN, PhotoLight
from tasks.perception.sheet_light import light_on, skin_in_plain_light
from tasks.perception.traits.clothes import measure_clothes
from tasks.perception.traits.light import PLAIN_LIGHT

_SURE = 0.6  # a pixel of this probability is of its class
_FEWEST = 30  # map pixels; fewer say nothing
_SKIN_MARGIN, _HAIR_MARGIN = 4, 3  # map pixels from the edge of a class: what is blended into the next one
_COLORLESS_SKIN = (9.0, 14.0)  # a and b of a warm neutral, where the photo has no colors

_FEATURES = (
    *(FaceClass.RIGHT_BROW, FaceClass.LEFT_BROW, FaceClass.RIGHT_EYE, FaceClass.LEFT_EYE),
    *(FaceClass.GLASSES, FaceClass.MOUTH, FaceClass.UPPER_LIP, FaceClass.LOWER_LIP, FaceClass.HAIR),
)


def _share(classes: NDArray[np.float32], *which: FaceClass) -> NDArray[np.float32]:
    return np.asarray(classes[list(which)].sum(0), np.float32)


def _core(mask: BoolMask, margin: int) -> BoolMask:
    """The mask without its margin, if something is left."""
    core = cv2.erode(mask.astype(np.uint8), np.ones((2 * margin + 1,) * 2, np.uint8)) > 0
    return np.asarray(core if core.sum() >= _FEWEST else mask, np.bool_)


def bare_skin(classes: NDArray[np.float32], face: BoolMask) -> BoolMask:
    """Where the face shows bare skin, away from hair, brows, eyes, lips and glasses.

    Args:
        classes: (19, H, W), the sheet's.
        face: (H, W), the inside of the face's outline.
    """
    skin = (_share(classes, FaceClass.SKIN, FaceClass.NOSE) > _SURE) & face
    near_features = cv2.dilate(
        (_share(classes, *_FEATURES) > 0.3).astype(np.uint8), np.ones((2 * _SKIN_MARGIN + 1,) * 2, np.uint8)
    )
    bare = skin & (near_features == 0)
    return np.asarray(bare if bare.sum() >= _FEWEST else skin, np.bool_)


def _median(lab: LabImage, mask: BoolMask) -> Lab | None:
    if mask.sum() < _FEWEST:
        return None
    return lab_tuple(np.median(lab[mask], axis=0))


def _darker_half(lab: LabImage, mask: BoolMask) -> BoolMask:
    """Hairs among skin, a rim before it."""
    if not mask.any():
        return mask
    return np.asarray(mask & (lab[..., 0] <= np.median(lab[..., 0][mask])), np.bool_)


def measure_light(
    analysis: PersonAnalysis, classes: NDArray[np.float32], lab: LabImage, bare: BoolMask
) -> PhotoLight:
    """The light of the photo on this face, of the same maps; `lab` is the photo's own."""
    if analysis.monochrome:
        return PLAIN
    return light_on(_median(lab, bare) or analysis.colors.skin, classes, lab)


def _skin(
    lab: LabImage, bare: BoolMask, middle: BoolMask, analysis: PersonAnalysis, light: PhotoLight
) -> Lab:
    """The color of the whole face; where its middle is darker, half way to that.

    A forehead in the sun is as large as both cheeks: by it a face would be drawn lighter than it is seen.
    """
    measured = lit_skin(lab[bare]) if bare.sum() >= _FEWEST else light.off(analysis.colors.skin)
    cheeks = lit_skin(lab[bare & middle]) if (bare & middle).sum() >= _FEWEST else measured
    if cheeks[0] < measured[0]:
        measured = lab_tuple((np.array(measured) + np.array(cheeks)) / 2)
    if analysis.monochrome:
        return measured[0], *_COLORLESS_SKIN
    return skin_in_plain_light(measured)


def measure_colors(
    analysis: PersonAnalysis,
    classes: NDArray[np.float32],
    lab: LabImage,
    light: PhotoLight,
    beard: BoolMask,
    bare: BoolMask,
    middle: BoolMask,
) -> SheetColors:
    """The colors of a person.

    Args:
        analysis: What is known already, in the photo's own light.
        classes: (19, H, W), the sheet's.
        lab: (H, W, 3), the sheet's, in plain light.
        light: What was taken off it.
        beard: (H, W), where hair grows on the face.
        bare: (H, W), where the face shows bare skin.
        middle: (H, W), the cheeks and what lies between them.
    """
    brows = _share(classes, FaceClass.RIGHT_BROW, FaceClass.LEFT_BROW) > _SURE
    rims = classes[FaceClass.GLASSES] > _SURE
    picture = np.asarray(np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2BGR) * 255 + 0.5, 0, 255), np.uint8)
    eyes, worn = analysis.colors.eyes, analysis.colors.clothes
    clothes = measure_clothes(picture, classes[FaceClass.CLOTH] > _SURE, FACE_PIXELS, PLAIN_LIGHT).colors
    return SheetColors(
        skin=_skin(lab, bare, middle, analysis, light),
        hair=_median(lab, _core((classes[FaceClass.HAIR] > _SURE) & ~beard, _HAIR_MARGIN)),
        brows=_median(lab, _darker_half(lab, brows)),
        eyes=None if eyes is None else light.off(eyes),
        lips=_median(lab, _share(classes, FaceClass.UPPER_LIP, FaceClass.LOWER_LIP) > _SURE),
        facial_hair=_median(lab, beard),
        headwear=_median(lab, _core(classes[FaceClass.HAT] > _SURE, _HAIR_MARGIN)),
        rims=_median(lab, _darker_half(lab, rims)),
        clothes=clothes or tuple((light.off(color), share) for color, share in worn),
    )
