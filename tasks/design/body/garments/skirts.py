"""Skirts, and the lower part of a dress."""

import numpy as np

from tasks.arrays import Points
from tasks.design.body.layers import Layers, shaded
from tasks.design.body.outfits import Outfit, Palette
from tasks.design.body.pattern import outlined, patterned
from tasks.design.body.skeleton import Skeleton
from tasks.design.body.tube import Tube, closed, opened, rounded, xy
from tasks.design.shapes import Role


def has_skirt(outfit: Outfit) -> bool:
    """Whether it hangs over the legs: a dress, too."""
    return outfit.garment == "dress" or outfit.bottom == "skirt"


def skirt(layers: Layers, sk: Skeleton, outfit: Outfit, palette: Palette) -> None:
    """Hanging from the waist to the knees, or to the ankles."""
    b, dress = sk.build, outfit.garment == "dress"
    u = 0.55 if dress else 0.72
    top, waist = sk.axis(u), sk.half(0.62) * (1.0 if dress else 1.05)
    knee = max(sk.sides[i].knee[1] for i in (0, 1))
    ankle = max(sk.sides[i].ankle[1] for i in (0, 1))
    low = ankle - 0.05 if outfit.long_hem else knee - 0.10 * b.thigh
    spread = max(abs(sk.sides[i].knee[0] - top[0]) for i in (0, 1))
    if outfit.long_hem:
        spread = max(abs(sk.sides[i].ankle[0] - top[0]) for i in (0, 1)) * 0.92
    hem = max(waist * (1.5 if outfit.long_hem else 1.62), spread + b.leg * 1.25)
    bottom = np.array([sk.pelvis[0] * 0.7 + top[0] * 0.3, low])
    tube = Tube(
        np.vstack([top, bottom]),
        [waist * 0.98, waist + (hem - waist) * 0.42, waist + (hem - waist) * 0.75, hem],
    )
    n = np.linspace(1, -1, 61)
    wave = 0.075 * np.sqrt(np.clip(1 - n**2, 0, 1)) + 0.016 * np.sin(n * 11)
    edge = tube.at(np.ones(61), n) + np.stack([np.zeros(61), wave], 1)
    shape = np.vstack([tube.side(1), edge, tube.side(-1)[::-1]])
    lab = palette.main if dress else palette.bottom
    layers.fill(
        "skirt", [shape], lab, outline=outlined(outfit.pattern if dress else "plain"), shade=0.12, cast=0.05
    )
    if dress:
        longer = Tube(np.vstack([top, bottom + xy(0, 0.12)]), [*tube.half[::12], hem, hem * 1.05])
        patterned(layers, "skirt", outfit.pattern, longer, palette.trim)
    folds, wedges = [], []
    for v, start in ((-0.66, 0.30), (-0.24, 0.52), (0.20, 0.22), (0.48, 0.48), (0.76, 0.40)):
        us = np.linspace(start, 1.0, 9)
        fold = tube.at(us, np.linspace(v * 0.84, v, 9)) + np.stack([np.zeros(9), np.linspace(0, 0.07, 9)], 1)
        folds.append(fold)
        side = tube.at(us[::-1], np.linspace(v + 0.15, v * 0.84, 9)) + np.stack(
            [np.zeros(9), np.linspace(0.08, 0, 9)], 1
        )
        wedges.append(np.vstack([fold, side]))
    layers.inside("skirt", wedges, shaded(lab), Role.SHADE)
    layers.pens("skirt", folds, lab, 0.6)
    layers.pens("skirt", [edge - xy(0, 0.045)], lab, 0.45)


def belt(layers: Layers, sk: Skeleton, palette: Palette) -> None:
    """Between a dress's bodice and its skirt."""
    half = sk.half(0.6) * 1.02
    band = Tube(np.vstack([sk.axis(0.575), sk.axis(0.640)]), [half] * 3).outline(0, 1, 0.06)
    layers.fill("belt", [band], palette.trim, shade=0.03, cast=0.015)


def lap_cloth(layers: Layers, sk: Skeleton, outfit: Outfit, palette: Palette) -> None:
    """A skirt over crossed legs: it covers knees and shins."""
    dress, pelvis, b = outfit.garment == "dress", sk.pelvis, sk.build
    top, w = sk.axis(0.56 if dress else 0.72), sk.half(0.62)
    knee = abs(sk.sides[0].knee[0] - pelvis[0])
    e = knee + b.leg * 1.15
    low = 0.26 + (0.10 * b.thigh if outfit.long_hem else 0.0)

    def at(x: float, y: float) -> Points:
        return np.asarray(pelvis + xy(x, y))

    shape = closed(
        [
            top + xy(-w, 0),
            top + xy(0, 0.03),
            top + xy(w, 0),
            at(knee * 0.74, -0.12),
            at(e * 0.98, -0.01),
            at(e, 0.15),
            at(e * 0.62, low - 0.01),
            at(e * 0.3, low - 0.03),
            at(0, low),
            at(-e * 0.3, low - 0.03),
            at(-e * 0.62, low - 0.01),
            at(-e, 0.15),
            at(-e * 0.98, -0.01),
            at(-knee * 0.74, -0.12),
        ],
        8,
    )
    lab = palette.main if dress else palette.bottom
    layers.fill("skirt", [shape], lab, shade=0.10, cast=0.05)
    if dress:
        tube = Tube(np.vstack([top, at(0, 0.34)]), [w * 1.1, knee * 0.8, knee * 1.2, e * 1.1])
        patterned(layers, "skirt", outfit.pattern, tube, palette.trim)
    folds = [
        rounded([at(e * v * 0.5, -0.12), at(e * v * 0.85, 0.0), at(e * v * 0.95, 0.17)])
        for v in (-0.72, -0.4, 0.42, 0.74)
    ]
    layers.pens("skirt", folds, lab, 0.6)
    layers.pens(
        "skirt",
        [opened([at(-e * 0.6, low - 0.06), at(0, low - 0.05), at(e * 0.6, low - 0.06)], 8)],
        lab,
        0.45,
    )
