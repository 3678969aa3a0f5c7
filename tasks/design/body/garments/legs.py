"""Legs and trousers, standing and walking."""

import numpy as np

from tasks.arrays import Points
from tasks.design.body.garments.arms import SIDES
from tasks.design.body.garments.shoes import foot
from tasks.design.body.layers import Layers, shaded, toned
from tasks.design.body.outfits import Outfit, Palette
from tasks.design.body.skeleton import Skeleton
from tasks.design.body.tube import Tube, closed, opened, rounded, union, xy
from tasks.design.shapes import Material, Role

_SHORTS = 0.50  # of the leg
_TROUSERS = 0.965


def legs(layers: Layers, sk: Skeleton, outfit: Outfit, palette: Palette) -> float:
    """Both legs with shoes, and trousers or shorts over them. Returns the y of the ground."""
    tubes = [_leg(sk, i) for i in (0, 1)]
    cloth = outfit.bottom in ("trousers", "shorts") and outfit.garment != "dress"
    hidden = (cloth and outfit.bottom == "trousers") or outfit.long_hem
    ground = 0.0
    for i, tube in enumerate(tubes):
        side, s = SIDES[i], (-1.0, 1.0)[i]
        if not hidden:
            _bare(layers, sk, tube, side, outfit, palette)
        toe = s * sk.pose.toes[i]
        low = foot(layers, sk, sk.sides[i].ankle, f"shoe_{side}", toe, sk.pose.heels[i], outfit, palette)
        ground = max(ground, low)
    if cloth:
        _trousers(layers, sk, tubes, outfit, palette)
    return ground


def _leg(sk: Skeleton, i: int) -> Tube:
    """Thigh, knee, a calf with some life, ankle."""
    b, j = sk.build, sk.sides[i]
    line = rounded([j.hip + xy(0, -0.12), j.hip, j.knee, j.ankle])
    lw, an = b.leg, b.ankle
    return Tube(line, [lw * 1.04, lw * 1.05, lw * 0.88, lw * 0.70, lw * 0.72, an * 1.04, an * 0.96])


def _bare(layers: Layers, sk: Skeleton, leg: Tube, side: str, outfit: Outfit, palette: Palette) -> None:
    name, lab = f"leg_{side}", palette.skin
    layers.fill(name, [leg.outline()], lab, Material.SKIN, shade=sk.build.leg * 0.36, cast=0.015)
    knee = leg.path([0.585, 0.605, 0.60, 0.585], [-0.5, -0.1, 0.25, 0.45])
    layers.pens(name, [knee], lab, 0.5, Material.SKIN)
    if outfit.socks:
        an = sk.build.ankle
        sock = Tube(leg.side(0, 0.80, 1), [an * 1.14, an * 1.10, an * 1.06])
        layers.fill(f"sock_{side}", [sock.outline()], palette.socks, shade=an * 0.4, cast=0.012)
        layers.pens(f"sock_{side}", [sock.end(0.22, 0.1)], palette.socks, 0.5)


