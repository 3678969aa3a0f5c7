"""What lies over the trunk at the neck: ribs, collars, lapels, a tie, a hood, buttons."""

import numpy as np

from tasks.arrays import Points
from tasks.design.body.garments.torso import collar_line, opening
from tasks.design.body.layers import Layers, toned
from tasks.design.body.outfits import CUTS, WHITE, Outfit, Palette
from tasks.design.body.skeleton import Skeleton
from tasks.design.body.tube import Tube, closed, opened, rounded, xy
from tasks.design.geometry import ellipse
from tasks.perception.analysis import Lab


def hood_behind(layers: Layers, sk: Skeleton, palette: Palette) -> None:
    """A hood lying on the back, seen behind neck and hair."""
    n, w = sk.neck, sk.build.neck_width
    shape = closed(
        [
            n + xy(-w * 2.5, 0.12),
            n + xy(-w * 2.75, -0.06),
            n + xy(-w * 2.1, -0.22),
            n + xy(0, -0.28),
            n + xy(w * 2.1, -0.22),
            n + xy(w * 2.75, -0.06),
            n + xy(w * 2.5, 0.12),
            n + xy(0, 0.25),
        ]
    )
    layers.fill("hood", [shape], toned(palette.main, -9), shade=0.08)


def neckline(layers: Layers, sk: Skeleton, outfit: Outfit, palette: Palette) -> None:
    """The garment's finish at the neck and down its front. Lies over the sleeves."""
    kind = outfit.neckline
    if outfit.garment == "jacket":
        _jacket(layers, sk, outfit, palette)
    elif outfit.garment == "hoodie":
        _hoodie(layers, sk, palette)
    elif kind in ("collar", "open"):
        _shirt(layers, sk, outfit, palette)
    elif kind == "turtleneck":
        _turtleneck(layers, sk, outfit, palette)
    else:
        _rib(layers, sk, outfit, palette)


def _rib(layers: Layers, sk: Skeleton, outfit: Outfit, palette: Palette) -> None:
    wide = {"jumper": 0.042, "t-shirt": 0.032}.get(outfit.garment, 0.024)
    dressy = outfit.garment == "dress" and outfit.neckline == "crew"
    lab = toned(palette.main, -5) if outfit.pattern != "stripes" else palette.trim
    if outfit.pattern == "stripes" and palette.trim[0] > 80:
        lab = palette.main
    line = collar_line(sk, outfit)
    w, dip = opening(sk, outfit)
    if dressy:  # a little round collar
        for s in (-1, 1):
            n = sk.neck
            lobe = closed(
                [
                    n + xy(s * 0.012, dip + 0.012),
                    n + xy(s * w * 0.55, dip * 0.66),
                    n + xy(s * w * 0.97, -0.03),
                    n + xy(s * (w + 0.075), 0.03),
                    n + xy(s * (w + 0.055), dip * 0.85),
                    n + xy(s * w * 0.72, dip + 0.095),
                    n + xy(s * w * 0.30, dip + 0.105),
                    n + xy(s * 0.035, dip + 0.07),
                ]
            )
            layers.fill("collar", [lobe], palette.trim, shade=0.03, cast=0.02)
        return
    tube = Tube(line, [wide] * 4)
    layers.fill("collar", [tube.outline()], lab, shade=0.018, cast=0.012)
    if outfit.garment == "jumper":
        ribs = [tube.path([u, u, u], [-0.8, 0, 0.8]) for u in np.linspace(0.08, 0.92, 13)]
        layers.pens("collar", ribs, lab, 0.35)


def _turtleneck(layers: Layers, sk: Skeleton, outfit: Outfit, palette: Palette) -> None:
    n, (w, dip) = sk.neck, opening(sk, outfit)
    lab = palette.veil if outfit.covered else palette.main
    top = min(-0.03, n[1] - 0.10)
    shape = closed(
        [
            (n[0] - w * 0.98, top),
            (n[0] - w * 0.5, top + 0.04),
            (n[0], top + 0.055),
            (n[0] + w * 0.5, top + 0.04),
            (n[0] + w * 0.98, top),
            (n[0] + w * 1.06, n[1]),
            (n[0] + w * 1.12, n[1] + 0.07),
            (n[0] + w * 0.6, n[1] + dip + 0.03),
            (n[0], n[1] + dip + 0.06),
            (n[0] - w * 0.6, n[1] + dip + 0.03),
            (n[0] - w * 1.12, n[1] + 0.07),
            (n[0] - w * 1.06, n[1]),
        ],
        6,
    )
    layers.fill("collar", [shape], lab, shade=w * 0.3, cast=0.015)
    fold = opened(
        [(n[0] - w * 1.02, n[1] - 0.02), (n[0], n[1] + dip * 0.62), (n[0] + w * 1.02, n[1] - 0.02)], 8
    )
    layers.pens("collar", [fold], lab, 0.6)


