"""The photo's light on the face, as three crisp tones relative to the person's own skin."""

import cv2
import numpy as np

from tasks.arrays import BoolMask, Mask, Plane
from tasks.design.geometry import (
    blurred,
    ellipse,
    fill,
    grown,
    hull,
    loops_of,
    smoothstep,
    spline,
    stroke,
)
from tasks.design.head.context import BARE, BROWS, EYES, MOUTH, TURNED, HeadContext
from tasks.design.head.parts import drawn
from tasks.design.shapes import Role, Shape
from tasks.face_mesh import BLUSH_CHEEKS, LEFT_BROW, LEFT_EYE, RIGHT_BROW, RIGHT_EYE
from tasks.perception.character_sheet import UNIT, FaceClass

_FINE, _CALM = 0.9, 1.8  # head units by which the light is blurred, at the features and away from them
_FINE_YOUNG, _CALM_YOUNG = 1.6, 3.4
_MODELED_YOUNG = 0.9  # of what models the features
_SLOPE = 0.75  # of the slope of light over the whole head is kept; all of what models the features
_SLOPE_YOUNG = 0.5
# Of what models a head away from its features; skin that shines is stained by its lights.
_UNEVEN_AWAY, _UNEVEN_AWAY_YOUNG, _UNEVEN_AWAY_SHINING = 0.9, 0.4, 0.7
# Each tone: from how far below (or above) the skin's own L*, the nearest and the farthest it is drawn.
_SHADE, _DEEP, _LIGHT = (-4.5, 6.0, 11.0), (-13.0, 13.0, 22.0), (5.0, 3.5, 7.0)
_DEEPEST_YOUNG = 13.0
_LEAST_CLOSE, _LEAST_AWAY, _LEAST_AWAY_YOUNG = 9.0, 200.0, 420.0  # square head units: less is a stain
_LIT_SIDE = 3.0  # L* of the skin above the face's median from which it is the lit side's
_DIM = 60.0  # L* of skin from which it is the median anyhow
_MOST_LIT = 4.0  # L* of that which is believed
_FEWEST = 300  # map pixels of bare skin from which a light is fitted
_RIDGE = 1e-3  # of the number of pixels: keeps the cubic calm where little is bare
_CUBIC = tuple((i, j) for i in range(4) for j in range(4 - i))  # powers of x and y
_KEPT = 0.95  # of a measured tone's distance from the skin
_FULL_SHADE, _LEAST_SHADE = 65.0, 0.6  # L* from which shades are as deep as measured; share below it
_DARK_SKIN = 52.0  # L* below which skin shines: its lights are as much its own as its shadows
_MOST_SHINE = 7.0  # L* above the skin, then
_NOSE = (168, 129, 358, 2, 98, 327)
_FOLD = 9.0  # head units, across the folds beside the mouth
_FOLDS_FROM = 35  # years: on a younger face a smile's fold, cut out as a tone, is a stain
_SMILE_FOLDS = ((129, 203, 206, 216, 61), (358, 423, 426, 436, 291))


def tones(context: HeadContext) -> list[Shape]:
    """Two depths of shade, the lit planes, and blush."""
    return [*_cut(context, _relief(context)), *_blush(context)]


def _relief(context: HeadContext) -> Plane:
    """HxW, L* above the skin's own: the features as they are, the slope of the photo's light weakened."""
    sheet, young = context.sheet, context.age.young
    lightness = np.ascontiguousarray(sheet.lab[..., 0])
    seen = _seen(context)
    slope = _fitted(lightness, context.bare)
    there = grown(seen, 2.5) > 0
    close = blurred(close_features(context).astype(np.float32), 2.5)
    shines = context.skin[0] < _DARK_SKIN
    away = np.float32(_UNEVEN_AWAY_YOUNG if young else _UNEVEN_AWAY_SHINING if shines else _UNEVEN_AWAY)
    relief = (slope - context.skin[0]) * np.float32(_SLOPE_YOUNG if young else _SLOPE)
    fine, modeled = (_FINE_YOUNG, np.float32(_MODELED_YOUNG)) if young else (_FINE, np.float32(1))
    relief = relief + (blurred(lightness, fine, seen) - slope) * there * close * modeled
    calm = _CALM_YOUNG if young or shines else _CALM
    relief = relief + (blurred(lightness, calm, seen) - slope) * there * (1 - close) * away
    if not context.bare.any():
        return np.asarray(relief, np.float32)
    middle = float(np.median(relief[context.bare]))
    # Where the skin is not the face's median but its lit side, what is darker than that stays so.
    darker = float(np.median(lightness[context.bare])) - context.skin[0] if context.skin[0] < _DIM else 0.0
    return np.asarray(relief - middle + float(np.clip(darker + _LIT_SIDE, -_MOST_LIT, 0)), np.float32)


def _seen(context: HeadContext) -> BoolMask:
    """HxW, skin of the face with nothing on it, up to its edges."""
    sheet = context.sheet
    others = (*EYES, *BROWS, *MOUTH, FaceClass.GLASSES, FaceClass.HAIR, FaceClass.HAT)
    seen = (sheet.share(*BARE) > 0.5) & (sheet.share(*others) < 0.3) & (context.face > 0.5)
    return np.asarray(seen & (sheet.inside > 0.5), np.bool_)


