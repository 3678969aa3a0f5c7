"""Feet: sneakers, leather shoes, and a baby's booties."""

import numpy as np
from numpy.typing import ArrayLike

from tasks.arrays import Points
from tasks.design.body.layers import Layers, toned
from tasks.design.body.outfits import SOLE, Outfit, Palette
from tasks.design.body.skeleton import Skeleton
from tasks.design.body.tube import closed, opened, turned, xy
from tasks.design.shapes import Role

# Toe at +x, the ankle at (0, 0); 1 is the foot's length.
_UPPER = [
    (-0.25, -0.30),
    (0.0, -0.33),
    (0.21, -0.29),
    (0.34, -0.13),
    (0.54, -0.05),
    (0.73, 0.05),
    (0.80, 0.19),
    (0.72, 0.31),
    (0.3, 0.33),
    (-0.22, 0.33),
    (-0.35, 0.27),
    (-0.36, 0.08),
    (-0.29, -0.14),
]
_SOLE = [
    (-0.39, 0.17),
    (-0.1, 0.22),
    (0.3, 0.22),
    (0.66, 0.20),
    (0.83, 0.15),
    (0.87, 0.26),
    (0.76, 0.37),
    (0.3, 0.385),
    (-0.25, 0.38),
    (-0.40, 0.31),
]
_BOOTIE = [
    (-0.27, -0.34),
    (0, -0.36),
    (0.25, -0.32),
    (0.36, -0.16),
    (0.56, -0.14),
    (0.72, 0.0),
    (0.76, 0.18),
    (0.66, 0.33),
    (0.2, 0.37),
    (-0.25, 0.34),
    (-0.38, 0.2),
    (-0.34, -0.05),
]
_DROP = 0.16  # the toe of a foot is nearer to us, so lower, than its heel


def foot(
    layers: Layers,
    sk: Skeleton,
    ankle: Points,
    name: str,
    toe: float,
    heel: float,
    outfit: Outfit,
    palette: Palette,
) -> float:
    """One shoe at its ankle, the toe towards `toe` (-1..1 in the picture), turned by `heel` degrees.

    Returns the y of its lowest point.
    """
    size = sk.build.foot * 0.80
    squeeze = 0.62 + 0.36 * abs(toe)
    way = 1.0 if toe >= 0 else -1.0

    def put(shape: ArrayLike) -> Points:
        p = np.array(shape, float) * [squeeze, 1.0]
        p[:, 1] += _DROP * np.clip(p[:, 0], 0, 1) * (1 - 0.7 * abs(heel) / 30)
        p = turned(p, heel)
        return np.asarray(p * [way, 1.0] * size + ankle + xy(0, 0.02))

    lab, dark = palette.shoes, toned(palette.shoes, -18)
    if outfit.shoes == "booties":
        body = put(closed(_BOOTIE, 6))
        layers.fill(name, [body], lab, shade=size * 0.14, cast=0.015)
        layers.pens(name, [put(opened([(-0.3, -0.14), (0, -0.11), (0.3, -0.15)], 6))], lab, 0.6)
        layers.pens(name, [put(opened([(0.44, -0.1), (0.5, 0.1), (0.46, 0.3)], 6))], lab, 0.5)
        return float(body[:, 1].max())
    sneaker = outfit.shoes == "sneakers"
    sole = put(closed(_SOLE, 6))
    upper = put(closed(_UPPER, 6))
    layers.fill(name, [upper], lab, shade=size * 0.13, cast=0.015)
    if sneaker:
        cap = put(closed([(0.56, -0.2), (0.55, 0.05), (0.62, 0.3), (0.95, 0.4), (0.95, -0.2)], 5))
        layers.inside(name, [cap], toned(SOLE, -3), Role.PATTERN)
        layers.pens(name, [put(opened([(0.57, -0.08), (0.56, 0.06), (0.61, 0.24)], 5))], lab, 0.55)
        for x, y in ((0.20, -0.15), (0.30, -0.05), (0.41, 0.01)):
            lace = put(opened([(x - 0.08, y + 0.05), (x + 0.02, y + 0.02), (x + 0.10, y - 0.07)], 4))
            layers.pens(name, [lace], lab, 0.6)
    else:
        layers.pens(name, [put(opened([(0.40, -0.10), (0.46, 0.04), (0.52, 0.2)], 5))], lab, 0.55)
        layers.pens(name, [put(opened([(0.05, -0.10), (0.18, 0.0), (0.34, -0.06)], 5))], lab, 0.5)
    layers.fill(f"sole_{name}", [sole], SOLE if sneaker else dark, shade=size * 0.05)
    return float(sole[:, 1].max())
