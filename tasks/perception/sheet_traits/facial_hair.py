"""Beard, goatee, moustache, stubble or none: hair among skin is rough, and darker or grayer than the cheek.

A shadow is darker, yet as smooth and at least as colorful as the lit skin; wrinkles and teeth are rough, yet
have its color. Only what is both rough and of another color is called hair, white hair too.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import BoolMask, LabImage, Plane, Points
from tasks.face_mesh import LIPS
from tasks.perception.analysis import Reading
from tasks.perception.geometry import fill_polygon, square_crop, transform_points
from tasks.perception.lab import chroma
from tasks.perception.sheet_traits.head_frame import UNKNOWN, HeadFrame

_SIDE, _WIDTH = 320, 1.6  # pixels; face heights: the face is always 200 pixels high
_UPPER_LIP = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 322, 391, 326, 2, 97, 165, 92)
_CHIN = (91, 181, 84, 17, 314, 405, 321, 378, 400, 377, 152, 148, 176, 149)
_JAWS = ((58, 172, 136, 150, 211, 210, 214, 192, 213), (288, 397, 365, 379, 431, 430, 434, 416, 433))
_CHEEKS = ((117, 118, 101, 36, 205, 187, 123), (346, 347, 330, 266, 425, 411, 352))
_NOSE = (48, 115, 220, 45, 4, 275, 440, 344, 278, 294, 327, 326, 2, 97, 98, 64)
_FEWEST = 40

# Roughness: fine contrast in percent of the lightness. Bare lips and chins have up to 2.5, bearded ones
# from 3.9.
_SMOOTH, _ROUGH, _ROUGH_ALONE = 2.8, 3.5, 5.0
_CLEAN_SHAVEN = 2.0  # of lip and chin together: stubble has 2.2 and more, and some bare skin has, too
# Lightness beside the lighter cheek (both counted from CIE's -16), and chroma beside what that light leaves.
_DARK, _GRAY = 0.62, 0.80
_BARE = 0.74
_TURNED = 0.75
# Stubble, of lip, chin and a jaw alike: rougher than most bare skin, darker than the cheek, and grayer than
# any bare skin was (0.86 and more); not so rough that it has grown.
_SHORN, _SHADED, _GRAYED = (2.2, 5.0), 0.82, 0.82
_SMALLEST_FACE = 60.0  # pixels of the photo
_GROWN = ("young adult", "adult", "older adult", "teen", None)
_SHAVES = ("young adult", "adult", "older adult")


@dataclass(frozen=True)
class _Patch:
    """A part of the face beside the cheek."""

    lightness: float
    chroma: float
    roughness: float

    @property
    def hairy(self) -> bool:
        return self.roughness >= _ROUGH and (self.lightness <= _DARK or self.chroma <= _GRAY)

    @property
    def shorn(self) -> bool:
        """Whether hairs a day or a week old are seen."""
        rough = _SHORN[0] <= self.roughness <= _SHORN[1]
        return rough and self.lightness <= _SHADED and self.chroma <= _GRAYED

    @property
    def bare(self) -> bool:
        return self.roughness <= _SMOOTH and self.lightness >= _BARE


@dataclass(frozen=True)
class _FaceCrop:
    lab: LabImage
    points: Points

    def mask(self, corners: tuple[int, ...], without: BoolMask) -> BoolMask:
        return fill_polygon(self.lab.shape, self.points[list(corners)]) & ~without


def _crop(frame: HeadFrame) -> _FaceCrop:
    analysis = frame.sheet.analysis
    middle = (analysis.mesh[10] + analysis.mesh[152]) / 2
    size, turned = analysis.face_height * _WIDTH, float(np.degrees(frame.sheet.tilt))
    crop, image_from_crop = square_crop(analysis.image, middle, size, turned, _SIDE)
    lab = cv2.cvtColor(crop.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    crop_from_image = np.asarray(cv2.invertAffineTransform(image_from_crop), np.float64)
    return _FaceCrop(np.asarray(lab, np.float32), transform_points(analysis.mesh, crop_from_image))


def _within(plane: Plane, weight: Plane, sigma: float) -> Plane:
    """A blur that sees only what lies inside the weight."""
    blurred = cv2.GaussianBlur(plane * weight, (0, 0), sigma)
    return np.asarray(blurred / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3), np.float32)


def _roughness(lab: LabImage, mask: BoolMask) -> float:
    weight, lightness = mask.astype(np.float32), np.asarray(lab[..., 0], np.float32)
    fine = _within(lightness, weight, 0.9) - _within(lightness, weight, 3.0)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    area = inner if inner.sum() >= _FEWEST // 2 else mask
    return float(fine[area].std() / (np.median(lightness[mask]) + 16) * 100)


def _patches(frame: HeadFrame) -> dict[str, _Patch]:
    crop = _crop(frame)
    lips = fill_polygon(crop.lab.shape, crop.points[LIPS]).astype(np.uint8)
    nose = fill_polygon(crop.lab.shape, crop.points[list(_NOSE)]).astype(np.uint8)
    features = cv2.dilate(lips, np.ones((9, 9), np.uint8)) > 0
    features |= cv2.dilate(nose, np.ones((5, 5), np.uint8)) > 0
    cheeks = [crop.mask(corners, features) for corners in _CHEEKS]
    lit = [np.median(crop.lab[cheek], axis=0) for cheek in cheeks if cheek.sum() >= _FEWEST]
    if not lit:
        return {}
    cheek = max(lit, key=lambda lab: float(lab[0]))
    parts = {"lip": _UPPER_LIP, "chin": _CHIN, "right jaw": _JAWS[0], "left jaw": _JAWS[1]}
    patches = {}
    for name, corners in parts.items():
        mask = crop.mask(corners, features)
        if mask.sum() < _FEWEST:
            continue
        middle = np.median(crop.lab[mask], axis=0)
        lightness = float(middle[0] + 16) / float(cheek[0] + 16)
        colorful = float(chroma(middle)) / max(float(chroma(cheek)), 1.0) / lightness
        if frame.sheet.analysis.monochrome:
            colorful = 1.0
        patches[name] = _Patch(lightness, colorful, _roughness(crop.lab, mask))
    return patches


def read_facial_hair(frame: HeadFrame, age: Reading, mouth: Reading) -> Reading:
    """None, stubble, moustache, goatee or beard; unknown in profile, small faces, and where in doubt."""
    if age.value not in _GROWN:
        return Reading("none", 0.9)
    seen = UNKNOWN if mouth.value == "hidden" else _read(frame, shaves=age.value in _SHAVES)
    # The analysis knows full dark beards alone, and those surely.
    known = frame.sheet.analysis.traits.facial_hair
    return known if seen.value is None and known.value == "beard" else seen


def _read(frame: HeadFrame, *, shaves: bool) -> Reading:
    analysis = frame.sheet.analysis
    if analysis.face_height / analysis.scale < _SMALLEST_FACE:
        return UNKNOWN
    patches = _patches(frame)
    lip, chin = patches.get("lip"), patches.get("chin")
    if lip is None or chin is None:
        return UNKNOWN
    jaws = [patches[jaw] for jaw in ("right jaw", "left jaw") if jaw in patches]
    colorful = not analysis.monochrome and abs(frame.sheet.yaw) < _TURNED
    if shaves and colorful and lip.shorn and chin.shorn and any(jaw.shorn for jaw in jaws):
        return Reading("stubble", 0.5)
    if lip.hairy or chin.hairy:
        return _named(lip, chin, jaws)
    clean = lip.roughness + chin.roughness <= 2 * _CLEAN_SHAVEN
    if clean and lip.bare and chin.bare and abs(frame.sheet.yaw) < _TURNED:
        return Reading("none", 0.8)
    return UNKNOWN


def _named(lip: _Patch, chin: _Patch, jaws: list[_Patch]) -> Reading:
    if lip.hairy and chin.hairy:
        return Reading("beard" if any(jaw.hairy for jaw in jaws) else "goatee", 0.7)
    if lip.hairy:
        # A shadow that is dark on the lip is so on the chin.
        alone = lip.roughness >= _ROUGH_ALONE and chin.roughness < _ROUGH and chin.lightness > _DARK
        return Reading("moustache", 0.6) if alone else UNKNOWN
    return Reading("goatee", 0.5) if lip.bare else UNKNOWN
