"""The neck, and a garment's trunk: everything between collar and hem but the sleeves."""

import numpy as np

from tasks.arrays import Points
from tasks.design.body.layers import Layers, shaded, toned
from tasks.design.body.outfits import CUTS, Outfit, Palette
from tasks.design.body.pattern import motif, outlined, patterned
from tasks.design.body.skeleton import Skeleton
from tasks.design.body.tube import Tube, closed, opened, xy
from tasks.design.shapes import Material, Role

_OPENING = {"crew": 1.22, "scoop": 1.42, "v": 1.22, "collar": 1.08, "turtleneck": 1.12, "open": 1.12}
_DIP = {"crew": 0.125, "scoop": 0.17, "v": 0.27, "collar": 0.15, "turtleneck": 0.10, "open": 0.15}
MODEST_DIP = 0.30  # heads below the neck's base: no neckline is lower


def opening(sk: Skeleton, outfit: Outfit) -> tuple[float, float]:
    """Half the width of a neckline, and how deep it is."""
    width = sk.build.neck_width * _OPENING[outfit.neckline]
    return width, min(MODEST_DIP, _DIP[outfit.neckline] * (0.7 + 0.3 * sk.build.neck_width / 0.15))


def neck(layers: Layers, sk: Skeleton, jaw: float, outfit: Outfit, palette: Palette) -> None:
    """From under the jaw, whose middle is at x = `jaw`, into the collar; a veil's own cloth covers it."""
    n, w = sk.neck, sk.build.neck_width
    _, dip = opening(sk, outfit)
    low = n[1] + dip + 0.08
    sides = [
        [
            (jaw + s * w * 0.98, -0.42),
            (jaw * 0.5 + n[0] * 0.5 + s * w * 0.95, n[1] * 0.4 - 0.06),
            (n[0] + s * w * 1.04, n[1] + 0.0),
            (n[0] + s * w * 1.55, n[1] + 0.07),
            (n[0] + s * w * 1.5, low),
        ]
        for s in (-1, 1)
    ]
    left, right = (opened(side, 8) for side in sides)
    shape = np.vstack([left, right[::-1]])
    lab = palette.veil if outfit.covered else palette.skin
    layers.fill("neck", [shape], lab, Material.CLOTH if outfit.covered else Material.SKIN, shade=w * 0.22)
    under = closed(
        [
            (jaw - w * 1.3, -0.42),
            (jaw + w * 1.3, -0.42),
            (jaw + w * 1.25, -0.06),
            (jaw + w * 0.6, 0.075),
            (jaw + w * 0.05, 0.115),
            (jaw - w * 0.6, 0.065),
            (jaw - w * 1.2, -0.08),
        ],
        8,
    )
    layers.inside(
        "neck", [under], shaded(lab), Role.SHADE, Material.CLOTH if outfit.covered else Material.SKIN
    )
    if not outfit.covered and outfit.neckline in ("v", "scoop"):
        bones = [
            opened(
                [
                    n + xy(s * 0.025, dip * 0.70),
                    n + xy(s * w * 0.45, dip * 0.52),
                    n + xy(s * w * 0.9, dip * 0.50),
                ],
                6,
            )
            for s in (-1, 1)
        ]
        layers.pens("neck", bones, lab, 0.45, Material.SKIN)


def collar_line(sk: Skeleton, outfit: Outfit) -> Points:
    """The neckline from the picture's right to its left."""
    n, (w, dip) = sk.neck, opening(sk, outfit)
    if outfit.neckline == "v":
        sides = [
            opened([n + xy(s * w, 0.0), n + xy(s * w * 0.62, dip * 0.42), n + xy(s * 0.012, dip)], 8)
            for s in (1, -1)
        ]
        return np.vstack([sides[0], sides[1][::-1]])
    through = [
        n + xy(w, 0.0),
        n + xy(w * 0.86, dip * 0.42),
        n + xy(w * 0.5, dip * 0.84),
        n + xy(0, dip),
        n + xy(-w * 0.5, dip * 0.84),
        n + xy(-w * 0.86, dip * 0.42),
        n + xy(-w, 0.0),
    ]
    return opened(through, 8)


