"""A portrait's shoulders, chest and upper arms in one silhouette, running out of the sheet."""

from collections.abc import Callable

import numpy as np

from tasks.arrays import Points
from tasks.design.body.garments.arms import SIDES
from tasks.design.body.garments.torso import collar_line, opening
from tasks.design.body.layers import Layers, shaded
from tasks.design.body.outfits import CUTS, Outfit, Palette
from tasks.design.body.pattern import motif, outlined, patterned
from tasks.design.body.skeleton import Skeleton
from tasks.design.body.tube import Tube, opened, xy
from tasks.design.geometry import ellipse
from tasks.design.shapes import Role

_LOW = 2.3  # heads below the chin: under every sheet
_FORM = 0.035  # the shoulder of a jacket over that of a shirt


def shoulders(layers: Layers, sk: Skeleton, outfit: Outfit, palette: Palette) -> None:
    """The garment of a bust: its silhouette, both sleeves set in, pattern, folds and shade."""
    b, n = sk.build, sk.neck
    w, _ = opening(sk, outfit)
    loose = 1 + (CUTS[outfit.garment].body - 1) * 0.6
    wide = b.shoulder * loose + (_FORM if outfit.garment == "jacket" else 0.0)
    drop = 0.10 + 0.13 * wide  # of the shoulder's top below the neck's base
    arm = b.arm * loose

    def at(s: float, x: float, y: float) -> Points:
        return n + xy(s * x, y)

    def outer(s: float) -> Points:
        slope = [at(s, w, 0.0), at(s, w * 0.5 + wide * 0.42, drop * 0.36), at(s, wide * 0.84, drop * 0.80)]
        arm_side = [at(s, wide * 0.99, drop + 0.10 * wide), at(s, wide + arm * 0.26, drop + 0.36 * wide)]
        return opened(
            [*slope, *arm_side, at(s, wide + arm * 0.52, 0.85 + drop), at(s, wide + arm * 0.5, _LOW)]
        )

    left, right = outer(-1), outer(1)
    silhouette = np.vstack([left, right[::-1], collar_line(sk, outfit)])
    main = palette.main
    layers.fill("torso", [silhouette], main, outline=outlined(outfit.pattern), shade=arm * 0.30, cast=0.02)
    spine = Tube(np.vstack([n + xy(0, -0.05), n + xy(0, _LOW)]), [wide * 1.2] * 3)
    patterned(layers, "torso", outfit.pattern, spine, palette.trim)
    motif(layers, outfit.pattern, n + xy(0.0, 0.34 + 0.55 * wide), wide * 0.34, palette.trim)
    layers.inside("torso", [_under_head(sk, outfit)], shaded(main), Role.SHADE, opacity=_deep(outfit, 0.55))
    pit_x, pit_y = wide - arm * 1.55, drop + 0.30 + 0.42 * wide
    for i, s in enumerate((-1.0, 1.0)):
        inner = opened([at(s, pit_x, pit_y), at(s, pit_x + 0.01, pit_y + 0.3), at(s, pit_x + 0.03, _LOW)])
        hole = opened(
            [
                at(s, wide * 0.83, drop * 0.74),
                at(s, wide * 0.76, drop + 0.14),
                at(s, pit_x + 0.02, pit_y - 0.10),
                at(s, pit_x, pit_y),
            ]
        )
        outside = np.vstack(
            [at(s, wide + 0.5, _LOW), at(s, wide + 0.5, drop - 0.2), at(s, wide * 0.85, drop - 0.2)]
        )
        name = f"sleeve_{SIDES[i]}"
        layers.fill(name, [np.vstack([hole, inner, outside])], main, outline=0.0, clip="torso", cast=0.02)
        middle = opened(
            [
                at(s, wide * 0.80, drop * 0.6),
                at(s, wide - arm * 0.55, drop + 0.45 * wide),
                at(s, wide - arm * 0.5, _LOW),
            ]
        )
        patterned(layers, name, outfit.pattern, Tube(middle, [arm * 1.1] * 3), palette.trim)
        _shade(layers, name, outer(s), inner, s, arm, palette, outfit.pattern)
        layers.pens(name, [inner], main, 1.1, ends=0.35)
        layers.pens(name, [hole[6:]], main, 0.5)
        layers.pens("torso", _folds(at, s, pit_x, pit_y)[: 2 - i], main, 0.6)
        pulled = _pulled(at, s, pit_x, pit_y, wide)
        layers.inside("torso", pulled, shaded(main), Role.SHADE, opacity=_deep(outfit, 0.6))


def _deep(outfit: Outfit, plain: float) -> float:
    """The opacity of a shade on this cloth: a pattern shows through it."""
    return plain if outfit.pattern == "plain" else 0.45 * plain


def _under_head(sk: Skeleton, outfit: Outfit) -> Points:
    """What the head keeps the light from: a crescent below the neckline, towards the shaded side."""
    n, (w, dip) = sk.neck, opening(sk, outfit)
    return ellipse(n + xy(0.05, 0.02), w * 1.75, dip + 0.15)


def _pulled(
    at: Callable[[float, float, float], Points], s: float, pit_x: float, pit_y: float, wide: float
) -> list[Points]:
    """Folds as planes of shade: cloth that the armpit pulls over the chest, and what hangs below it."""
    start = at(s, pit_x + 0.02, pit_y - 0.03)
    upper = opened(
        [start, at(s, pit_x - 0.10 * wide, pit_y + 0.02), at(s, pit_x - 0.40 * wide, pit_y + 0.20)]
    )
    lower = opened(
        [at(s, pit_x - 0.40 * wide, pit_y + 0.20), at(s, pit_x - 0.13 * wide, pit_y + 0.14), start]
    )
    fall = opened(
        [
            at(s, pit_x + 0.02, pit_y + 0.10),
            at(s, pit_x - 0.12 * wide, pit_y + 0.40),
            at(s, pit_x - 0.17 * wide, _LOW),
        ]
    )
    side = np.vstack([fall, at(s, pit_x + 0.1, _LOW)])
    return [np.vstack([upper, lower]), side] if s > 0 else [np.vstack([upper, lower])]


def _shade(
    layers: Layers,
    name: str,
    outer: Points,
    inner: Points,
    s: float,
    arm: float,
    palette: Palette,
    pattern: str,
) -> None:
    """The side of an arm away from the light: the right one's edge, the left one's inner side."""
    edge = outer if s > 0 else inner
    below = edge[edge[:, 1] > inner[0, 1] - (0.35 if s > 0 else 0.0)]
    t = np.minimum(np.linspace(0, 4, len(below)), 1)[:, None]
    band = np.vstack([below + xy(0.2, 0), (below - t * xy(arm * 0.42, 0))[::-1]])
    depth = 0.85 if pattern == "plain" else 0.38
    layers.inside(name, [band], shaded(palette.main), Role.SHADE, opacity=depth)


def _folds(at: Callable[[float, float, float], Points], s: float, pit_x: float, pit_y: float) -> list[Points]:
    """From the armpit over the chest."""
    return [
        opened(
            [
                at(s, pit_x - 0.01, pit_y - 0.02),
                at(s, pit_x - 0.06, pit_y + 0.05),
                at(s, pit_x - 0.10, pit_y + 0.17),
            ]
        ),
        opened(
            [
                at(s, pit_x + 0.01, pit_y - 0.12),
                at(s, pit_x - 0.05, pit_y - 0.10),
                at(s, pit_x - 0.11, pit_y - 0.03),
            ]
        ),
    ]
