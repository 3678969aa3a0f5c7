"""Veils and hoods: cloth that frames the face and falls over neck and shoulders."""

import numpy as np
from numpy.typing import ArrayLike

from tasks.arrays import Mask, Points
from tasks.design.geometry import (
    area_of,
    closed,
    fill,
    grown,
    loops_of,
    median_lab,
    parts_touching,
    shrunk,
    spline,
    stroke,
)
from tasks.design.head.context import HeadContext
from tasks.design.head.headwear_fit import OUTLINE, HatFit, curve, folds
from tasks.design.head.parts import drawn, skin_shadow
from tasks.design.shapes import Material, Role, Shape
from tasks.face_mesh import FOREHEAD
from tasks.perception.character_sheet import FaceClass

LEAST_BESIDE = 380.0  # square head units of cloth beside the face from which it is a veil
LEAST_BELOW = 280.0  # of cloth below the chin
ONE_SIDE = (120.0, 900.0)  # the same of a veil that lies on one side of the face
SAME_CLOTH = 20.0  # Lab: cloth beside the face within so much of the veil's color belongs to it
BESIDE = 120.0  # square head units on a side of the face: the veil frames that side
UNDER_CHIN = 0.2  # of the face's width beside the axis: where a closed veil lies under the chin
NECK_SEEN = 80.0  # square head units of bare neck: the veil is open in front
SHOULDER = (58.0, 40.0)  # half width, depth below the chin of the drape on the shoulders
OVER = 7.0  # head units by which cloth stands out over the skull


def is_veil(context: HeadContext) -> bool:
    """Whether the headwear goes on as cloth of its color beside the face and down to the shoulders."""
    hat = context.worn.seen_hat > 0.5
    color = median_lab(context.sheet.lab, hat & (context.sheet.inside > 0.5))
    if color is None:
        return False
    cloth = _cloth(context, color) > 0.5
    beside = area_of(cloth & (context.height_map > -60) & (context.height_map < -5))
    below = area_of(cloth & (context.height_map > -5))
    return (beside > LEAST_BESIDE and below > LEAST_BELOW) or (beside > ONE_SIDE[0] and below > ONE_SIDE[1])


def veil_back(context: HeadContext, fit: HatFit) -> list[Shape]:
    """The cloth behind the head and the neck."""
    return drawn(
        "headwear_back",
        spline(context.placed(_outer(context, fit))),
        fit.dark,
        Material.HEADWEAR,
        outline=OUTLINE,
    )


def veil(context: HeadContext, fit: HatFit, *, hood: bool = False) -> list[Shape]:
    """Cloth with an opening for the face; the neck is covered unless it was seen bare."""
    mask = veil_mask(context, fit, hood=hood)
    loops = loops_of(mask, blur=1.4, even=7.0, least=150)
    cast = grown(mask, 6) * (context.height_map < 0)
    shapes = skin_shadow("headwear_cast", loops_of(cast, blur=1.2, even=6.0), context.tone(-11, 4, 2), 0.7)
    shapes += drawn("headwear", loops, fit.base, Material.HEADWEAR, outline=OUTLINE, shade=4.0, cast=4.0)
    shapes += folds(context, fit, np.minimum(mask, _cloth(context, fit.base)), "headwear")
    return shapes + _creases(context, fit)


