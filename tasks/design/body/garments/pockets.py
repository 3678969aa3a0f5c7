"""Where hands go that rest on the body, and the pockets they are in."""

import numpy as np

from tasks.arrays import Points
from tasks.design.body.garments.skirts import has_skirt
from tasks.design.body.layers import Layers, toned
from tasks.design.body.outfits import Outfit, Palette
from tasks.design.body.pattern import patterned
from tasks.design.body.skeleton import Build, Skeleton
from tasks.design.body.tube import Tube, closed, opened, xy


def hands_at(b: Build, outfit: Outfit) -> tuple[tuple[float, float], tuple[float, float]]:
    """Wrists of hands in pockets and of hands on hips, from the pelvis: outward, down."""
    hips = (b.waist * 1.12, -0.24 * b.torso)
    if outfit.garment == "hoodie":
        return (b.hip * 0.56, -0.19 * b.torso), hips
    if outfit.garment == "jacket":
        return (b.hip * 0.84, -0.20 * b.torso), hips
    if has_skirt(outfit):
        return (b.hip * 1.05, 0.02), hips
    return (b.hip * 0.76, 0.0), hips


def patch(layers: Layers, sk: Skeleton, i: int, outfit: Outfit, palette: Palette) -> None:
    """The pocket over a hand: sewn on, or a slit in the trousers. A hoodie's pouch is drawn of its own."""
    if outfit.garment == "hoodie":
        return
    s, wrist, w = (-1.0, 1.0)[i], sk.sides[i].wrist, sk.build.wrist
    dressed = outfit.garment in ("dress", "jacket")
    sewn = dressed or outfit.bottom == "skirt"
    lab = palette.main if dressed else palette.bottom
    deep, half = (0.22, w * 1.75) if sewn else (0.24, w * 1.5)
    slant = 0.0 if sewn else -s * 0.06
    name = f"pocket_{i}"

    def at(x: float, y: float) -> Points:
        return np.asarray(wrist + xy(x * half, y + x * slant * s * -1.0))

    shape = closed(
        [
            at(-1, -0.035),
            at(0, -0.025),
            at(1, -0.035),
            at(1.02, deep * 0.4),
            at(0.85, deep * 0.88),
            at(0, deep),
            at(-0.85, deep * 0.88),
            at(-1.02, deep * 0.4),
        ],
        8,
    )
    mouth = opened([at(-0.98, -0.03), at(0, -0.02), at(0.98, -0.03)], 6)
    if sewn:
        layers.fill(name, [shape], toned(lab, 1), shade=0.03, cast=0.02)
        if outfit.garment == "dress":
            tube = Tube(np.vstack([at(0, -0.06), at(0, deep + 0.04)]), [half * 1.2] * 3)
            patterned(layers, name, outfit.pattern, tube, palette.trim)
        layers.pens(name, [mouth + xy(0, 0.035)], lab, 0.5)
    else:
        layers.fill(name, [shape], lab, outline=0.0, clip="trousers")
        layers.pens(name, [mouth], lab, 1.1)
