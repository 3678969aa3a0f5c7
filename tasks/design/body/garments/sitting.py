"""Legs crossed on the ground, and the book that is read there."""

import numpy as np

from tasks.arrays import Points
from tasks.design.body.garments.arms import SIDES
from tasks.design.body.garments.shoes import foot
from tasks.design.body.garments.skirts import has_skirt, lap_cloth
from tasks.design.body.layers import Layers, shaded, toned
from tasks.design.body.outfits import BRASS, WHITE, Outfit, Palette
from tasks.design.body.skeleton import Skeleton
from tasks.design.body.tube import Tube, closed, opened, rounded, union, xy
from tasks.design.geometry import ellipse
from tasks.design.shapes import Material, Role


def crossed_legs(layers: Layers, sk: Skeleton, outfit: Outfit, palette: Palette) -> float:
    """Knees out to the sides, each foot under the other knee. Returns the y of the ground."""
    b, pelvis = sk.build, sk.pelvis
    trousers = not has_skirt(outfit)
    covered = trousers and outfit.bottom == "trousers"
    modest = outfit.long_hem  # legs stay covered however the skirt falls
    cloth = palette.main if outfit.garment == "dress" else palette.bottom
    lab = palette.bottom if trousers else shaded(cloth) if modest else palette.skin
    material = Material.CLOTH if trousers or modest else Material.SKIN
    lw, an = b.leg * (1.18 if trousers else 1.0), b.ankle
    k = abs(sk.sides[1].knee[0] - pelvis[0])

    def at(x: float, y: float) -> Points:
        return np.asarray(pelvis + xy(x, y))

    lap = closed(
        [
            at(-k * 0.7, -0.14),
            at(0, -0.2),
            at(k * 0.7, -0.14),
            at(k * 0.5, 0.12),
            at(0, 0.16),
            at(-k * 0.5, 0.12),
        ]
    )
    layers.fill("lap", [lap], shaded(lab), material)
    ground = 0.0
    for i, s in ((1, 1.0), (0, -1.0)):
        side, j = SIDES[i], sk.sides[i]
        low = foot(layers, sk, j.ankle + xy(-s * 0.05, 0.0), f"shoe_{side}", -s, 4.0, outfit, palette)
        ground = max(ground, low)
        start = pelvis + xy(s * 0.04, 0.03)
        thigh = Tube(
            rounded([start, (start + j.knee) / 2 + xy(0, -0.05), j.knee]), [lw * 0.95, lw * 1.08, lw]
        )
        through = j.knee * 0.5 + j.ankle * 0.5 + xy(s * 0.04, 0.05)
        shin = Tube(
            rounded([j.knee, through, j.ankle]), [lw, lw * 0.92, lw * 0.80, an * (1.32 if trousers else 1.0)]
        )
        knee = ellipse(j.knee, lw)
        if not covered and not modest:
            bare = Tube(rounded([j.knee, through, j.ankle]), [b.leg * 0.9, b.leg * 0.8, b.leg * 0.72, an])
            layers.fill(f"leg_{side}", [bare.outline()], palette.skin, Material.SKIN, shade=lw * 0.3)
            if outfit.socks:
                sock = Tube(bare.side(0, 0.72, 1), [an * 1.16, an * 1.08, an])
                layers.fill(f"sock_{side}", [sock.outline()], palette.socks, shade=0.04)
        end = 0.95 if covered or not trousers else 0.40
        name = f"thigh_{side}"
        layers.fill(
            name,
            union([thigh.outline(), knee, shin.outline(0, end, 0.14)]),
            lab,
            material,
            shade=lw * 0.4,
            cast=0.03,
        )
        if trousers:
            _folds(layers, name, thigh, shin, s, covered, palette)
    if not trousers:
        lap_cloth(layers, sk, outfit, palette)
    return ground


def _folds(
    layers: Layers, name: str, thigh: Tube, shin: Tube, s: float, covered: bool, palette: Palette
) -> None:
    lab = palette.bottom
    lines = [
        thigh.path([0.30, 0.36, 0.44], [s * 0.9, s * 0.4, s * 0.1]),
        thigh.path([0.12, 0.2, 0.3], [-s * 0.1, -s * 0.4, -s * 0.8]),
    ]
    if covered:
        lines += [shin.path([a, a + 0.05, a + 0.10], [s, s * 0.55, s * 0.1]) for a in (0.08, 0.20)]
        lines += [shin.path([0.84, 0.87, 0.86], [-0.9, 0.0, 0.8]), shin.end(0.91, 0.14)]
    layers.pens(name, lines, lab, 0.55)


def book(layers: Layers, center: Points, palette: Palette) -> None:
    """An open book held up: its cover is towards us, the pages' edges show above it."""
    w, h = 0.43, 0.30

    def at(x: float, y: float) -> Points:
        return np.asarray(center + xy(x, y))

    pages = closed(
        [
            at(-w * 0.95, -h - 0.03),
            at(-w * 0.5, -h - 0.065),
            at(0, -h - 0.01),
            at(w * 0.5, -h - 0.065),
            at(w * 0.95, -h - 0.03),
            at(w * 0.9, 0),
            at(-w * 0.9, 0),
        ],
        8,
    )
    layers.fill("pages", [pages], WHITE, Material.PROP, shade=0.02, cast=0.05)
    leaves = [
        opened([at(s * w * 0.9, -h - 0.015), at(s * w * 0.5, -h - 0.045), at(s * 0.02, -h + 0.005)], 6)
        for s in (-1, 1)
    ]
    layers.pens("pages", leaves, toned(WHITE, -12), 0.4, Material.PROP)
    for s, name in ((-1, "cover_right"), (1, "cover_left")):
        board = np.vstack(
            [
                opened([at(0, -h + 0.03), at(s * w * 0.5, -h - 0.012), at(s * w, -h)], 6),
                opened([at(s * (w + 0.012), 0), at(s * w, h - 0.02)], 4),
                opened([at(s * w * 0.96, h - 0.012), at(s * w * 0.5, h - 0.008), at(0, h + 0.03)], 6),
            ]
        )
        lab = palette.book if s < 0 else toned(palette.book, -3)
        layers.fill(name, [board], lab, Material.PROP, shade=0.03)
        inset = 0.055
        frame = [
            at(s * 0.075, -h + 0.085),
            at(s * (w - inset), -h + inset),
            at(s * (w - inset), h - inset - 0.02),
            at(s * 0.075, h - 0.04),
        ]
        layers.pens(name, [np.vstack([frame[k], frame[k + 1]]) for k in range(3)], BRASS, 0.6, Material.PROP)
        layers.pens(
            name, [np.vstack([at(s * 0.04, -h + 0.03), at(s * 0.04, h + 0.02)])], lab, 0.5, Material.PROP
        )
    a = np.linspace(0, 2 * np.pi, 10, endpoint=False) - np.pi / 2
    star = np.stack([np.cos(a), np.sin(a)], 1) * np.where(np.arange(10) % 2, 0.055, 0.12)[:, None]
    layers.inside("cover_right", [at(-w * 0.54, -0.05) + star], BRASS, Role.PATTERN, Material.PROP)