def veil_mask(context: HeadContext, fit: HatFit, *, hood: bool = False) -> Mask:
    """HxW: the cloth in front."""
    outer = fill(spline(context.placed(_outer(context, fit))))
    seen = _cloth(context, fit.base)
    sides = [
        area_of(
            (seen > 0.5)
            & (context.side_map * sign > 0)
            & (context.height_map > -75)
            & (context.height_map < -8)
        )
        for sign in (-1, 1)
    ]
    neck = context.sheet.share(FaceClass.NECK) * (context.height_map > -4)
    opening = np.maximum(context.face, context.worn.seen_hair)
    opening = closed(opening, 14)
    under = (np.abs(context.side_map) < UNDER_CHIN * context.width) & (context.height_map > 3)
    under &= (context.height_map < 20) & (context.sheet.inside > 0.5)
    covered = area_of(under & (seen > 0.5)) > 0.5 * area_of(under)
    is_open = hood or area_of(neck) > NECK_SEEN or min(sides) < BESIDE or not covered
    if is_open:
        lower = np.asarray(
            (np.abs(context.side_map) < context.width * (0.3 + 0.006 * np.maximum(context.height_map, -10)))
            & (context.height_map > -14)
            & (context.height_map < 60),
            np.float32,
        )
        opening = np.maximum(opening, closed(np.maximum(neck, lower), 8))
    else:
        opening = opening * (context.height_map < 1.5)
        opening = shrunk(opening, 2)
    for sign, area in zip((-1, 1), sides, strict=True):
        if area < BESIDE and not hood:  # that side of the face is free: the cloth hangs behind it
            free = (context.side_map * sign > 0.15 * context.width) & (context.height_map > fit.rim - 4)
            outer = outer * (1 - free * (seen < 0.5))
    return np.asarray(
        np.maximum(outer, seen * (context.height_map < SHOULDER[1])) * (opening < 0.5), np.float32
    )


def _cloth(context: HeadContext, color: ArrayLike) -> Mask:
    """HxW: the headwear as seen, with the cloth below it that has its color."""
    sheet, hat = context.sheet, context.worn.seen_hat
    near = np.linalg.norm(sheet.lab - np.asarray(color, np.float32), axis=-1) < SAME_CLOTH
    cloth = sheet.share(FaceClass.CLOTH) * near * (context.height_map < SHOULDER[1])
    cloth = cloth * (np.abs(context.side_map) < 0.95 * context.width)
    both = np.maximum(hat, np.asarray(cloth, np.float32))
    return closed(parts_touching(both, grown(hat > 0.5, 4), 0.4), 6)


def _outer(context: HeadContext, fit: HatFit) -> Points:
    """(N, 2) local knots: over the crown, in at the neck, out over the shoulders."""
    w, m = fit.half + 2.0, fit.middle
    wide, deep = SHOULDER
    top = min(fit.top, context.height_of(FOREHEAD) - 24 - OVER)
    right = [
        (m + 0.5 * w, top + 3.5),
        (m + 0.88 * w, top + 21),
        (m + 1.04 * w, fit.rim + 8),
        (m + 1.04 * w, fit.rim + 40),
        (m + 0.98 * w, -14),
        (m + 1.02 * w, 6),
        (wide * 0.94, 22),
        (wide, deep - 6),
        (0.5 * wide, deep + 6),
    ]
    left = [(2 * m - x if abs(x - m) < 1.5 * w and y < 8 else -x, y) for x, y in right]
    return np.asarray([(m, top), *right, (0, deep + 9), *left[::-1]], np.float32)


def _creases(context: HeadContext, fit: HatFit) -> list[Shape]:
    """Lines of the drape under the chin and beside the face."""
    m, w = fit.middle, fit.half
    lines = (
        ((m - 0.72 * w, fit.rim + 22), (m - 0.8 * w, -34), (m - 0.5 * w, -2), (m + 0.1 * w, 12)),
        ((m + 0.72 * w, fit.rim + 26), (m + 0.82 * w, -30), (m + 0.62 * w, 2), (m + 0.1 * w, 18)),
        ((m - 0.86 * w, -8), (m - 0.55 * w, 14), (m + 0.2 * w, 28)),
        ((m + 0.9 * w, -2), (m + 0.7 * w, 18), (m + 0.55 * w, 34)),
        ((m - 0.4 * w, fit.top + 9), (m - 0.78 * w, fit.rim - 6), (m - 0.86 * w, fit.rim + 18)),
    )
    shapes: list[Shape] = []
    for knots in lines:
        loop = stroke(curve(context, *knots), 1.5, ends=(0.1, 0.1), bulge=0.45)
        shapes += drawn(
            "headwear_crease", loop, fit.line, Material.HEADWEAR, Role.PEN, clip="headwear", opacity=0.7
        )
    return shapes