def _fitted(lightness: Plane, bare: BoolMask) -> Plane:
    """HxW, the light of a smooth head: lightness as a cubic of the place, fitted to the bare skin.

    Its shadows have the long calm edges that a painter gives them; what the photo adds (a strand's shadow, a
    shiny temple) would look like a bruise.
    """
    rows, columns = np.nonzero(bare)
    if len(rows) < _FEWEST:
        return np.full(lightness.shape, float(np.median(lightness)), np.float32)
    y0, x0 = float(rows.mean()), float(columns.mean())
    size = max(float(np.ptp(rows)), float(np.ptp(columns)), 1.0) / 2

    step = slice(None, None, 3)
    x, y = (columns[step] - x0) / size, (rows[step] - y0) / size
    known = np.stack([x**i * y**j for i, j in _CUBIC], -1)
    values = lightness[rows[step], columns[step]]
    ridge = np.eye(known.shape[1]) * _RIDGE * len(x)
    solved = np.linalg.solve(known.T @ known + ridge, known.T @ (values - values.mean()))
    height, width = lightness.shape
    xs = np.clip((np.arange(width) - x0) / size, -1.3, 1.3)
    ys = np.clip((np.arange(height) - y0) / size, -1.3, 1.3)
    terms = (weight * np.outer(ys**j, xs**i) for weight, (i, j) in zip(solved, _CUBIC, strict=True))
    return np.asarray(sum(terms, np.full(lightness.shape, values.mean())), np.float32)


def _cut(context: HeadContext, relief: Plane) -> list[Shape]:
    """The relief as even tones with crisp edges."""
    close, seen = close_features(context), _seen(context)
    shapes: list[Shape] = []
    for name, (level, least, most) in (("shade", _SHADE), ("shade_deep", _DEEP), ("light", _LIGHT)):
        sign = np.float32(np.sign(level))
        inside = smoothstep(relief * sign, abs(level) - 1, abs(level) + 1) * context.face
        if name == "shade_deep":
            inside = inside * (close if context.age.old else close_features(context, folds=False))
        mask = _without_stains(context, inside, close)
        there = (mask > 0.5) & seen
        if there.sum() < 12:
            continue
        limit = min(most, _DEEPEST_YOUNG) if context.age.young else most
        if name == "light" and context.skin[0] < _DARK_SKIN:
            limit = _MOST_SHINE
        by = float(np.clip(abs(float(relief[there].mean())) * _KEPT, least, limit)) * float(sign)
        if by < 0:  # the same shadow takes the same share of the light away
            by *= float(np.clip(context.skin[0] / _FULL_SHADE, _LEAST_SHADE, 1.0))
        color = context.tone_exact(by, *((-1.0, 0.0) if by > 0 else (-0.26 * by, -0.15 * by)))
        role = Role.LIGHT if by > 0 else Role.SHADE
        loops = loops_of(mask, blur=0.8, even=3.0, least=_LEAST_CLOSE)
        shapes += drawn(name, loops, color, role=role, clip="head")
    return shapes


def _without_stains(context: HeadContext, mask: Mask, close: BoolMask) -> Mask:
    """The mask without parts and holes that, away from the features, are too small for a plane of a face."""
    least = _LEAST_AWAY_YOUNG if context.age.young else _LEAST_AWAY
    whole = (mask > 0.5).astype(np.uint8)
    for value in (1, 0):
        count, labels, stats, _ = cv2.connectedComponentsWithStats((whole == value).astype(np.uint8))
        size = stats[:, cv2.CC_STAT_AREA] / UNIT**2
        near = np.bincount(labels.ravel(), weights=close.ravel(), minlength=count) / UNIT**2
        small = size < np.where(near > 0.5 * size, _LEAST_CLOSE, least)
        small[0] = False
        whole[small[labels]] = 1 - value
    return np.asarray(np.where((mask > 0.5) == (whole > 0), mask, whole), np.float32)


def close_features(context: HeadContext, *, folds: bool = True) -> BoolMask:
    """HxW, where folds are drawn: eye sockets, nose, from nose to mouth. Elsewhere they look like stains."""
    mesh, down = context.mesh, context.down
    areas = []
    for eye, brow in ((RIGHT_EYE, RIGHT_BROW), (LEFT_EYE, LEFT_BROW)):
        around = np.vstack([mesh[eye], mesh[brow]])
        middle = around.mean(0)
        areas.append(fill(hull((around - middle) * np.float32(1.1) + middle + 3.5 * down)))
    areas.append(fill(hull(np.vstack([mesh[list(_NOSE)], mesh[2] + 3 * down]))))
    if folds and context.age.years > _FOLDS_FROM:
        areas += [
            fill(stroke(spline(mesh[list(line)], closed=False), _FOLD, ends=(1, 0.6)))
            for line in _SMILE_FOLDS
        ]
    return np.asarray(blurred(np.maximum.reduce(areas), 1.5) > 0.4)


def _blush(context: HeadContext) -> list[Shape]:
    """The young have red cheeks, the younger the redder; one that is turned away has none."""
    if not context.age.young:
        return []
    tilt = float(np.arctan2(context.across[1], context.across[0]))
    opacity = 0.52 if context.age.small else 0.28
    shapes: list[Shape] = []
    for side, cheek in enumerate(BLUSH_CHEEKS):
        if (context.sheet.yaw < -TURNED, context.sheet.yaw > TURNED)[side]:
            continue
        loop = ellipse(context.mesh[cheek] + context.down, 9.5, 7, angle=tilt)
        shapes += drawn("blush", loop, context.tone(-3, 12, 3), role=Role.BLUSH, clip="head", opacity=opacity)
    return shapes
