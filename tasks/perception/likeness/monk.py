"""The Monk Skin Tone scale: ten steps from the lightest skin to the darkest."""

import numpy as np

from tasks.perception.analysis import Lab
from tasks.perception.lab import color_difference, lab_of_pixels

# Published by Ellis Monk and Google under CC BY 4.0 (skintone.google), lightest first.
MONK_TONES = (
    *("#f6ede4", "#f3e7db", "#f7ead0", "#eadaba", "#d7bd96"),
    *("#a07e56", "#825c43", "#604134", "#3a312a", "#292420"),
)
_BGR = np.array([[int(tone[at : at + 2], 16) for at in (5, 3, 1)] for tone in MONK_TONES], np.uint8)
_LAB = lab_of_pixels(_BGR)


def monk_step(skin: Lab) -> int:
    """The step, 1 (lightest) to 10 (darkest), whose tone is nearest by CIEDE2000."""
    return int(color_difference(skin, _LAB).argmin()) + 1