def _trousers(layers: Layers, sk: Skeleton, tubes: list[Tube], outfit: Outfit, palette: Palette) -> None:
    b, lab, short = sk.build, palette.bottom, outfit.bottom == "shorts"
    lw, an = b.leg, b.ankle
    pelvis, hip = sk.pelvis, b.hip * 1.02
    pieces = []
    for tube in tubes:
        end = _SHORTS if short else _TROUSERS
        widths = (
            [lw * 1.10, lw * 1.16, lw * 1.16, lw * 1.18]
            if short
            else [lw * 1.12, lw * 1.14, lw * 1.00, lw * 0.82, lw * 0.78, an * 1.22, an * 1.36]
        )
        pieces.append(Tube(tube.side(0, 0, end), widths))
    turn = np.deg2rad(sk.pose.hips)

    def lean(x: float, y: float) -> Points:
        return np.asarray(pelvis + xy(x * np.cos(turn), y + x * np.sin(turn)))

    seat = closed(
        [
            lean(-hip * 0.88, -0.26),
            lean(0, -0.26),
            lean(hip * 0.88, -0.26),
            lean(hip * 1.0, -0.04),
            lean(hip * 0.80, 0.10),
            lean(0, 0.12),
            lean(-hip * 0.80, 0.10),
            lean(-hip * 1.0, -0.04),
        ],
        8,
    )
    back = 0 if sk.pose.heels[0] > 10 else None
    bulge = 0.16 if short else 0.22
    if back is not None:  # the trailing leg is a piece of its own, in the shade of the other
        layers.fill(
            "trouser_back", [pieces[back].outline(0, 1, bulge)], toned(lab, -5), shade=lw * 0.5, cast=0.02
        )
        _leg_folds(layers, "trouser_back", pieces[back], -1.0, short, palette)
    front = [p.outline(0, 1, bulge) for k, p in enumerate(pieces) if k != back]
    layers.fill("trousers", union([*front, seat]), lab, shade=lw * 0.44, cast=0.03)
    for k, piece in enumerate(pieces):
        if k != back:
            _leg_folds(layers, "trousers", piece, (-1.0, 1.0)[k], short, palette)
    crotch = pelvis + xy(0.0, 0.11)
    fly = opened([lean(0.0, -0.2), lean(0.012, -0.05), crotch], 6)
    pockets = [
        opened([lean(s * hip * 0.60, -0.21), lean(s * hip * 0.70, -0.08), lean(s * hip * 0.98, -0.01)], 6)
        for s in (-1, 1)
    ]
    layers.pens("trousers", [fly, *pockets], lab, 0.65)
    _between(layers, sk, crotch, pieces, lab, back)


def _between(
    layers: Layers,
    sk: Skeleton,
    crotch: Points,
    pieces: list[Tube],
    lab: tuple[float, float, float],
    back: int | None,
) -> None:
    """Folds fanning from the crotch; and where thighs touch, the line that keeps them two."""
    fans = [
        opened([crotch + xy(-s * 0.01, -0.01), crotch + xy(s * 0.07, 0.0), crotch + xy(s * 0.14, -0.035)], 5)
        for s in (-1, 1)
    ]
    layers.pens("trousers", fans, lab, 0.5)
    if back is None:
        left, right = pieces[0].side(1.0, 0.2, 0.8, 30), pieces[1].side(-1.0, 0.2, 0.8, 30)
        inner = (
            left
            if left[:, 0].mean() > pieces[0].side(-1.0, 0.2, 0.8, 30)[:, 0].mean()
            else pieces[0].side(-1.0, 0.2, 0.8, 30)
        )
        other = (
            right
            if right[:, 0].mean() < pieces[1].side(1.0, 0.2, 0.8, 30)[:, 0].mean()
            else pieces[1].side(1.0, 0.2, 0.8, 30)
        )
        touch = [(a + b) / 2 for a, b in zip(inner, other, strict=True) if a[0] > b[0] - 0.012]
        below = [p for p in touch if p[1] > crotch[1] - 0.01]
        if len(below) > 2:
            layers.pens("trousers", [np.vstack([crotch, *below])], lab, 0.9)


def _leg_folds(layers: Layers, name: str, leg: Tube, s: float, short: bool, palette: Palette) -> None:
    lab = palette.bottom
    if short:
        layers.pens(name, [leg.end(0.90, 0.16)], lab, 0.5)
        layers.pens(name, [leg.path([0.35, 0.45, 0.5], [s * 0.9, s * 0.5, s * 0.2])], lab, 0.5)
        return
    knee = [
        leg.path([0.575, 0.595, 0.60], [-0.85, -0.4, 0.0]),
        leg.path([0.615, 0.63, 0.63], [0.9, 0.5, 0.15]),
    ]
    ankle = [
        leg.path([0.865, 0.895, 0.90], [-0.95, -0.4, 0.25]),
        leg.path([0.93, 0.945, 0.935], [0.95, 0.4, -0.15]),
    ]
    layers.pens(name, [*knee, *ankle], lab, 0.55)
    wedge = np.vstack([ankle[0], leg.path([0.90, 0.93, 0.88], [0.25, -0.4, -1.0])])
    layers.inside(name, [wedge], shaded(lab), Role.SHADE)
    layers.pens(name, [leg.end(0.965, 0.22)], lab, 0.45)
