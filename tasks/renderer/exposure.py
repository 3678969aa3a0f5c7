"""Photos that are too dark are opened up: by what should be white in them, never by the skin's color."""

import cv2
import numpy as np

from tasks.arrays import BgrBytes, BgrImage, LabImage, Mask, Plane, Points
from tasks.face_mesh import LOWER_LIP_INNER_EDGE, UPPER_LIP_INNER_EDGE
from tasks.perception.analysis import PersonAnalysis
from tasks.renderer.color import from_lab, to_lab
from tasks.renderer.pixels import as_float32

_WHITE_EXPECTED = 72.0  # lightness of eye whites and teeth in a photo that is exposed for the face
_BRIGHTEST_EXPECTED = 88.0  # of the brightest spots on a person: a collar, a shine on skin of any color
_BRIGHT_PHOTO, _DARK_PHOTO = 80.0, 55.0  # the brightest few per cent of the whole photo
_GENTLE, _STRONG, _AGREED = 6.0, 15.0, 30.0  # Lab lightness that a lift may give the skin
_LIGHT_ENOUGH = 68.0  # skin this light needs no lift
_GRAY_ENOUGH = 18.0  # chroma below which a bright spot counts as white


def exposure_lift(analysis: PersonAnalysis) -> float:
    """By what factor to raise lightness, 1 for a well-exposed photo.

    The witnesses are what shines on the person, the whites of eyes and teeth, and the whole photo;
    never the skin. A dark face with bright eye whites is a dark face and stays one; a dark face
    with dark eye whites in a dark photo is a face in the dark. In a bright photo the doubt is the
    person's: only a gentle lift.
    """
    skin = max(analysis.colors.skin[0], 1.0)
    white = _white_of_face(analysis)
    lift = _BRIGHTEST_EXPECTED / _brightest_on(analysis)
    if white is not None:
        lift = min(lift, _WHITE_EXPECTED / white)
    most = _allowance(
        float(np.percentile(_lightness(analysis.image[::4, ::4]), 97)), agreed=white is not None
    )
    raised = min(skin * max(lift, 1.0), skin + most, max(skin, _LIGHT_ENOUGH))
    return raised / skin


def _allowance(brightest: float, *, agreed: bool) -> float:
    """How much lightness a lift may add, by how dark the whole photo is."""
    darkness = float(np.clip((_BRIGHT_PHOTO - brightest) / (_BRIGHT_PHOTO - _DARK_PHOTO), 0, 1))
    return _GENTLE + darkness * ((_AGREED if agreed else _STRONG) - _GENTLE)


def _brightest_on(analysis: PersonAnalysis) -> float:
    lightness = _lightness(analysis.image[::2, ::2])
    on_person, on_skin = analysis.person[::2, ::2] > 0.8, analysis.skin[::2, ::2] > 0.8
    spots = [float(np.percentile(lightness[where], 99)) for where in (on_person, on_skin) if where.any()]
    return max([*spots, 1.0])


def open_shadows(image: BgrImage, skin: Mask, person: Mask, lift: float) -> BgrImage:
    """A tone curve: black stays black, the skin's middle moves by `lift` only, the shadows open a little."""
    lab = to_lab(image)
    lightness, inside = lab[..., 0], person > 0.5
    if not inside.any():
        return image
    low, high = np.percentile(lightness[inside], [1.5, 98.5])
    on_skin = skin > 0.6
    middle = float(np.median(lightness[on_skin])) if on_skin.any() else 60.0
    raised = middle * lift
    before = np.maximum.accumulate(
        np.array([0, low, middle, max(high, middle + 8), 100]) + np.arange(5) * 1e-3
    )
    after = np.maximum.accumulate(
        [2, min(low + 3, 10), raised, min(98, max(high * (1 + (lift - 1) * 0.7), raised + 14)), 99]
    )
    lab[..., 0] = np.interp(lightness.ravel(), before, after).reshape(lightness.shape)
    lab[..., 1:] *= np.float32(lift)  # light brings color back with it
    return from_lab(lab)


def _white_of_face(analysis: PersonAnalysis) -> float | None:
    """The lightness of eye whites and teeth, or None where too little of them shows."""
    mouth = np.vstack(
        [analysis.mesh[list(UPPER_LIP_INNER_EDGE)], analysis.mesh[list(LOWER_LIP_INNER_EDGE)[::-1]]]
    )
    shapes = [*analysis.eye_contours, mouth.astype(np.float32)]
    lab = np.concatenate([_lab_inside(analysis.image, shape) for shape in shapes])
    white = lab[np.hypot(lab[:, 1], lab[:, 2]) < _GRAY_ENOUGH]
    if len(white) < 24:
        return None
    lightness = float(np.percentile(white[:, 0], 92))
    return lightness if lightness > 0.9 * analysis.colors.skin[0] else None  # else those were lashes


def _lab_inside(image: BgrBytes, outline: Points) -> LabImage:
    x, y, width, height = cv2.boundingRect(np.round(outline).astype(np.int32))
    left, top = max(0, x), max(0, y)
    window = image[top : y + height, left : x + width]
    if window.size == 0:
        return np.empty((0, 3), np.float32)
    inside = np.zeros(window.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.round(outline - (left, top)).astype(np.int32)], 1)
    return to_lab(as_float32(window) / 255)[inside > 0]


def _lightness(image: BgrBytes) -> Plane:
    return to_lab(as_float32(image) / 255)[..., 0]
