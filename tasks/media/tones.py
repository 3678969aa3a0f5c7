"""The colors that a medium derives from a shape's own: its second tone, its paint."""

import numpy as np

from tasks.arrays import Color
from tasks.perception.analysis import Lab
from tasks.renderer.color import bgr_from_lab

LIGHT = (0.80, 0.60)  # where shadows fall, x and y: the light comes from the upper left
CAST = np.array([0.84, 0.76, 0.80], np.float32)  # BGR that a cast shadow multiplies with
_BLUE = -8.0  # b below which a color is a blue: its shade turns bluer, not warmer


def second_tone(lab: Lab) -> Lab:
    """A shape's shade: darker and warmer, by less where it is dark already."""
    lightness, red, yellow = lab
    down = 6.5 + 0.075 * lightness
    if yellow > _BLUE:
        return max(4.0, lightness - down), red + 3.5, yellow + 0.5
    return max(4.0, lightness - down), red + 1.5, yellow - 3.0


def paint(lab: Lab) -> Color:
    """Lab -> BGR, 0..1."""
    return bgr_from_lab(lab)
