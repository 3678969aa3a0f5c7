"""The mouth: lips in their own color, teeth where they show, and never a black hole."""

import numpy as np

from tasks.arrays import Points
from tasks.design.geometry import ellipse, fill, grown, median_lab, spline, stroke
from tasks.design.head.context import LIPS as LIP_CLASSES
from tasks.design.head.context import HeadContext
from tasks.design.head.parts import drawn, lab_of, skin_pen
from tasks.design.shapes import Material, Role, Shape
from tasks.face_mesh import (
    LIPS,
    LOWER_LIP_BOTTOM,
    LOWER_LIP_EDGE,
    LOWER_LIP_INNER_EDGE,
    MOUTH_BOTTOM,
    MOUTH_CORNERS,
    MOUTH_TOP,
    UPPER_LIP_EDGE,
    UPPER_LIP_INNER_EDGE,
)
from tasks.perception.analysis import Lab
from tasks.perception.character_sheet import FaceClass

_OPEN = 2.0  # head units between the lips from which a mouth is open
_WIDE_OPEN = 9.0  # from which a tongue may show
_INSIDE: Lab = (26.0, 26.0, 14.0)  # a dark warm red
_TONGUE: Lab = (48.0, 36.0, 17.0)
_TEETH = 24.0  # L* above the skin
_WHITEST = 92.0
_LIGHTEST, _WHITEST_SEEN = (
    75,
    84.0,
)  # percentile of a mouth's pixels that is teeth; L* of seen teeth at the most
_BRIGHT = 0.72  # of the skin's lightness: what is lighter inside a mouth is teeth
_RED = (-11.0, 12.0, 3.0)  # of lips against the skin
_RED_SMALL = (-7.0, 11.0, 3.0)
_THICK = (0.6, 1.15)  # how far the parser may thin or thicken the mesh's lips
_UNSEEN = 0.2  # of a lip: less is seen where a beard hides it, and says nothing
_OWN = 0.65  # of the lips' measured color; the rest is the skin's red
_OWN_SMALL = 0.45


def mouth(context: HeadContext) -> list[Shape]:
    """Nothing where a hand or a thing hides it."""
    if context.mouth_hidden:
        return []
    lip = lip_color(context)
    gap = float(np.linalg.norm(context.mesh[MOUTH_TOP] - context.mesh[MOUTH_BOTTOM]))
    shapes = _inside(context, gap) if gap > _OPEN else []
    upper_outer, upper_inner = _lip(context, UPPER_LIP_EDGE, UPPER_LIP_INNER_EDGE, FaceClass.UPPER_LIP)
    lower_outer, lower_inner = _lip(context, LOWER_LIP_EDGE, LOWER_LIP_INNER_EDGE, FaceClass.LOWER_LIP)
    upper, lower = (
        np.vstack([outer, inner[::-1]])
        for outer, inner in ((upper_outer, upper_inner), (lower_outer, lower_inner))
    )
    lightness, a, b = lip
    shapes += drawn("lip_upper", upper, (lightness - 4, a + 1, b), Material.FEATURE, clip="head")
    shapes += drawn("lip_lower", lower, (lightness + 1, a, b), Material.FEATURE, clip="head")
    middle = (context.mesh[MOUTH_BOTTOM] + context.mesh[LOWER_LIP_BOTTOM]) / 2
    tilt = float(np.arctan2(context.across[1], context.across[0]))
    shapes += drawn(
        "lip_light",
        ellipse(middle, 4.5, 0.9, angle=tilt, count=20),
        (lightness + 9, a - 3, b),
        Material.FEATURE,
        Role.LIGHT,
        clip="lip_lower",
        opacity=0.45,
    )
    return shapes + _lines(context, lip, gap, upper_inner, lower_inner)


def lip_color(context: HeadContext) -> Lab:
    """The measured one, drawn towards a redder tone of the skin, and darker than the skin."""
    natural = np.array(context.tone(*(_RED_SMALL if context.age.small else _RED)))
    measured = context.sheet.colors.lips
    found = np.array(measured) if measured is not None else _median(context)
    own = _OWN_SMALL if context.age.small else _OWN
    mixed = natural if found is None else own * found + (1 - own) * natural
    return lab_of((min(float(mixed[0]), context.skin[0] - 5), mixed[1], mixed[2]))


