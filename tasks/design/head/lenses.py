"""Where lenses are, and how round or square: from the face parser's glasses on each side of the nose."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import Points
from tasks.design.geometry import area_of, as_points, blurred, parts_touching
from tasks.design.head.context import PROFILE, HeadContext
from tasks.face_mesh import LEFT_EYE, LEFT_EYE_OUTER, NOSE_BRIDGE, RIGHT_EYE, RIGHT_EYE_OUTER
from tasks.perception.character_sheet import FaceClass, map_from_units, unit_grid

SURE = 0.45  # of the parser's glasses
LEAST = 330.0  # square head units of glasses altogether; less is a hair-clip or a shadow
LEAST_TOLD = 120.0  # the same where the sheet says that there are glasses
LEAST_LENS = 90.0  # square head units of a lens
NOSE = 2.5  # head units from the bridge at which lenses begin
REACH = 1.25  # of the eye's width, from its middle: farther out it is a temple
CORNER_LOST = 0.03  # by so much the parser's cells round a corner, as a share of the lens
EXPONENTS = (1.9, 5.5)  # of the lens' superellipse: 2 is an ellipse, 5 a square with soft corners
WORDS = {"round": 2.0, "oval": 2.1, "square": 4.4, "cat-eye": 3.2}
CAT_EYE = 0.16  # of the half height, by which a cat-eye's outer corner rises
TRIED = (2.0, 2.3, 3.0, 4.2)  # exponents that are held against the photo
SIZES = (0.92, 1.0, 1.08)
RIM_BLUR = 0.5  # head units
RIM_CONTRAST = 2.0  # L* by which a rim is darker than what is beside it
TURNED = 0.35  # |yaw| from which the lenses differ and are not made alike
SIZE = ((8.0, 24.0), (6.0, 20.0))  # head units of half a lens: width, height


@dataclass(frozen=True)
class Lens:
    """One lens."""

    index: int  # of the eye behind it: 0 the person's right, 1 the left
    side: str  # "right", "left"
    loop: Points  # (N, 2), the outline
    center: Points
    right: Points  # (2,), unit vector along the eyes
    down: Points


def measure_lenses(context: HeadContext) -> list[Lens]:
    """One or two lenses, head units; none where no glasses are seen."""
    told = context.seen(context.sheet.traits.glasses, "glasses", "sunglasses")
    seen = context.sheet.share(FaceClass.GLASSES)
    glasses = parts_touching(seen, context.oval, SURE)
    if area_of(glasses > SURE) < (LEAST_TOLD if told else LEAST):
        return []
    mesh = context.mesh
    right = mesh[LEFT_EYE_OUTER] - mesh[RIGHT_EYE_OUTER]
    right = as_points(right / max(float(np.linalg.norm(right)), 1e-3))[0]
    down = np.array([-right[1], right[0]], np.float32)
    x, y = unit_grid()
    along = (x - mesh[NOSE_BRIDGE][0]) * right[0] + (y - mesh[NOSE_BRIDGE][1]) * right[1]
    boxes: list[NDArray[np.float64] | None] = []
    for eye, sign in ((RIGHT_EYE, -1), (LEFT_EYE, 1)):
        middle = mesh[eye].mean(0)
        wide = float(np.ptp(mesh[eye] @ right))
        near = np.abs((x - middle[0]) * right[0] + (y - middle[1]) * right[1]) < REACH * max(wide, 18.0)
        mask = (glasses > SURE) & (along * sign > NOSE) & near
        if context.sheet.yaw * sign > PROFILE:  # its eye is not drawn either
            boxes.append(None)
            continue
        boxes.append(_superellipse(np.stack([x[mask], y[mask]], 1), middle, right, down, sign))
    if sum(box is not None for box in boxes) == 0:
        return []
    if abs(context.sheet.yaw) < TURNED:
        boxes = _alike(boxes)
    _sharpen(context, boxes, right, down)
    lenses = []
    for index, (box, eye) in enumerate(zip(boxes, (RIGHT_EYE, LEFT_EYE), strict=True)):
        if box is not None:
            loop, center = _loop(context, box, mesh[eye].mean(0), right, down, -1 if index == 0 else 1)
            lenses.append(Lens(index, ("right", "left")[index], loop, center, right, down))
    return lenses


def _superellipse(
    points: NDArray[np.floating], middle: Points, right: Points, down: Points, sign: int
) -> NDArray[np.float64] | None:
    """(8,): center outward and down of the eye's middle, half width, half height, four exponents.

    The exponents are those of the quarters outer upper, inner upper, inner lower, outer lower.
    """
    if len(points) / (1.6 * 1.6) < LEAST_LENS:
        return None
    hull = cv2.convexHull(points.astype(np.float32))[:, 0]
    local = np.stack([(hull - middle) @ right * sign, (hull - middle) @ down], 1)
    low, high = local.min(0), local.max(0)
    center, half = (low + high) / 2, np.maximum((high - low) / 2, 1)
    half = np.array([np.clip(h, *limits) for h, limits in zip(half, SIZE, strict=True)])
    unit = ((local - center) / half).astype(np.float32)
    quarters = []
    for sx, sy in ((1, -1), (-1, -1), (-1, 1), (1, 1)):
        corner = 0.7
        for step in np.linspace(0.5, 1.0, 60):
            if cv2.pointPolygonTest(unit[:, None], (float(sx * step), float(sy * step)), False) >= 0:
                corner = float(step)
        quarters.append(np.clip(-np.log(2) / np.log(min(corner + CORNER_LOST, 0.97)), *EXPONENTS))
    return np.array([*center, *half, *quarters], np.float64)


def _alike(boxes: list[NDArray[np.float64] | None]) -> list[NDArray[np.float64] | None]:
    """Both lenses of a face that looks ahead have one shape, mirrored; their places stay."""
    known = [box for box in boxes if box is not None]
    mean = np.mean(known, 0)
    result: list[NDArray[np.float64] | None] = []
    for box in boxes:
        place = mean[:2] if box is None else 0.5 * (box[:2] + mean[:2])
        result.append(np.concatenate([place, mean[2:]]))
    return result


def _sharpen(
    context: HeadContext, boxes: list[NDArray[np.float64] | None], right: Points, down: Points
) -> None:
    """Take the squareness and the size at which the outline runs along the darkest line: that is the rim.

    The parser's cells are too coarse for corners. Where no line is darker than the rest, nothing changes.
    """
    lightness = blurred(context.sheet.lab[..., 0], RIM_BLUR)
    found = []
    for exponent in TRIED:
        for size in SIZES:
            values = []
            for index, (box, eye) in enumerate(zip(boxes, (RIGHT_EYE, LEFT_EYE), strict=True)):
                if box is None:
                    continue
                tried = box.copy()
                tried[2:4] *= size
                tried[4:] = exponent
                path = _outline(tried, context.mesh[eye].mean(0), right, down, -1 if index == 0 else 1)
                x, y = np.round(map_from_units(path)).astype(int).T
                rows, columns = lightness.shape
                values.append(lightness[np.clip(y, 0, rows - 1), np.clip(x, 0, columns - 1)])
            found.append((float(np.mean(np.concatenate(values))), exponent, size))
    darkest, exponent, size = min(found)
    if float(np.median([value for value, _, _ in found])) - darkest < RIM_CONTRAST:
        return
    for box in boxes:
        if box is not None:
            box[2:4] *= size
            box[4:] = 0.3 * box[4:] + 0.7 * exponent


def _outline(
    box: NDArray[np.float64], middle: Points, right: Points, down: Points, sign: int, lift: float = 0.0
) -> Points:
    """(64, 2), the superellipse of a box."""
    t = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    cos, sin = np.cos(t), np.sin(t)
    n = box[4:][np.where(sin < 0, np.where(cos >= 0, 0, 1), np.where(cos < 0, 2, 3))]
    x = np.sign(cos) * np.abs(cos) ** (2 / n)
    y = np.sign(sin) * np.abs(sin) ** (2 / n)
    y = y - lift * np.clip(x, 0, 1) ** 2 * (y < 0)
    outward, below = box[0] + x * box[2], box[1] + y * box[3]
    return as_points(middle + np.outer(outward * sign, right) + np.outer(below, down))


def _loop(
    context: HeadContext, box: NDArray[np.float64], middle: Points, right: Points, down: Points, sign: int
) -> tuple[Points, Points]:
    box, word = box.copy(), context.sheet.traits.rims
    if context.seen(word, *WORDS):
        box[4:] = WORDS[word.value or ""]
        if word.value == "round":
            box[2:4] = box[2:4].mean()
    lift = CAT_EYE if context.seen(word, "cat-eye") else 0.0
    center = middle + box[0] * sign * right + box[1] * down
    return _outline(box, middle, right, down, sign, lift), as_points(center)[0]