def torso(layers: Layers, sk: Skeleton, outfit: Outfit, palette: Palette) -> None:
    """The trunk in its color, with pattern, folds and hem."""
    b, t = sk.build, min(sk.build.torso, 1.7)
    cut = CUTS[outfit.garment]
    w, _ = opening(sk, outfit)
    shade = b.chest * 0.24
    end = cut.hem if outfit.bottom != "skirt" or outfit.garment == "dress" else 0.80

    def half(u: float) -> float:
        return sk.half(u) * cut.body

    sides = []
    for i, s in enumerate((-1, 1)):
        sh = sk.sides[i].shoulder
        start = sk.neck + xy(s * w, 0.0)
        top = sh + xy(s * b.arm * 0.04, -b.arm * 0.72)
        raised = sk.pose.arms[i][0] > 80
        pit = sh + (xy(s * (0.10 + 0.4 * b.arm), b.arm - 0.03) if raised else xy(s * b.arm * 0.18, 0.10 * t))
        sides.append(
            [
                start,
                start * 0.5 + top * 0.5 + xy(0, -0.012 * t),
                top,
                pit,
                sk.axis(0.34) + xy(s * half(0.34) * (0.94 if raised else 1.0), 0),
                sk.axis(0.62) + xy(s * half(0.62), 0),
                sk.axis(end) + xy(s * half(end) * 1.02, 0),
            ]
        )
    left, right = (opened(side, 8) for side in sides)
    sag = 0.04 * t
    hem = opened(
        [
            left[-1],
            sk.axis(end) + xy(-half(end) * 0.5, sag),
            sk.axis(end) + xy(half(end) * 0.5, sag),
            right[-1],
        ],
        8,
    )
    line = collar_line(sk, outfit)
    shape = np.vstack([left, hem, right[::-1], line])
    layers.fill("torso", [shape], palette.main, outline=outlined(outfit.pattern), shade=shade, cast=0.035)
    spine = np.array([sk.axis(u) for u in np.linspace(-0.02, end + 0.05, 16)])
    tube = Tube(spine, [half(0.3) * 1.22, half(0.3) * 1.2, half(0.62) * 1.1, half(end) * 1.1])
    patterned(layers, "torso", outfit.pattern, tube, palette.trim)
    motif(layers, outfit.pattern, sk.axis(0.42), b.chest * 0.42, palette.trim)
    if outfit.pattern != "plain":
        layers.crescents("torso", [shape], palette.main, shade)
    _folds(layers, sk, tube, outfit, palette)
    if outfit.garment in ("t-shirt", "top", "jumper"):
        lift = 0.05 if outfit.garment != "jumper" else 0.085
        layers.pens("torso", [hem - xy(0, lift)], palette.main, 0.5)


def _folds(layers: Layers, sk: Skeleton, tube: Tube, outfit: Outfit, palette: Palette) -> None:
    """From the armpits, at the waist's bent side, and above the hem."""
    b, t, main = sk.build, min(sk.build.torso, 1.7), palette.main
    lines, wedges = [], []
    for i, s in enumerate((-1, 1)):
        pit = sk.sides[i].shoulder + xy(s * b.arm * 0.05, 0.16 * t)
        if sk.pose.arms[i][0] > 80:
            pit = pit - xy(s * 0.02, 0.05)
        lines.append(opened([pit, pit + xy(-s * 0.07, 0.03 * t), pit + xy(-s * 0.13, 0.10 * t)], 6))
        lines.append(
            opened([pit + xy(0, 0.05), pit + xy(-s * 0.035, 0.13 * t), pit + xy(-s * 0.05, 0.21 * t)], 6)
        )
    if outfit.garment != "dress":
        bent = 1 if sk.pose.sway >= 0 else -1  # the side that is pressed together
        for u, far in ((0.70, 0.34), (0.78, 0.55)):
            edge = sk.axis(u) + xy(-bent * sk.half(u) * 0.98, 0)
            lines.append(
                opened([edge, edge + xy(bent * far * 0.2, 0.035), edge + xy(bent * far * 0.42, 0.03)], 6)
            )
        edge = sk.axis(0.90) + xy(bent * sk.half(0.9) * 0.9, 0)
        fold = opened([edge, edge + xy(-bent * 0.09, -0.07), edge + xy(-bent * 0.16, -0.17)], 6)
        lines.append(fold)
        wedges.append(
            np.vstack(
                [
                    fold,
                    opened(
                        [
                            edge + xy(-bent * 0.16, -0.17),
                            edge + xy(-bent * 0.06, -0.09),
                            edge + xy(bent * 0.03, 0.0),
                        ],
                        6,
                    ),
                ]
            )
        )
    layers.inside(
        "torso", wedges, shaded(main), Role.SHADE, opacity=0.6 if outfit.pattern == "plain" else 0.3
    )
    layers.pens("torso", lines, main, 0.6)


def waistband(layers: Layers, sk: Skeleton, outfit: Outfit, palette: Palette) -> None:
    """The ribbed hem of a hoodie or jumper, in one with its torso."""
    cut, end = CUTS[outfit.garment], CUTS[outfit.garment].hem
    if outfit.garment not in ("hoodie", "jumper") or outfit.bottom == "skirt":
        return
    lab = palette.trim if outfit.garment == "hoodie" else toned(palette.main, -3)
    half = sk.half(end) * cut.body
    rib = Tube(np.vstack([sk.axis(end - 0.055), sk.axis(end + 0.03)]), [half, half * 0.99, half * 0.96])
    layers.fill("rib", [rib.outline(0, 1, 0.08)], lab, shade=0.04, cast=0.03)
    ribs = [rib.path([0.1, 0.5, 0.95], [v, v, v]) for v in np.linspace(-0.88, 0.88, 11)]
    layers.pens("rib", ribs, lab, 0.35)
