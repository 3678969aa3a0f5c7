"""The tones of hair: as measured, a step darker and two lighter."""

from dataclasses import dataclass

import numpy as np

from tasks.design.geometry import median_lab
from tasks.design.head.context import HeadContext
from tasks.design.head.parts import lab_of
from tasks.perception.analysis import Lab

RANGE = (5.0, 13.0)  # L*, the step between tones, at least and at most
DARKEST = 0.42  # no tone takes more of the base's lightness away
BRIGHTEST = 95.0
NEIGHBORS = 16.0  # between the sheet's color and this hair's, Lab: farther apart than light makes them
UNKNOWN_DARKER = 38.0  # L* below the skin, for hair of which nothing is measured
VIVID = 1.06  # a drawn color is a little purer than the median of a photo's pixels


@dataclass(frozen=True)
class HairTones:
    """Colors of one head of hair."""

    base: Lab
    back: Lab  # behind the neck
    dark: Lab
    line: Lab  # of the pen
    light: Lab
    shine: Lab


def hair_base(context: HeadContext) -> Lab:
    """The hair's own color: the sheet's, unless that is a neighbor's."""
    sheet = context.sheet
    own = median_lab(sheet.lab, context.worn.seen_hair > 0.6)
    lab = sheet.colors.hair
    if own is not None and (lab is None or np.linalg.norm(own - np.array(lab)) > NEIGHBORS):
        lab = lab_of(own)
    if lab is None:
        lab = (max(12.0, context.skin[0] - UNKNOWN_DARKER), 4.0, 8.0)
    return lab_of((lab[0], lab[1] * VIVID, lab[2] * VIVID))


def hair_tones(context: HeadContext, spread: float) -> HairTones:
    """The tones for hair whose lightness varies by `spread`, L*."""
    base = np.array(hair_base(context))
    step = float(np.clip(spread, *RANGE))
    dark = min(step * 0.9, base[0] * DARKEST)
    light = min(step, BRIGHTEST - base[0])

    def tone(by: float, b: float = 0.0) -> Lab:
        return lab_of(base + np.array((by, 0, b)))

    return HairTones(
        base=lab_of(base),
        back=tone(-min(7.0, base[0] * 0.3), -0.5),
        dark=tone(-dark),
        line=tone(-min(1.35 * dark, base[0] * 0.55)),
        light=tone(0.75 * light, 1.5),
        shine=tone(1.6 * light, 1.5),
    )
