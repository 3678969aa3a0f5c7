"""Beanies with cuff and ribs, turbans with wraps, and soft hats that are nothing in particular."""

from dataclasses import replace

import numpy as np

from tasks.arrays import Mask
from tasks.design.geometry import as_points, closed, fill, loops_of, shrunk, stroke
from tasks.design.head.context import HeadContext
from tasks.design.head.headwear_fit import OUTLINE, HatFit, curve, dome, folds, part, rim_line
from tasks.design.head.parts import drawn
from tasks.design.shapes import Material, Role, Shape

CUFF = 15.0  # head units of a beanie that are turned up
RIBS = 7.0  # head units between ribs
WRAPS = 4  # of a turban on each side
STAND = 7.0  # head units by which a turban stands out over its fitted crown


def beanie(context: HeadContext, fit: HatFit) -> list[Shape]:
    """A knitted hat."""
    shapes = part(context, "headwear", dome(fit, squareness=2.2, dip=7), fit.base)
    count = max(5, round(2 * fit.half / RIBS))
    apex = (fit.middle, fit.top + 2)
    for at in np.linspace(-0.86, 0.86, count):
        foot = fit.middle + at * fit.half
        middle = (fit.middle + 1.12 * at * fit.half, fit.rim - 0.52 * fit.tall)
        shapes += _line(context, fit, (apex, middle, (foot, fit.rim - CUFF + 2)), "headwear")
    wide = as_points((rim_line(fit, 7, 0) - (fit.middle, 0)) * (1.035, 1) + (fit.middle, 0))
    high = as_points(wide - np.array((0, CUFF)))
    shapes += part(context, "headwear_cuff", as_points(np.vstack([high, wide[::-1]])), fit.base, cast=3.0)
    for at in np.linspace(0, len(wide) - 1, count + 4).astype(int)[1:-1]:
        foot, head = wide[at], high[at]
        shapes += _line(context, fit, ((head[0], head[1] + 2), (foot[0], foot[1] - 2)), "headwear_cuff")
    return shapes


def turban(context: HeadContext, fit: HatFit) -> list[Shape]:
    """Wound cloth: bands that cross above the forehead."""
    wider = replace(fit, left=fit.left - STAND, right=fit.right + STAND, top=fit.top - 0.6 * STAND)
    own = shrunk(context.worn.seen_hat, 3)
    whole = closed(np.maximum(own, fill(context.placed(dome(wider, squareness=2.35, dip=9)))), 16)
    whole = whole * (context.height_map < fit.rim + 16)
    loops = loops_of(whole, blur=1.6, even=9.0, least=300)[:1]
    shapes = drawn("headwear", loops, fit.base, Material.HEADWEAR, outline=OUTLINE, shade=5.0, cast=3.0)
    for k in range(WRAPS):
        rise = (k + 0.6) / WRAPS
        for sign in (-1, 1):
            low = (
                wider.middle + sign * wider.half * (1.05 - 0.12 * rise),
                fit.rim + 6 - 0.72 * fit.tall * rise,
            )
            mid = (wider.middle + sign * 0.35 * wider.half, fit.rim - fit.tall * (0.16 + 0.62 * rise))
            high = (wider.middle - sign * 0.3 * wider.half, fit.rim - fit.tall * (0.3 + 0.78 * rise))
            ends = (low, mid, high) if sign < 0 or k % 2 else (low, mid)
            shapes += _line(context, fit, ends, "headwear", 1.5)
    fold = [
        (wider.left, fit.rim + 9),
        (fit.middle - 0.2 * fit.half, fit.rim - 0.3 * fit.tall),
        (fit.middle, fit.rim - 4),
        (fit.middle - 0.4 * fit.half, fit.rim + 1),
    ]
    return shapes + part(
        context, "headwear_fold", as_points(fold), fit.dark, Role.SHADE, clip="headwear", opacity=0.6
    )


def soft_hat(context: HeadContext, fit: HatFit) -> list[Shape]:
    """Headwear of no known kind: the smooth outline of what was seen, whole over the skull."""
    shape = _whole(context, fit)
    loops = loops_of(shape, blur=2.0, even=11.0, least=300)[:1]
    shapes = drawn("headwear", loops, fit.base, Material.HEADWEAR, outline=OUTLINE, shade=5.0, cast=4.0)
    shapes += folds(context, fit, context.worn.seen_hat, "headwear")
    rim = stroke(context.placed(rim_line(fit, 5.0, -7.0)), 1.3, ends=(0.5, 0.5))
    return shapes + drawn(
        "headwear_seam", rim, fit.line, Material.HEADWEAR, Role.PEN, clip="headwear", opacity=0.6
    )


def _whole(context: HeadContext, fit: HatFit) -> Mask:
    crown = fill(context.placed(dome(fit)))
    seen = context.worn.seen_hat * (context.face < 0.5) * (context.height_map < fit.rim + 26)
    return closed(np.maximum(crown, seen), 12)


def _line(
    context: HeadContext, fit: HatFit, knots: tuple[tuple[float, float], ...], clip: str, width: float = 1.0
) -> list[Shape]:
    path = curve(context, *knots)
    loop = stroke(path, width, ends=(0.3, 0.3))
    return drawn("headwear_rib", loop, fit.dark, Material.HEADWEAR, Role.PEN, clip=clip, opacity=0.85)
