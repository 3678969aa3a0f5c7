"""The character's own colors, as an artist would mix them from what was measured."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import Color
from tasks.perception.analysis import Lab, PersonAnalysis
from tasks.renderer.color import bgr_from_hex, bgr_from_lab, darken, shift_in_lab

# Measured iris color (Lab) -> the pigment that makes a drawn eye read as that color.
_IRIS_PIGMENTS: tuple[tuple[Lab, str], ...] = (
    ((14, 6, 6), "#5a3420"),  # dark brown
    ((27, 12, 14), "#74482a"),  # brown
    ((36, 6, 18), "#8c6f3e"),  # hazel
    ((42, 16, 30), "#a8702c"),  # amber
    ((42, -8, 10), "#5f8a5a"),  # green
    ((46, -1, -2), "#7d8b95"),  # gray
    ((45, -3, -13), "#4f86b8"),  # blue
    ((58, -5, -14), "#79b2d8"),  # light blue
)
_UNKNOWN_IRIS = "#6a4128"
_DARK_IRIS = 30.0  # lightness
_SKIN_HUES = (np.deg2rad(46), np.deg2rad(72))  # what skin is in plain daylight, of any tone
_MOST_COLORFUL_SKIN = 34.0
_GRAY_SKIN = 6.0  # chroma
_SEPIA_SKIN, _SEPIA_HAIR = (9.0, 15.0), (2.0, 5.0)  # Lab a, b given to gray photos


@dataclass(frozen=True)
class Palette:
    """Colors of one person: Lab where they are targets, BGR where they are paint."""

    skin_lab: Lab
    hair_lab: Lab | None
    skin: Color
    hair: Color  # a shade of the skin where there is no hair
    iris: Color

    @property
    def ink(self) -> Color:
        """The darkest line of this person: their hair, nearly black."""
        return darken(self.hair, 0.42, 0.26)


def is_gray(analysis: PersonAnalysis) -> bool:
    """Whether the photo has no color: it was found black and white, and its skin has none either.

    A small colorful person in front of a large gray wall is not a black-and-white photo.
    """
    return analysis.monochrome and float(np.hypot(*analysis.colors.skin[1:])) < _GRAY_SKIN


def palette_of(analysis: PersonAnalysis, lift: float) -> Palette:
    """The palette of a person, with the photo's exposure made good by `lift` (a factor on lightness)."""
    skin = _paintable_skin(analysis, lift)
    hair = _paintable_hair(analysis, lift)
    hair_paint = bgr_from_lab(hair) if hair else shift_in_lab(bgr_from_lab(skin), -28)
    return Palette(skin, hair, bgr_from_lab(skin), hair_paint, _iris(analysis))


def _paintable_skin(analysis: PersonAnalysis, lift: float) -> Lab:
    """The measured skin without the blue cast of shade. Its lightness follows the photo's exposure only."""
    lightness, red, yellow = analysis.colors.skin
    if is_gray(analysis):
        red, yellow = _SEPIA_SKIN
    else:
        red, yellow = red * lift, yellow * lift  # light brings color back with it
    chroma = min(float(np.hypot(red, yellow)) + 1, _MOST_COLORFUL_SKIN)
    hue = float(np.clip(np.arctan2(yellow, red), *_SKIN_HUES))
    return lightness * lift + 2, chroma * float(np.cos(hue)), chroma * float(np.sin(hue))


def _paintable_hair(analysis: PersonAnalysis, lift: float) -> Lab | None:
    if analysis.colors.hair is None:
        return None
    lightness, red, yellow = analysis.colors.hair
    if is_gray(analysis):
        red, yellow = _SEPIA_HAIR
    return lightness * (1 + (lift - 1) * 0.6), red, yellow


def _iris(analysis: PersonAnalysis) -> Color:
    measured = analysis.colors.eyes
    if measured is None or is_gray(analysis):
        return bgr_from_hex(_UNKNOWN_IRIS)
    if measured[0] < _DARK_IRIS:  # so dark, a hue is only the light that fell on it
        return bgr_from_hex(_IRIS_PIGMENTS[0 if measured[0] < _DARK_IRIS / 2 else 1][1])
    away = [float(np.sum((np.subtract(measured, lab) * (0.6, 1.5, 1.5)) ** 2)) for lab, _ in _IRIS_PIGMENTS]
    return bgr_from_hex(_IRIS_PIGMENTS[int(np.argmin(away))][1])
