"""Arms, sleeves and hands."""

from collections.abc import Callable

import numpy as np

from tasks.arrays import Points
from tasks.design.body.hands import HANDS, Hand
from tasks.design.body.layers import Layers, Seam, shaded, toned
from tasks.design.body.outfits import CUTS, Outfit, Palette
from tasks.design.body.pattern import outlined, patterned
from tasks.design.body.skeleton import Skeleton
from tasks.design.body.tube import Tube, opened, rounded, union, xy
from tasks.design.geometry import ellipse
from tasks.design.shapes import Material, Role

SIDES = ("right", "left")  # the person's own, by the picture's left and right
_SHORT = 0.40  # of the arm: where a short sleeve ends
_LONG = 0.97


def arm(layers: Layers, sk: Skeleton, i: int, outfit: Outfit, palette: Palette) -> None:
    """One arm with its hand and sleeve; long sleeves lie over the hand's wrist, short ones over the arm."""
    b, j, side, s = sk.build, sk.sides[i], SIDES[i], (-1.0, 1.0)[i]
    inner = j.shoulder * 0.82 + sk.neck * 0.18 + xy(0, 0.02)
    line = rounded([inner, j.shoulder, j.elbow, j.wrist], cut=0.19)
    limb = Tube(line, [b.arm * 0.8, b.arm * 0.92, b.arm * 0.86, b.arm * 0.80, b.wrist * 1.04, b.wrist * 0.92])
    hand = _hand(sk, i, limb)
    name = f"hand_{side}" if outfit.long_sleeves else f"arm_{side}"
    bare = limb.outline(0.86 if outfit.long_sleeves else 0.27, 1.0)
    if hand is not None:
        loops = union([bare, *hand.loops, ellipse(limb.at(1.0, 0.0), b.wrist * 1.02)])
        layers.fill(name, loops, palette.skin, Material.SKIN, shade=b.wrist * 0.40, cast=0.02)
        layers.pens(name, hand.lines, palette.skin, 0.55, Material.SKIN)
    elif not outfit.long_sleeves:
        layers.fill(name, [bare], palette.skin, Material.SKIN, shade=b.wrist * 0.40, cast=0.02)
    if not outfit.long_sleeves:
        _crease(layers, name, limb, s, sk.pose.arms[i], palette)
    _sleeve(layers, sk, i, limb, outfit, palette)


def _hand(sk: Skeleton, i: int, limb: Tube) -> Hand | None:
    kind, s = sk.pose.hands[i], (-1.0, 1.0)[i]
    if kind not in HANDS:
        return None
    wrist = limb.at(1.0, 0.0)
    aim = limb.ahead(1.0)
    degrees = float(np.rad2deg(np.arctan2(aim[1], aim[0])))
    size, flip = sk.build.hand, -s
    if kind == "open":
        size, flip = size * 1.12, s
    elif kind == "relaxed":
        degrees += s * 6  # the fingers hang a little inward
    elif kind == "hip":
        degrees += s * -12
    elif kind == "hold":
        degrees = 180.0 if s > 0 else 0.0
        degrees += s * 14
    return HANDS[kind].placed(wrist, degrees, size, flip)


def _crease(
    layers: Layers, name: str, limb: Tube, s: float, angles: tuple[float, float], palette: Palette
) -> None:
    """Inside a bent elbow of a bare arm."""
    bend = angles[1] - angles[0]
    if abs(bend) > 25:
        v = s if bend > 0 else -s
        line = limb.path([0.60, 0.61, 0.60], [v * 0.95, v * 0.55, v * 0.2])
        layers.pens(name, [line], palette.skin, 0.55, Material.SKIN)


def _sleeve(layers: Layers, sk: Skeleton, i: int, limb: Tube, outfit: Outfit, palette: Palette) -> None:
    b, side, s = sk.build, SIDES[i], (-1.0, 1.0)[i]
    name, loose = f"sleeve_{side}", CUTS[outfit.garment].sleeve
    aw, ww, up = b.arm, b.wrist, sk.pose.arms[i][0] > 80
    under = _underarm(limb, sk, s)
    if outfit.long_sleeves:
        widths = [
            aw * 0.80,
            aw * 1.04,
            aw * loose * 0.90,
            aw * loose * 0.84,
            ww * loose * 1.12,
            ww * loose * 1.16,
        ]
        sleeve = Tube(limb.side(0, 0.0, _LONG), widths)
        bulge = 0.12
    else:
        widths = [aw * 0.80, aw * 1.04, aw * loose * 0.96, aw * loose * 1.06]
        sleeve = Tube(limb.side(0, 0.0, _SHORT), widths)
        bulge = 0.20
    loop, seam = _set_in(sleeve, under, up, bulge, outfit.long_sleeves)
    layers.fill(
        name, [loop], palette.main, outline=outlined(outfit.pattern), shade=aw * 0.42, cast=0.028, seam=seam
    )
    patterned(layers, name, outfit.pattern, sleeve, palette.trim)
    if outfit.pattern != "plain":
        v = 1.0 if sleeve.normal[30] @ np.array([0.8, 0.6]) > 0 else -1.0
        edge = np.vstack([sleeve.side(v * 0.5, 0.45, 1.0), sleeve.side(v * 1.2, 0.3, 1.0)[::-1]])
        layers.inside(name, [edge], shaded(shaded(palette.main)), Role.SHADE, opacity=0.38)
    _sleeve_folds(layers, name, sleeve, under, up, outfit, palette)
    if outfit.long_sleeves:
        _cuff(layers, side, sleeve, outfit, palette)
    else:
        layers.pens(name, [sleeve.end(0.90, bulge)], palette.main, 0.5)


