"""Hats with a brim all round: crown, band, and a brim before or behind the head as it is tipped."""

import numpy as np

from tasks.arrays import Points
from tasks.design.geometry import as_points, ellipse, spline, stroke
from tasks.design.head.context import HeadContext
from tasks.design.head.headwear_fit import HatFit, curve, part, rim_line, seam
from tasks.design.head.parts import drawn, skin_shadow
from tasks.design.shapes import Material, Role, Shape
from tasks.face_mesh import NOSE_BRIDGE
from tasks.perception.character_sheet import UNIT

LEAST_BRIM = 1.5  # half a brim, of half the crown
MOST_BRIM = 2.3
FLAT = 0.17  # a brim seen level, height over width
BESIDE = 260.0  # square head units of hat beside the eyes: the brim is tipped back, behind the head
BAND = 0.2  # of the crown's height


def tipped_back(context: HeadContext) -> bool:
    """Whether the brim is seen from below, around the face like a disc."""
    hat = context.worn.seen_hat > 0.5
    level = context.height_map > context.height_of(NOSE_BRIDGE) - 12
    return float((hat & level & (context.height_map < -20)).sum()) / UNIT**2 > BESIDE


def hat_back(context: HeadContext, fit: HatFit) -> list[Shape]:
    """The brim behind the head, and the crown behind a brim that is tipped back."""
    wide = _brim(fit)
    if not tipped_back(context):
        disc = _oval(fit.middle, _level(fit, wide), wide, FLAT * wide)
        return part(context, "headwear_back", disc, fit.dark)
    tall = max(0.62 * wide, fit.rim - fit.top + 8)
    shapes = part(context, "headwear_crown", _crown(fit, 0.96, -0.55 * tall), fit.dark)
    disc = _oval(fit.middle, fit.rim + 0.16 * wide, wide, tall)
    shapes += part(context, "headwear_back", disc, fit.base)
    for share in (0.94, 0.8, 0.66):
        ring = context.placed(_oval(fit.middle, fit.rim + 0.16 * wide, share * wide, share * tall))
        shapes += drawn(
            "headwear_weave",
            stroke(np.vstack([ring, ring[:1]]), 1.1, ends=(1, 1)),
            fit.dark,
            Material.HEADWEAR,
            Role.PEN,
            clip="headwear_back",
            opacity=0.8,
        )
    return shapes


def hat(context: HeadContext, fit: HatFit) -> list[Shape]:
    """Crown, band and the front of the brim; nothing before a head whose hat is tipped back."""
    if tipped_back(context):
        return []
    wide = _brim(fit)
    level = _level(fit, wide)
    below = context.placed(_oval(fit.middle, level + 2.5, 0.9 * wide, FLAT * wide))
    shapes = skin_shadow("headwear_cast", below, context.tone(-12, 4, 2), 0.75)
    shapes += part(context, "headwear", _crown(fit, 1.0, 0.0), fit.base)
    band = np.vstack([rim_line(fit, -3.0, 4.0 - BAND * fit.tall), rim_line(fit, -3.0, 4.0)[::-1]])
    shapes += part(context, "headwear_band", as_points(band), fit.dark, Role.SHADE, clip="headwear")
    crease = curve(
        context,
        (fit.middle - 0.45 * fit.half, fit.top + 0.16 * fit.tall),
        (fit.middle, fit.top + 0.24 * fit.tall),
        (fit.middle + 0.4 * fit.half, fit.top + 0.1 * fit.tall),
    )
    shapes += seam(fit, stroke(crease, 1.4), "headwear")
    t = np.linspace(0, np.pi, 30)
    low = np.stack([wide * np.cos(t), FLAT * wide * np.sin(t)], 1)
    high = np.stack([0.99 * wide * np.cos(t[::-1]), 0.25 * FLAT * wide * np.sin(t[::-1])], 1)
    brim = np.vstack([low, high]) + np.array((fit.middle, level))
    return shapes + part(context, "headwear_brim", as_points(brim), fit.base, cast=5.0)


def _brim(fit: HatFit) -> float:
    seen = max(fit.middle - fit.reach[0], fit.reach[1] - fit.middle)
    return float(np.clip(seen, LEAST_BRIM * fit.half, MOST_BRIM * fit.half))


def _level(fit: HatFit, wide: float) -> float:
    """The height of a brim's middle: its front hangs no lower than the brows."""
    return min(fit.rim + 1.5, fit.brows - 1.0 - FLAT * wide)


def _oval(x: float, y: float, wide: float, tall: float) -> Points:
    return ellipse((x, y), wide, tall, count=64)


def _crown(fit: HatFit, share: float, lift: float) -> Points:
    """(N, 2) local: a crown that narrows upwards, with a soft dent."""
    w, top, rim = fit.half * share, fit.top + lift, fit.rim + max(lift, -20)
    m = fit.middle
    knots = [
        (m - w, rim),
        (m - 0.96 * w, rim - 0.4 * fit.tall),
        (m - 0.84 * w, top + 0.16 * fit.tall),
        (m - 0.5 * w, top),
        (m - 0.05 * w, top + 0.06 * fit.tall),
        (m + 0.45 * w, top - 0.01 * fit.tall),
        (m + 0.84 * w, top + 0.17 * fit.tall),
        (m + 0.96 * w, rim - 0.4 * fit.tall),
        (m + w, rim),
        (m, rim + 1.5),
    ]
    return spline(knots)
