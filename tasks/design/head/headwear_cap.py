"""Caps and hard hats: a crown, and a brim on the side to which the face looks."""

import numpy as np

from tasks.arrays import Points
from tasks.design.geometry import as_points, ellipse, spline, stroke
from tasks.design.head.context import HeadContext
from tasks.design.head.headwear_fit import HatFit, curve, dome, part, rim_line
from tasks.design.head.parts import drawn, skin_shadow
from tasks.design.shapes import Material, Role, Shape

BRIM_WIDE = 0.92  # half a cap's brim from the front, of half the crown
BRIM_LOW = 13.0  # head units it hangs below the rim, seen from the front
BRIM_OUT = 34.0  # head units it stands out, seen from the side
FLANGE = 4.5  # head units: a hard hat's edge all round
SHELL_BRIM = (8.0, 26.0)  # head units a hard hat's brim hangs and stands out
SIDEWAYS = 0.5  # |facing| from which a brim is seen from the side
TONGUE = 0.22  # a brim seen from the side: its height over its length
RIDGE = 0.2  # half the width of a hard hat's ridge, of half the crown
SEAM = 0.9
BUTTON = 2.6


def cap(context: HeadContext, fit: HatFit) -> list[Shape]:
    """A cap of six panels with its peak."""
    shapes = _brim_shadow(context, fit)
    shapes += part(context, "headwear", dome(fit), fit.base)
    shapes += _light(context, fit)
    apex = (fit.middle + 0.22 * fit.half * fit.facing, fit.top + 1.5)
    for at in (-0.52, 0.0, 0.52):
        foot = at + 0.35 * fit.facing
        if abs(foot) > 0.93:
            continue
        bow = fit.middle + (foot * 1.12) * fit.half
        knots = (apex, (bow, fit.rim - 0.5 * fit.tall), (fit.middle + foot * fit.half, fit.rim + 4))
        shapes += drawn(
            "headwear_seam",
            stroke(curve(context, *knots), SEAM, ends=(0.6, 0.4)),
            fit.line,
            Material.HEADWEAR,
            Role.PEN,
            clip="headwear",
            opacity=0.75,
        )
    button = ellipse(context.placed([apex])[0] - context.down * 0.8, BUTTON * 1.3, BUTTON * 0.8, count=20)
    shapes += drawn("headwear_button", button, fit.base, Material.HEADWEAR, outline=0.8)
    peak = _peak(fit, BRIM_LOW, BRIM_OUT)
    shapes += part(context, "headwear_brim", peak, fit.base, cast=4.0)
    under = as_points((peak - peak.mean(0)) * (0.86, 0.5) + peak.mean(0) + (0, 0.22 * np.ptp(peak[:, 1])))
    return shapes + part(context, "headwear_under", under, fit.dark, Role.SHADE, clip="headwear_brim")


def helmet(context: HeadContext, fit: HatFit) -> list[Shape]:
    """A hard hat: smooth shell, ridge, an edge all round that is longer in front, a hard highlight."""
    shapes = _brim_shadow(context, fit)
    shapes += part(context, "headwear", dome(fit, squareness=2.15), fit.base)
    center = fit.middle + 0.45 * fit.half * fit.facing
    wide = RIDGE * fit.half
    for sign in (-1, 1):
        foot = center + sign * wide
        knots = (
            (foot * 0.9 + 0.1 * fit.middle, fit.top + 1.0),
            (foot, fit.rim - 0.4 * fit.tall),
            (foot, fit.rim + 2),
        )
        shapes += drawn(
            "headwear_ridge",
            stroke(curve(context, *knots), 1.2, ends=(0.4, 0.7)),
            fit.dark,
            Material.HEADWEAR,
            Role.PEN,
            clip="headwear",
        )
    shapes += _light(context, fit)
    lower, upper = rim_line(fit, 6.0, FLANGE), rim_line(fit, 6.0, -1.5)
    outward = as_points((lower - (fit.middle, 0)) * (1.07, 1) + (fit.middle, 0))
    shapes += part(context, "headwear_edge", as_points(np.vstack([upper, outward[::-1]])), fit.base, cast=3.0)
    return shapes + part(context, "headwear_brim", _peak(fit, *SHELL_BRIM), fit.base, cast=3.0)


def _peak(fit: HatFit, low: float, out: float) -> Points:
    """(N, 2) local: the brim, from the front a crescent under the rim, from the side a tongue."""
    turned = abs(fit.facing)
    if turned > SIDEWAYS:
        return _tongue(fit, low, out * turned)
    center = fit.middle + 0.62 * fit.half * fit.facing
    wide = BRIM_WIDE * fit.half * (1 - 0.45 * turned)
    a, b = max(center - wide, fit.left), min(center + wide, fit.right)
    tip_x = center if turned < 0.12 else (b if fit.facing > 0 else a) + np.sign(fit.facing) * turned * out
    drop = low * (1 - 0.55 * turned)
    level = fit.rim + 1.5

    def rim_at(x: float) -> float:
        return level + 5.0 * ((x - fit.middle) / fit.half - 0.25 * fit.facing) ** 2

    middle = (a + b) / 2
    front = (0.55 * middle + 0.45 * tip_x, level + drop)
    knots = [
        (a, rim_at(a) - 2.5),
        (middle, level - 4.0),
        (b, rim_at(b) - 2.5),
        (b + 0.6 * max(tip_x - b, 0) + 1.0, rim_at(b) + 0.45 * drop),
        (front[0] + 0.5 * (b - middle) + 0.45 * max(tip_x - b, 0), level + 0.92 * drop),
        front,
        (front[0] - 0.5 * (middle - a) - 0.45 * max(a - tip_x, 0), level + 0.92 * drop),
        (a - 0.6 * max(a - tip_x, 0) - 1.0, rim_at(a) + 0.45 * drop),
    ]
    return spline(knots)


def _tongue(fit: HatFit, low: float, out: float) -> Points:
    """(N, 2) local: a brim from the side, rooted along the front half of the crown, falling a little."""
    ahead = 1.0 if fit.facing > 0 else -1.0
    front, thick = fit.middle + ahead * fit.half, max(low * 0.7, TONGUE * out)
    level = fit.rim + 3.0
    knots = [
        (front - ahead * 0.95 * fit.half, level - 1.0),
        (front - ahead * 0.4 * fit.half, level - 3.5),
        (front, level - 4.5),
        (front + ahead * 0.55 * out, level - 1.0),
        (front + ahead * 0.96 * out, level + 0.55 * thick),
        (front + ahead * out, level + 0.9 * thick),
        (front + ahead * 0.85 * out, level + 1.05 * thick),
        (front + ahead * 0.3 * out, level + 0.8 * thick),
        (front - ahead * 0.35 * fit.half, level + 0.6 * thick),
    ]
    return spline(knots)


def _light(context: HeadContext, fit: HatFit) -> list[Shape]:
    middle = context.placed([(fit.middle - 0.42 * fit.half, fit.top + 0.34 * fit.tall)])[0]
    angle = float(np.arctan2(context.across[1], context.across[0])) - 0.5
    patch = ellipse(middle, 0.26 * fit.half, 0.13 * fit.tall, angle=angle)
    return drawn("headwear_light", patch, fit.light, Material.HEADWEAR, Role.LIGHT, clip="headwear")


def _brim_shadow(context: HeadContext, fit: HatFit) -> list[Shape]:
    low = rim_line(fit, 5.0, 9.0)
    band = as_points(np.vstack([rim_line(fit, 5.0, -6.0), low[::-1]]))
    return skin_shadow("headwear_cast", context.placed(band), context.tone(-12, 4, 2), 0.7)
