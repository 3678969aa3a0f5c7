"""Brows, in which most of a likeness lies: their shapes are the photo's own."""

import numpy as np

from tasks.arrays import Points
from tasks.design.geometry import (
    area,
    as_points,
    blurred,
    fill,
    hull,
    loops_of,
    median_lab,
    scaled,
    smoothstep,
    spline,
    stroke,
)
from tasks.design.head.context import BROWS, HeadContext
from tasks.design.head.parts import drawn, lab_of
from tasks.design.shapes import Material, Role, Shape
from tasks.face_mesh import BROW_EDGES, LEFT_BROW, RIGHT_BROW
from tasks.perception.analysis import Lab
from tasks.perception.character_sheet import FaceClass

_NAMES = ("brow_right", "brow_left")
_REACH = 1.4  # of the mesh's brow: beyond, what the parser calls a brow is the other one or hair
_CONTRAST = (0.3, 0.6)  # of the brow's own contrast with the skin: from no brow to all brow
_OWN = (0.12, 0.4)  # of the parser's brow: from not at all to wholly
_PALEST = 5.0  # L* between brow and skin below which its shape cannot be read from lightness
_SHORT = 0.55  # of the mesh's brow: a shorter one is a piece of it
_WHOLE = 0.9  # of the mesh's brow: a shorter one lacks its tail
_THICK = 0.28  # area over squared length from which a shape is no brow but hair or shadow
_FEWEST = 27  # pixels of a map that are surely brow
_POINTS = (RIGHT_BROW, LEFT_BROW)
_COLORFUL = 20.0  # chroma: brows have more only if the hair does; the rest is the skin between their hairs
_WHITE = 3.0  # L* above the skin from which brows are white
_WHITER = 12.0  # L* by which their hairs are lighter than what is measured of hairs and skin
_LEAST = 9.0  # L* that a brow is darker than the skin, at the least


def brows(context: HeadContext) -> list[Shape]:
    """Both brows, in one color; one that cannot be read is the other's mirror image."""
    color = brow_color(context)
    read = [_read(context, side) for side in (0, 1)]
    shapes: list[Shape] = []
    for side in (0, 1):
        if _is_far(context, side):
            continue
        loop, other = read[side], read[1 - side]
        if loop is None:
            loop = _mesh_brow(context, side) if other is None else _mirrored(context, other, side)
        shapes += drawn(
            _NAMES[side],
            loop,
            color,
            Material.HAIR,
            Role.PEN,
            clip="head" if abs(context.sheet.yaw) > 0.5 else None,
            opacity=0.95,
        )
    return shapes


def _mirrored(context: HeadContext, loop: Points, side: int) -> Points:
    """The other side's brow, carried over by the affine map between the mesh's two brows."""
    here, there = context.mesh[_POINTS[side]], context.mesh[_POINTS[1 - side]]
    source = np.hstack([there, np.ones((len(there), 1), np.float32)]).astype(np.float64)
    matrix, *_ = np.linalg.lstsq(source, here.astype(np.float64), rcond=None)
    return as_points(np.hstack([loop, np.ones((len(loop), 1), np.float32)]) @ matrix)


def brow_color(context: HeadContext) -> Lab:
    """As measured, a little darker, and darker than the skin in any case."""
    sheet, skin = context.sheet, context.skin
    hair = sheet.colors.hair or lab_of((max(12, skin[0] - 40), 4, 8))
    measured = sheet.colors.brows
    if measured is None:
        measured = _median(context) or (hair[0] * 0.8, hair[1], hair[2])
    if measured[0] > skin[0] + _WHITE:
        return lab_of((measured[0] + _WHITER, measured[1], measured[2]))
    gray = min(1.0, max(_COLORFUL, float(np.hypot(hair[1], hair[2]))) / max(np.hypot(*measured[1:]), 1.0))
    palest = max(10.0, min(skin[0] - _LEAST, 0.5 * (skin[0] + hair[0]) + 6))
    return lab_of((np.clip(measured[0] - 5, 8, palest), measured[1] * gray, measured[2] * gray))


def _median(context: HeadContext) -> Lab | None:
    found = median_lab(context.sheet.lab, context.sheet.share(*BROWS) > 0.6, 24)
    return None if found is None else lab_of(found)


def _is_far(context: HeadContext, side: int) -> bool:
    """In a profile the brow of the far side is not seen."""
    return (context.sheet.yaw < -0.8, context.sheet.yaw > 0.8)[side]


def _read(context: HeadContext, side: int) -> Points | None:
    """The brow's outline, where the photo differs from the skin around it; None if that is no brow's."""
    sheet = context.sheet
    points = context.mesh[_POINTS[side]]
    room = fill(scaled(hull(points), _REACH))
    own = np.asarray(sheet.share(*BROWS) * room, np.float32)
    sure = own > 0.6
    if sure.sum() < _FEWEST:
        return None
    lightness = np.ascontiguousarray(sheet.lab[..., 0])
    ground = blurred(lightness, 6, (sheet.share(FaceClass.SKIN) > 0.6) & (sheet.share(*BROWS) < 0.3))
    contrast = np.abs(ground - blurred(lightness, 0.8))
    own_contrast = float(np.percentile(contrast[sure], 80))
    shape = own
    if own_contrast > _PALEST:
        low, high = (share * own_contrast for share in _CONTRAST)
        shape = np.asarray(smoothstep(contrast, low, high) * smoothstep(own, *_OWN), np.float32)
    for loop in loops_of(shape, blur=0.4, even=1.4, least=18, level=0.42)[:1]:
        length = _length(context, loop)
        if length > _SHORT * _length(context, points) and area(loop) < _THICK * length**2:
            return loop if length > _WHOLE * _length(context, points) else _with_tail(context, side, loop)
    return None


def _with_tail(context: HeadContext, side: int, loop: Points) -> Points:
    """A brow whose thin outer end the parser leaves out, completed along the mesh's."""
    path = _middle_line(context, side)
    inside = (loop @ context.across >= (path @ context.across).min()) & (
        loop @ context.across <= (path @ context.across).max()
    )
    if not inside.any():
        return loop
    nearest = np.abs((loop[inside] @ context.across)[:, None] - (path @ context.across)[None]).argmin(1)
    lower = float(np.mean((loop[inside] - path[nearest]) @ context.down))
    thick = area(loop) / max(_length(context, loop), 1.0)
    tail = stroke(path + lower * context.down, 0.7 * thick, ends=(0.1, 0.5), bulge=0.6)
    whole = loops_of(np.maximum(fill(loop), fill(tail)), blur=0.5, even=2.0, least=9)
    return whole[0] if whole else loop


def _middle_line(context: HeadContext, side: int) -> Points:
    """The mesh's brow from its outer end to the inner one, a curve."""
    upper, lower = (spline(context.mesh[list(edge)], closed=False) for edge in BROW_EDGES[side])
    return as_points((upper + lower) / 2)


def _length(context: HeadContext, points: Points) -> float:
    return float(np.ptp(points @ context.across))


def _mesh_brow(context: HeadContext, side: int) -> Points:
    """A tapered brow along the middle of the mesh's, thickest a third from the nose."""
    upper, lower = (spline(context.mesh[list(edge)], closed=False) for edge in BROW_EDGES[side])
    thick = 0.75 * float(np.linalg.norm(upper - lower, axis=1).mean())
    return stroke((upper + lower) / 2, thick, ends=(0.12, 0.5), bulge=0.62)
