"""The photo's light on the face, as two to four crisp tones relative to the person's own skin."""

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
    shrunk,
    smoothstep,
    spline,
    stroke,
)
from tasks.design.head.context import BARE, BROWS, EYES, MOUTH, TURNED, HeadContext
from tasks.design.head.parts import drawn
from tasks.design.shapes import Role, Shape
from tasks.face_mesh import BLUSH_CHEEKS, LEFT_BROW, LEFT_EYE, NOSE_BRIDGE, RIGHT_BROW, RIGHT_EYE
from tasks.perception.character_sheet import UNIT, FaceClass

_LARGE = 4.0  # head units by which the light is blurred before large shadows are cut out of it
_BRIDGE = 7.0  # head units: how far the light is carried under brows, eyes and glasses
_HANGS = 13.0  # how wide the rim is that a shadow has to touch
_ISLAND = 320.0  # square head units from which a shadow need not touch it: smaller islands look like bruises
_LEAST_SHADOW = 150.0  # square head units: smaller shapes look like stains
_LEAST_DEEP = 420.0
_LEAST_BROW = 650.0  # of one that ends above the eyes: below the hair, smaller ones look like bruises
_HOLE = 400.0  # smaller holes in a shadow look like spots of light
_SHADE = (
    5.0,
    0.8,
    11.0,
)  # L* below the skin, as a number and in spreads of the light, whichever is more; most
_DEEP = (14.0, 2.0, 21.0)
_LIGHT = (6.0, 0.9, 6.0)
_LEAST_LIGHT = 380.0  # smaller ones look like hot spots
_UNEVEN = 0.35  # of what a smooth head's light does not explain is kept
_FEWEST = 300  # map pixels of bare skin from which a light is fitted
_RIDGE = 1e-3  # of the number of pixels: keeps the cubic calm where little is bare
_CUBIC = tuple((i, j) for i in range(4) for j in range(4 - i))  # powers of x and y
_KEPT = 0.85  # of a measured shadow's depth
_MOST_YOUNG = 6.5  # L* below the skin: more looks like a bruise on a child
_LIFTED = 0.5  # of a measured light's height
_DARK_SKIN = 52.0  # L* below which skin shines: its lights are as much its own as its shadows
_MOST_SHINE = 7.0  # L* above the skin, then
_FINE = 0.9  # head units: folds are between this blur
_GROUND = 8.0  # and this one
_FOLD = 3.0  # L* below the ground from which a fold is drawn
_NOSE = (168, 129, 358, 2, 98, 327)
_SMILE_FOLDS = ((129, 203, 206, 216, 61), (358, 423, 426, 436, 291))


def tones(context: HeadContext) -> list[Shape]:
    """Shadows, folds and blush."""
    light = _light(context)
    return [*_shadows(context, light), *_folds(context), *_blush(context)]


def _light(context: HeadContext) -> Plane:
    """HxW, L* above the skin's own, blurred; what lies on the skin is bridged from around it."""
    lightness = np.ascontiguousarray(context.sheet.lab[..., 0])
    bare = context.bare.astype(np.float32)
    near = smoothstep(blurred(bare, _LARGE), 0.1, 0.4)
    light = near * blurred(lightness, _LARGE, bare) + (1 - near) * blurred(lightness, _BRIDGE, bare)
    reached = blurred(bare, _BRIDGE) > 0.02
    plane = _fitted(lightness, context.bare)
    light = plane + _UNEVEN * (light - plane)
    return np.asarray((light - context.skin[0]) * reached, np.float32)


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


def _shadows(context: HeadContext, light: Plane) -> list[Shape]:
    """Large shadows that hang on the face's outline, in two depths (one, if young), and the lit planes."""
    bare = context.bare
    spread = float(light[bare].std()) if bare.any() else 0.0
    rim = context.face - shrunk(context.face, _HANGS)
    shapes: list[Shape] = []
    for name, (least, spreads, most), smallest in (
        ("shade", _SHADE, _LEAST_SHADOW),
        ("shade_deep", _DEEP, _LEAST_DEEP),
    ):
        if name == "shade_deep" and context.age.young:
            continue
        level = -max(least, spreads * spread)
        dark = smoothstep(light, level + 1, level - 1) * context.face
        mask = blurred(dark, 2.0)
        mask = _whole(np.asarray(mask * _hanging(context, mask, rim, smallest), np.float32))
        depth = _measured(light, mask > 0.5, bare)
        if depth is not None:
            deepest = min(most, _MOST_YOUNG) if context.age.young else most
            drop = min(max(-depth * _KEPT, deepest * 0.5), deepest)
            loops = loops_of(mask, blur=0.8, even=8, least=smallest)
            color = context.tone_exact(-drop, 0.22 * drop, 0.08 * drop)
            shapes += drawn(name, loops, color, role=Role.SHADE, clip="head")
    least, spreads, most = _LIGHT
    level = max(least, spreads * spread)
    mask = np.asarray(smoothstep(light, level - 1, level + 1) * context.oval, np.float32)
    mask = blurred(mask, 2.0)
    lift = _measured(light, mask > 0.5, bare)
    if lift is not None:
        most = _MOST_SHINE if context.skin[0] < _DARK_SKIN else most
        color = context.tone_exact(min(lift * _LIFTED, most), -1, 0)
        loops = loops_of(mask, blur=1.2, even=8, least=_LEAST_LIGHT)
        shapes += drawn("light", loops, color, role=Role.LIGHT, clip="head", opacity=0.9)
    return shapes


