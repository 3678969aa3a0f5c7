"""How headwear sits on a head: its rim, its width, its top and its colors, for templates to be fitted to."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import Mask, Points
from tasks.design.geometry import as_points, blurred, loops_of, median_lab, smoothstep, spline
from tasks.design.head.context import HeadContext
from tasks.design.head.parts import drawn, lab_of
from tasks.design.shapes import Material, Role, Shape
from tasks.face_mesh import BROW_EDGES, FOREHEAD, NOSE_BRIDGE
from tasks.perception.analysis import Lab

OVER_SKULL = 4.0  # head units by which any headwear stands out over the bare skull
BROW_ROOM = 4.0  # head units between the rim and the brows
HIGHEST_RIM = 12.0  # head units above the mesh's forehead
FOREHEAD_SHARE = 0.22  # of the face's width, on each side of the axis: where the rim is measured
WIDEST = 1.3  # a crown is at most so much wider than the skull it sits on
TALLEST = 62.0  # head units of a crown above its rim
SKULL_WIDTH = 0.56  # of the face's width, half
CROWN = 24.0  # head units of a skull above the mesh's forehead
TONE_BLUR = 2.4  # head units
FOLD = (-0.6, 0.9)  # standard deviations from the median: dark and light folds
FOLD_SOFT = 0.3
LEAST_FOLD = 45.0  # square head units
DARK_STEP, LIGHT_STEP = 10.0, 7.0  # L*
DARKEST = 0.38  # no tone takes more of the base's lightness away
OUTLINE = 1.25


@dataclass(frozen=True)
class HatFit:
    """Local coordinates, (side, height) of the head: see `HeadContext.placed`."""

    left: float  # of the crown where it meets the rim
    right: float
    rim: float  # height of the rim at the forehead
    brows: float  # height of the brows: nothing hangs lower before the face
    top: float
    reach: tuple[float, float]  # the mask's own leftmost and rightmost
    facing: float  # -1..1, where the face looks, to the right of the picture
    base: Lab
    dark: Lab
    light: Lab
    line: Lab

    @property
    def middle(self) -> float:
        """Of the crown."""
        return (self.left + self.right) / 2

    @property
    def half(self) -> float:
        """Half the crown's width."""
        return (self.right - self.left) / 2

    @property
    def tall(self) -> float:
        """The crown above its rim."""
        return self.rim - self.top


def fit_hat(context: HeadContext) -> HatFit:
    """The measures of the headwear that the context's person wears."""
    hat = context.worn.seen_hat > 0.5
    side, height = context.side_map, context.height_map
    brows = min(context.height_of(int(edge[2])) for edge, _ in BROW_EDGES)
    forehead = context.height_of(FOREHEAD)
    over = hat & (np.abs(side) < FOREHEAD_SHARE * context.width) & (height < brows)
    lowest = float(np.percentile(height[over], 97)) if over.sum() > 20 else forehead
    rim = float(np.clip(lowest, forehead - HIGHEST_RIM, brows - BROW_ROOM))
    skull = SKULL_WIDTH * context.width + OVER_SKULL
    band = hat & (height > rim - 38) & (height < rim - 20)  # above a brim
    limit = WIDEST * skull
    left, right = -skull, skull
    if band.sum() > 30:
        left = float(np.clip(np.percentile(side[band], 2), -limit, -skull))
        right = float(np.clip(np.percentile(side[band], 98), skull, limit))
    least = forehead - CROWN - OVER_SKULL
    seen_top = float(np.percentile(height[hat], 0.7)) if hat.any() else least
    top = float(np.clip(seen_top, rim - TALLEST, least))
    upper = hat & (height < context.height_of(NOSE_BRIDGE) + 20)
    reach = (left, right)
    if upper.any():
        reach = (float(np.percentile(side[upper], 0.5)), float(np.percentile(side[upper], 99.5)))
    base, dark, light, line = _colors(context, context.worn.seen_hat)
    facing = float(np.clip(context.sheet.yaw, -1, 1))
    return HatFit(left, right, rim, brows, top, reach, facing, base, dark, light, line)