def _median(context: HeadContext) -> np.ndarray | None:
    seen = context.sheet.share(*LIP_CLASSES) * fill(spline(context.mesh[LIPS]))
    return median_lab(context.sheet.lab, seen > 0.6, 16)


def _lip(
    context: HeadContext, edge: tuple[int, ...], inner_edge: tuple[int, ...], kind: FaceClass
) -> tuple[Points, Points]:
    """A lip's outer and inner edge: the mesh's, as thick as the parser sees the lip."""
    outer, inner = _curve(context, edge), _curve(context, inner_edge)
    whole = fill(np.vstack([outer, inner[::-1]]))
    seen = float((context.sheet.share(kind) * grown(whole, 5)).sum())
    thick = float(np.clip(seen / max(float(whole.sum()), 1.0), *_THICK))
    if seen < _UNSEEN * float(whole.sum()):
        thick = 1.0
    return np.asarray(inner + (outer - inner) * np.float32(thick), np.float32), inner


def _curve(context: HeadContext, points: tuple[int, ...]) -> Points:
    return spline(context.mesh[list(points)], closed=False)


def _inside(context: HeadContext, gap: float) -> list[Shape]:
    upper, lower = _curve(context, UPPER_LIP_INNER_EDGE), _curve(context, LOWER_LIP_INNER_EDGE)
    inner = np.vstack([upper, lower[::-1]])
    shapes = drawn("mouth", inner, _INSIDE, Material.FEATURE, clip="head")
    pixels = fill(inner) > 0.7
    bright, seen = 0.7, 0.0
    if pixels.sum() > 6:
        level = max(context.skin[0] * _BRIGHT, 45)
        inner_lab = context.sheet.lab[pixels]
        # A tongue is as light as teeth, and redder than skin.
        bright = float(((inner_lab[:, 0] > level) & (inner_lab[:, 1] < context.skin[1])).mean())
        seen = float(np.percentile(inner_lab[:, 0], _LIGHTEST))
    reach = float(np.clip(bright + 0.2, 0.35, 0.98))
    if gap > _WIDE_OPEN and reach < 0.7:
        tongue = ellipse(context.mesh[MOUTH_BOTTOM] - 1.5 * context.down, 9, 4.2)
        shapes += drawn("tongue", tongue, _TONGUE, Material.FEATURE, clip="mouth")
    teeth = np.vstack([upper, (lower * reach + upper * (1 - reach))[::-1]])
    white = (max(min(_WHITEST, context.skin[0] + _TEETH), min(seen, _WHITEST_SEEN)), 0, 4)
    return shapes + drawn("teeth", teeth, white, Material.FEATURE, clip="mouth")


def _lines(context: HeadContext, lip: Lab, gap: float, upper: Points, lower: Points) -> list[Shape]:
    """Between the lips, at the corners, below the lower lip."""
    pen = context.age.pen
    dark = (lip[0] - 23, lip[1], lip[2])
    shut = stroke((upper + lower) / 2, 1.8, ends=(0.35, 0.35))
    between = stroke(upper[::2], 1.0) if gap > _OPEN else shut
    shapes = drawn("lip_line", between, dark, Material.FEATURE, Role.PEN, clip="head")
    if context.age.small:
        return shapes
    under = context.mesh[[83, 18, 313]] + 2.2 * context.down
    shapes += skin_pen(
        "lip_under", stroke(spline(under, closed=False), 1.5 * pen), context.tone(-11, 4, 2), 0.7 * pen
    )
    if gap > _OPEN:
        for corner, out in zip(MOUTH_CORNERS, (-1.0, 1.0), strict=True):
            at, across, down = context.mesh[corner], context.across * out, context.down
            line = spline(
                [at + across - 2.2 * down, at + 2.6 * across, at + 1.6 * across + 2.4 * down], closed=False
            )
            shapes += skin_pen("mouth_corner", stroke(line, 1.2 * pen), context.tone(-15, 7, 3), 0.8)
    return shapes