def _wing(sk: Skeleton, s: int, w: float, dip: float) -> Points:
    """One side of a shirt's collar: along the neck, over the shoulder's start, to a pointed tip."""
    n = sk.neck
    throat, tip = n + xy(s * 0.012, dip + 0.012), n + xy(s * (w * 0.62 + 0.075), dip + 0.135)
    inner = opened(
        [
            throat,
            n + xy(s * w * 0.45, dip * 0.60),
            n + xy(s * w * 0.80, dip * 0.1),
            n + xy(s * w * 0.97, -0.085),
        ]
    )
    outer = opened(
        [
            n + xy(s * (w + 0.035), -0.075),
            n + xy(s * (w + 0.085), 0.02),
            n + xy(s * (w * 0.85 + 0.085), dip * 0.6),
            tip,
        ]
    )
    under = opened([tip, n + xy(s * (w * 0.40 + 0.03), dip + 0.085), throat])
    return np.vstack([inner, outer, under])


def _shirt(layers: Layers, sk: Skeleton, outfit: Outfit, palette: Palette) -> None:
    w, dip = opening(sk, outfit)
    main, length, bust = palette.main, sk.build.torso, sk.build.torso > 1.8
    polo = outfit.garment in ("t-shirt", "top", "dress")  # buttoned at the throat alone
    stop = 0.36 / length if polo else 1.02 if bust else CUTS[outfit.garment].hem + 0.02
    spine = np.array([sk.axis(u) for u in np.linspace(0.09 / length, stop, 12)])
    placket = Tube(spine, [0.046] * 3).outline()
    layers.fill("placket", [placket], toned(main, 2), outline=0.6, shade=0.010, cast=0.006)
    step = 0.10 / length if polo else 0.15 / min(length, 1.3)
    for u in np.arange((dip + 0.10) / length, stop - 0.04 / length, step):
        _button(layers, sk.axis(float(u)), _contrast(main))
    for s in (-1, 1):
        layers.fill(
            "collar",
            [_wing(sk, s, w, dip)],
            toned(main, 3),
            shade=0.03,
            cast=0.022,
        )


def _contrast(lab: Lab) -> Lab:
    return WHITE if lab[0] < 72 else toned(lab, -22)


def _button(layers: Layers, at: Points, lab: Lab, radius: float = 0.019) -> None:
    layers.fill("button", [ellipse(at, radius)], lab, outline=0.6, shade=0.006, cast=0.006)


def _jacket(layers: Layers, sk: Skeleton, outfit: Outfit, palette: Palette) -> None:
    """Open over a shirt: the shirt's front, a tie if one was seen, and lapels."""
    w, dip = opening(sk, outfit)
    n, end = sk.neck, CUTS["jacket"].hem
    bust = sk.build.torso > 1.8
    closes = 0.34 if bust else 0.56  # where the fronts meet
    formal = outfit.tie or outfit.neckline in ("collar", "open")
    left, right = (
        opened(
            [
                n + xy(s * w * 1.0, 0.0),
                n + xy(s * w * 1.02, 0.20),
                sk.axis(closes) * 0.55 + n * 0.45 + xy(s * 0.13, 0.06),
                sk.axis(closes) + xy(s * 0.012, 0),
            ],
            8,
        )
        if formal
        else opened(
            [
                n + xy(s * w * 0.98, 0.02),
                n + xy(s * 0.17, 0.3),
                sk.axis(0.7) + xy(s * 0.15, 0),
                sk.axis(end) + xy(s * 0.19, 0.045),
            ],
            8,
        )
        for s in (-1, 1)
    )
    inner = palette.inner
    collared = outfit.neckline in ("collar", "open") or outfit.tie
    throat = collar_line(sk, outfit)
    layers.fill("shirt", [np.vstack([left, right[::-1], throat])], inner, outline=0.6, shade=0.05)
    if outfit.tie:
        knot_y = dip - 0.015
        knot = closed(
            [
                n + xy(-0.052, knot_y),
                n + xy(0.052, knot_y),
                n + xy(0.034, knot_y + 0.085),
                n + xy(-0.034, knot_y + 0.085),
            ],
            5,
        )
        tip = min(sk.axis(closes)[1] - n[1] + 0.2, 1.15)
        blade = closed(
            [
                n + xy(-0.030, knot_y + 0.07),
                n + xy(0.030, knot_y + 0.07),
                n + xy(0.062, tip * 0.75),
                n + xy(0.05, tip),
                n + xy(-0.05, tip),
                n + xy(-0.062, tip * 0.75),
            ],
            6,
        )
        layers.fill("tie", [blade], palette.tie, shade=0.03, cast=0.015, clip="shirt")
        layers.fill("knot", [knot], palette.tie, shade=0.02, cast=0.01)
    elif collared:
        for k in range(3 if not bust else 4):
            _button(layers, n + xy(0.004, dip + 0.13 + 0.15 * k), _contrast(inner), 0.015)
    if collared:
        for s in (-1, 1):
            layers.fill(
                "collar",
                [_wing(sk, s, w * 0.94, dip * 0.9)],
                toned(inner, 1),
                shade=0.028,
                cast=0.02,
            )
    _jacket_fronts(layers, sk, palette, w, closes, formal, end)