def _colors(context: HeadContext, hat: Mask) -> tuple[Lab, Lab, Lab, Lab]:
    measured = context.sheet.colors.headwear
    own = median_lab(context.sheet.lab, (hat > 0.6) & (context.sheet.inside > 0.5))
    lab = np.array(measured if measured is not None else own if own is not None else (40.0, 0.0, 0.0))
    base = lab * (1, 1.06, 1.06)
    step = min(DARK_STEP, base[0] * DARKEST)
    return (
        lab_of(base),
        lab_of(base - np.array((step, 0, 0))),
        lab_of(base + np.array((min(LIGHT_STEP, 96 - base[0]), 0, 0))),
        lab_of(base * (0.45, 0.8, 0.8)),
    )


def dome(fit: HatFit, *, squareness: float = 2.3, dip: float = 5.0, count: int = 40) -> Points:
    """(N, 2) local: a crown over the skull; its rim hangs `dip` head units lower at the sides."""
    t = np.linspace(np.pi, 2 * np.pi, count)
    cos, sin = np.cos(t), np.sin(t)
    x = np.sign(cos) * np.abs(cos) ** (2 / squareness)
    y = np.sign(sin) * np.abs(sin) ** (2 / squareness)
    upper = np.stack([fit.middle + x * fit.half, fit.rim + dip + y * (fit.tall + dip)], 1)
    return as_points(np.vstack([upper, rim_line(fit, dip)[::-1][1:-1]]))


def rim_line(fit: HatFit, dip: float = 5.0, by: float = 0.0, count: int = 24) -> Points:
    """(N, 2) local, from left to right: the lower edge of a crown, `by` head units lower."""
    x = np.linspace(-1, 1, count)
    shift = 0.25 * fit.facing
    bow = np.clip((x - shift) / (1 + abs(shift)), -1, 1)
    return as_points(np.stack([fit.middle + x * fit.half, fit.rim + by + dip * bow**2], 1))


def part(
    context: HeadContext,
    name: str,
    local: Points,
    lab: Lab,
    role: Role = Role.FILL,
    *,
    clip: str | None = None,
    opacity: float = 1.0,
    cast: float = 0.0,
) -> list[Shape]:
    """A shape of headwear from a loop in local coordinates; fills have outline and shaded side."""
    fills = role is Role.FILL
    return drawn(
        name,
        context.placed(local),
        lab,
        Material.HEADWEAR,
        role,
        clip=clip,
        opacity=opacity,
        outline=OUTLINE if fills else 0.0,
        shade=4.0 if fills else 0.0,
        cast=cast,
    )


def seam(fit: HatFit, loop: Points, clip: str, name: str = "headwear_seam") -> list[Shape]:
    """A line of the pen on headwear; the loop is in head units."""
    return drawn(name, loop, fit.line, Material.HEADWEAR, Role.PEN, clip=clip, opacity=0.7)


def curve(context: HeadContext, *knots: tuple[float, float]) -> Points:
    """(N, 2) head units: a smooth line through local points."""
    return spline(context.placed(knots), closed=False)


def folds(context: HeadContext, fit: HatFit, mask: Mask, clip: str) -> list[Shape]:
    """The photo's own folds in the cloth, as dark and light shapes."""
    within = np.asarray((mask > 0.6) & (context.sheet.inside > 0.5), np.float32)
    if within.sum() < 200:
        return []
    tone = blurred(context.sheet.lab[..., 0], TONE_BLUR, within)
    middle, spread = float(np.median(tone[within > 0])), max(3.0, float(tone[within > 0].std()))
    tone = (tone - middle) / spread
    shapes: list[Shape] = []
    for name, level, lab, role in (
        ("headwear_fold", FOLD[0], fit.dark, Role.SHADE),
        ("headwear_light", FOLD[1], fit.light, Role.LIGHT),
    ):
        soft = FOLD_SOFT if level > 0 else -FOLD_SOFT
        found = smoothstep(tone, level - soft / 2, level + soft / 2) * within
        loops = loops_of(found, blur=1.0, even=5.0, least=LEAST_FOLD)
        shapes += drawn(name, loops, lab, Material.HEADWEAR, role, clip=clip)
    return shapes