def _set_in(sleeve: Tube, under: float, up: bool, bulge: float, long: bool) -> tuple[Points, Seam]:
    """A sleeve's outline, cut at the armhole from shoulder to armpit, and where it hides its edge."""
    top, pit = (0.03, 0.16) if long else (0.06, 0.36)
    if up:
        pit *= 0.9
    hole = opened(
        [sleeve.at(pit, under * 1.02), sleeve.at((top + pit) * 0.40, under * 0.25), sleeve.at(top, -under)], 8
    )
    loop = np.vstack(
        [
            sleeve.side(-under, top, 1.0),
            sleeve.end(1.0, bulge)[:: -int(under)],
            sleeve.side(under, pit, 1.0)[::-1],
            hole,
        ]
    )
    ends = sleeve.at(pit, under), sleeve.at(top, -under)
    return loop, ((ends[0] + ends[1]) / 2, 0.5 * float(np.hypot(*(ends[1] - ends[0]))))


def _underarm(limb: Tube, sk: Skeleton, s: float) -> float:
    """Which side of the tube (v) faces the ribs."""
    return 1.0 if limb.normal[8] @ np.array([-s, 0.6]) > 0 else -1.0


def _sleeve_folds(
    layers: Layers, name: str, sleeve: Tube, under: float, up: bool, outfit: Outfit, palette: Palette
) -> None:
    main = palette.main
    if not outfit.long_sleeves:
        layers.pens(
            name, [sleeve.path([0.62, 0.70, 0.74], [under * 0.9, under * 0.5, under * 0.15])], main, 0.5
        )
        return
    path: Callable[[list[float], list[float]], Points] = sleeve.path
    elbow = [
        path([0.56, 0.535, 0.50], [under * 0.98, under * 0.5, -under * 0.05]),
        path([0.61, 0.60, 0.585], [under * 0.98, under * 0.6, under * 0.2]),
        path([0.80, 0.825, 0.83], [-under * 0.95, -under * 0.4, under * 0.1]),
    ]
    if not up:
        elbow.append(path([0.30, 0.25, 0.19], [under * 0.8, under * 0.35, -under * 0.1]))
    layers.pens(name, elbow, main, 0.6)
    wedge = np.vstack(
        [
            path([0.56, 0.535, 0.50], [under * 0.98, under * 0.5, -under * 0.05]),
            path([0.50, 0.57, 0.60], [-under * 0.05, under * 0.45, under * 1.0]),
        ]
    )
    layers.inside(name, [wedge], shaded(main), Role.SHADE, opacity=0.8 if outfit.pattern == "plain" else 0.35)


def _cuff(layers: Layers, side: str, sleeve: Tube, outfit: Outfit, palette: Palette) -> None:
    name, lab = f"cuff_{side}", palette.main
    ribbed = outfit.garment in ("hoodie", "jumper")
    if outfit.garment == "jacket":
        lab = palette.inner  # the shirt's cuff looks out
    elif outfit.garment == "hoodie":
        lab = palette.trim
    start = 0.95 if outfit.garment == "jacket" else 0.90
    width = sleeve.width(0.97) * (0.86 if outfit.garment in ("hoodie", "jumper", "jacket") else 1.06)
    cuff = Tube(
        np.vstack([sleeve.at(start, 0.0), sleeve.at(1.0, 0.0) + sleeve.ahead(1.0) * 0.025]), [width] * 3
    )
    layers.fill(name, [cuff.outline(0, 1, 0.12)], toned(lab, -2), shade=0.025, cast=0.012)
    if ribbed:
        ribs = [cuff.path([0.15, 0.5, 0.9], [v, v, v]) for v in (-0.6, -0.2, 0.2, 0.6)]
        layers.pens(name, ribs, toned(lab, -2), 0.35)