def _jacket_fronts(
    layers: Layers, sk: Skeleton, palette: Palette, w: float, closes: float, formal: bool, end: float
) -> None:
    n, main, bust = sk.neck, palette.main, sk.build.torso > 1.8
    if formal:
        meet = sk.axis(closes)
        edge = opened([meet, sk.axis((closes + end) / 2) + xy(0.015, 0), sk.axis(end) + xy(0.05, 0.05)], 8)
        layers.pens("torso", [edge], main, 0.9)
        k = 0.30 if bust else 0.26
        for s in (-1, 1):
            lapel = closed(
                [
                    n + xy(s * w * 0.86, -0.045),
                    n + xy(s * (w + 0.06), -0.02),
                    n + xy(s * (w + 0.12), 0.11),
                    n + xy(s * (w + 0.145), k),
                    n + xy(s * (w + 0.09), k + 0.035),
                    n + xy(s * (w + 0.135), k + 0.08),
                    meet * 0.55 + n * 0.45 + xy(s * 0.20, 0.12),
                    meet + xy(s * 0.014, 0.012),
                    meet * 0.55 + n * 0.45 + xy(s * 0.115, 0.03),
                    n + xy(s * w * 0.96, 0.18),
                ],
                6,
            )
            layers.fill("lapel", [lapel], toned(main, 3), shade=0.03, cast=0.03)
        _button(layers, meet + xy(0.035, 0.09), toned(main, -14 if main[0] > 40 else 14), 0.022)
    else:
        for s in (-1, 1):
            wing = np.vstack(
                [
                    opened(
                        [n + xy(s * w * 0.97, -0.08), n + xy(s * w * 0.92, 0.10), n + xy(s * 0.185, 0.29)]
                    ),
                    opened([n + xy(s * (w * 0.6 + 0.10), 0.30), n + xy(s * (w + 0.13), 0.235)]),
                    opened([n + xy(s * (w + 0.125), 0.08), n + xy(s * (w + 0.05), -0.06)]),
                ]
            )
            layers.fill("collar", [wing], toned(main, 4), shade=0.035, cast=0.025)
    if not bust:
        for s in (-1, 1):
            a = sk.axis(0.80) + xy(s * sk.half(0.8) * 0.52, 0)
            layers.pens("torso", [opened([a + xy(-0.12, 0.01), a, a + xy(0.12, 0.01)], 5)], main, 0.9)


def _hoodie(layers: Layers, sk: Skeleton, palette: Palette) -> None:
    """The hood's rolled edge crossing at the throat, cords, and the pouch in front."""
    n, w = sk.neck, sk.build.neck_width * 1.12
    dip = 0.10
    for s in (1, -1):
        line = rounded(
            [
                n + xy(s * w * 1.32, -0.10),
                n + xy(s * w * 1.55, 0.07),
                n + xy(s * w * 0.75, dip + 0.09),
                n + xy(-s * 0.05, dip + 0.15),
            ]
        )
        roll = Tube(line, [0.045, 0.082, 0.088, 0.05])
        layers.fill("roll", [roll.outline(bulge=0.7)], toned(palette.main, 2), shade=0.045, cast=0.03)
        layers.pens("roll", [roll.path([0.25, 0.5, 0.8], [0.2, 0.1, 0.2])], palette.main, 0.45)
    for s in (-1, 1):
        cord = rounded(
            [n + xy(s * 0.085, dip + 0.13), n + xy(s * 0.115, dip + 0.27), n + xy(s * 0.095, dip + 0.40)]
        )
        layers.fill(
            "cord", [Tube(cord, [0.013] * 4).outline(bulge=1)], WHITE, outline=0.6, shade=0.004, cast=0.010
        )


def pouch(layers: Layers, sk: Skeleton, palette: Palette) -> None:
    """A hoodie's front pocket; hands in it are under it."""
    h = sk.half(0.8) * CUTS["hoodie"].body

    def at(u: float, x: float) -> Points:
        return np.asarray(sk.axis(u) + xy(x * h, 0.0))

    shape = closed(
        [
            at(0.62, -0.40),
            at(0.615, 0),
            at(0.62, 0.40),
            at(0.70, 0.54),
            at(0.84, 0.72),
            at(0.885, 0.70),
            at(0.90, 0),
            at(0.885, -0.70),
            at(0.84, -0.72),
            at(0.70, -0.54),
        ],
        6,
    )
    layers.fill("pouch", [shape], toned(palette.main, 1), shade=0.03, cast=0.018)
    seams = [opened([at(0.64, s * 0.36), at(0.72, s * 0.49), at(0.82, s * 0.64)], 6) for s in (-1, 1)]
    layers.pens("pouch", seams, palette.main, 0.45)
