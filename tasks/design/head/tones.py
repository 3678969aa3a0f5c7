"""The photo's light on the face, as two to four crisp tones relative to the person's own skin."""

import cv2
import numpy as np

from tasks.arrays import BoolMask, Mask, Plane
from tasks.design.geometry import blurred, fill, grown, hull, loops_of, shrunk, smoothstep, spline, stroke
from tasks.design.head.context import BARE, BROWS, EYES, MOUTH, HeadContext
from tasks.design.head.parts import drawn
from tasks.design.shapes import Role, Shape
from tasks.face_mesh import LEFT_BROW, LEFT_EYE, LIPS, RIGHT_BROW, RIGHT_EYE
from tasks.perception.character_sheet import UNIT, FaceClass

_LARGE = 2.6  # head units by which the light is blurred before large shadows are cut out of it
_HANGS = 13.0  # how wide the rim is that a shadow has to touch
_ISLAND = 260.0  # square head units from which a shadow need not touch it: smaller islands look like bruises
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
    """HxW, L* above the skin's own, blurred; 0 away from bare skin."""
    lightness = np.ascontiguousarray(context.sheet.lab[..., 0])
    bare = context.bare.astype(np.float32)
    near = blurred(bare, 2.0) > 0.12
    return np.asarray((blurred(lightness, _LARGE, bare) - context.skin[0]) * near, np.float32)


def _shadows(context: HeadContext, light: Plane) -> list[Shape]:
    """Large shadows that hang on the face's outline, in two depths, and one light tone."""
    bare = context.bare
    spread = float(light[bare].std()) if bare.any() else 0.0
    rim = context.face - shrunk(context.face, _HANGS)
    lips = grown(fill(spline(context.mesh[LIPS])), 11)
    shapes: list[Shape] = []
    for name, level, most in (
        ("shade", -max(4.5, 0.75 * spread), 9.5),
        ("shade_deep", -max(13.0, 1.9 * spread), 19.0),
    ):
        mask = smoothstep(light, level + 0.8, level - 0.8) * context.face * (1 - lips)
        mask = mask * _hanging(blurred(mask, 1.0), rim)
        inside = (mask > 0.5) & bare
        if inside.sum() > 32:
            measured = np.median(context.sheet.lab[inside], 0) - np.array(context.skin, np.float32)
            depth = -min(max(-measured[0] * 0.8, most * 0.55), most)
            color = (
                context.skin[0] + depth,
                context.skin[1] + np.clip(measured[1], 2, 6),
                context.skin[2] + np.clip(measured[2], -1, 3),
            )
            loops = loops_of(mask, blur=1.4, even=4, least=70)
            shapes += drawn(name, loops, color, role=Role.SHADE, clip="head")
    return shapes


def _hanging(mask: Mask, rim: Mask) -> Mask:
    """Where a mask's parts touch the rim, or are large."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 0.5).astype(np.uint8))
    size = stats[:, cv2.CC_STAT_AREA]
    touching = np.bincount(labels.ravel(), weights=(rim > 0.5).ravel(), minlength=count)
    keep = (touching > 0.12 * size) | (size > _ISLAND * UNIT**2)
    keep[0] = False
    return np.asarray(keep[labels], np.float32)


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
    return []