def _measured(light: Plane, where: BoolMask, bare: BoolMask) -> float | None:
    """The mean of the light there, where it was measured; None where hardly anything was."""
    seen = where & bare
    return float(light[seen].mean()) if seen.sum() > 40 else None


def _hanging(context: HeadContext, mask: Mask, rim: Mask, least: float) -> Mask:
    """Where a mask's parts touch the rim, or are large; what lies on the forehead alone must be larger."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 0.5).astype(np.uint8))
    size = stats[:, cv2.CC_STAT_AREA] / UNIT**2
    touching = np.bincount(labels.ravel(), weights=(rim > 0.5).ravel(), minlength=count) / UNIT**2
    below = np.asarray(context.height_map > context.height_of(NOSE_BRIDGE) + 4)
    reaching = np.bincount(labels.ravel(), weights=below.ravel(), minlength=count) > 0
    keep = ((touching > 0.12 * size) | (size > _ISLAND)) & (size > np.where(reaching, least, _LEAST_BROW))
    keep[0] = False
    return np.asarray(keep[labels], np.float32)


def _whole(mask: Mask) -> Mask:
    """The mask with its small holes filled."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask <= 0.5).astype(np.uint8))
    small = stats[:count, cv2.CC_STAT_AREA] < _HOLE * UNIT**2
    small[0] = False
    return np.asarray(np.maximum(mask, small[labels]), np.float32)


def _folds(context: HeadContext) -> list[Shape]:
    """What models a face at close range, without the slope of the light: sockets, nose, smile folds."""
    sheet = context.sheet
    lightness = np.ascontiguousarray(sheet.lab[..., 0])
    others = (*EYES, *BROWS, *MOUTH, FaceClass.GLASSES)
    bare = (sheet.share(*BARE) > 0.5) & (sheet.share(*others) < 0.3) & (context.oval > 0.9)
    fine = blurred(lightness, _FINE, bare) - blurred(lightness, _GROUND, bare)
    fine = np.asarray(fine * (grown(bare, 1.9) > 0), np.float32)
    close = close_features(context)
    shapes: list[Shape] = []
    for name, level, depth in (("fold", _FOLD, 8.0), ("fold_deep", 2.1 * _FOLD, 15.0)):
        mask = smoothstep(-fine, level - 0.8, level + 0.8) * context.face * close
        shapes += drawn(
            name,
            loops_of(mask, blur=0.55, even=1.6, least=8),
            context.tone(-depth, depth * 0.45, depth * 0.2),
            role=Role.SHADE,
            clip="head",
            opacity=0.85,
        )
    return shapes


def close_features(context: HeadContext) -> BoolMask:
    """HxW, where folds are drawn: eye sockets, nose, from nose to mouth. Elsewhere they look like stains."""
    mesh, down = context.mesh, context.down
    areas = []
    for eye, brow in ((RIGHT_EYE, RIGHT_BROW), (LEFT_EYE, LEFT_BROW)):
        around = np.vstack([mesh[eye], mesh[brow]])
        middle = around.mean(0)
        areas.append(fill(hull((around - middle) * np.float32(1.1) + middle + 3.5 * down)))
    areas.append(fill(hull(np.vstack([mesh[list(_NOSE)], mesh[2] + 3 * down]))))
    if not context.age.small:
        areas += [
            fill(stroke(spline(mesh[list(line)], closed=False), 9, ends=(1, 0.6))) for line in _SMILE_FOLDS
        ]
    return np.asarray(blurred(np.maximum.reduce(areas), 1.5) > 0.4)


def _blush(context: HeadContext) -> list[Shape]:
    """The young have red cheeks, the younger the redder; one that is turned away has none."""
    if not context.age.young:
        return []
    tilt = float(np.arctan2(context.across[1], context.across[0]))
    opacity = 0.42 if context.age.small else 0.25
    shapes: list[Shape] = []
    for side, cheek in enumerate(BLUSH_CHEEKS):
        if (context.sheet.yaw < -TURNED, context.sheet.yaw > TURNED)[side]:
            continue
        loop = ellipse(context.mesh[cheek] + context.down, 9.5, 7, angle=tilt)
        shapes += drawn("blush", loop, context.tone(-3, 12, 3), role=Role.BLUSH, clip="head", opacity=opacity)
    return shapes
