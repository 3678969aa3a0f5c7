"""Hair and hats that the photo's edge cuts off go on: a round crown, a rounded side, locks that taper."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BoolMask, Mask, Points
from tasks.design.geometry import area_of, as_points, closed, fill, spline
from tasks.face_mesh import FOREHEAD, NOSE_BRIDGE
from tasks.perception.character_sheet import UNIT, FaceClass, map_from_units, units_from_map

if TYPE_CHECKING:
    from tasks.design.head.context import HeadContext

LEAST_CUT = 6.0  # head units of a mask on the photo's edge: less is a corner that touches it
CROWN = 21.0  # head units from the top of the face to the top of a skull
RISE = 0.26  # a crown rises above the cut by so much of the cut's width
BULK = 0.45  # of what hair stands off at the sides, it stands off at the crown
BULK_MOST = 16.0
SLOPE = 6.0  # head units below a cut over which the slope of a crown's sides is seen
SIDE = 0.3  # a side that is cut goes on by so much of its length
SIDE_MOST = 12.0
SPAN = 8.0  # head units beside the axis from which hair grows on a side
LEAST_SIDE = 40.0  # square head units of it above the eyes, on each side
HAIRLINE = 10.0  # head units above the mesh's forehead, below which skin is no baldness
GAP = 11.0  # head units between hair and forehead that neither is sure to be: hair
BARE = 0.4  # of the skull above the hairline: so much bare skin is a bald one
TAPER = 1.5  # locks that are cut go on by so much of their width
TAPER_RANGE = (16.0, 62.0)
LOCK_WIDE = 16.0  # wide hair ends in several locks of about so much


def completed(mask: Mask, context: "HeadContext", *, locks: bool = True) -> Mask:
    """HxW: the mask, and what the photo cuts off of it.

    Args:
        mask: HxW, hair or headwear within the photo.
        context: Of the head that wears it.
        locks: Whether it goes on below the photo too, as hair does.
    """
    inside = context.sheet.inside > 0.5
    rows, columns = (np.where(inside.any(axis))[0] for axis in (1, 0))
    if not len(rows):
        return mask
    solid: BoolMask = np.greater(mask, 0.5)
    loops: list[Points] = []
    if rows[0] > 1:
        loops += _crown(solid, int(rows[0]) + 2, context)
    if locks and rows[-1] < mask.shape[0] - 2:
        loops += _locks(solid[rows[-1] - 2], int(rows[-1]) - 2)
    for edge, outward in ((int(columns[0]) + 2, -1), (int(columns[-1]) - 2, 1)):
        if 4 < edge < mask.shape[1] - 5:
            loops += _side(solid[:, edge], edge, outward)
    result = np.asarray(mask, np.float32)
    for loop in loops:
        result = np.maximum(result, fill(loop))
    return result


def crowned(hair: Mask, context: "HeadContext") -> Mask:
    """HxW: hair that spans the crown, and at least as high as a skull is; bald and receding hair as it is.

    The parser cuts thin and bright hair short, and hands may lie on it: what is left would be a flat top.
    """
    if context.seen(context.sheet.traits.hairline, "bald", "receding"):
        return hair
    dome = context.cranium * (context.height_map < context.height_of(FOREHEAD))
    top = dome * (context.height_map < context.height_of(FOREHEAD) - HAIRLINE)
    scalp = (top > 0.5) & (context.sheet.share(FaceClass.SKIN) > 0.5)
    upper = (hair > 0.5) & (context.height_map < context.height_of(NOSE_BRIDGE))
    sides = [area_of(upper & (context.side_map * sign > SPAN)) for sign in (-1, 1)]
    if min(sides) < LEAST_SIDE or area_of(scalp) > BARE * area_of(top):
        return hair
    gaps = closed(np.maximum(hair, context.face), GAP) * (context.height_map < context.height_of(NOSE_BRIDGE))
    return np.asarray(np.maximum(hair, np.maximum(dome, gaps) * (context.face < 0.5)), np.float32)


def _runs(line: BoolMask) -> list[tuple[int, int]]:
    """First and last pixel of every run of a line that is long enough to be a cut."""
    steps = np.diff(np.concatenate([[0], line.astype(np.int8), [0]]))
    starts, ends = np.where(steps > 0)[0], np.where(steps < 0)[0] - 1
    return [(int(a), int(b)) for a, b in zip(starts, ends, strict=True) if b - a >= LEAST_CUT * UNIT]


def _crown(solid: BoolMask, row: int, context: "HeadContext") -> list[Points]:
    """A dome over what the photo's upper edge cuts: two quarter ellipses that meet its sides."""
    runs = _runs(solid[row])
    middle, eyes = (float(v) for v in map_from_units(context.middle[None])[0])
    runs = [run for run in runs if abs((run[0] + run[1]) / 2 - middle) < 0.8 * context.width * UNIT]
    if not runs or row > eyes:
        return []
    left, right = runs[0][0], runs[-1][1]
    if right - left < 0.2 * context.width * UNIT:
        return []
    peak = float(np.clip(middle, left + 0.3 * (right - left), left + 0.7 * (right - left)))
    spread = float(np.ptp(np.where(solid[row : int(eyes) + 1].any(0))[0])) / UNIT
    bulk = float(np.clip(BULK * (spread - context.width) / 2, 0, BULK_MOST))
    height = context.height_of(NOSE_BRIDGE) - context.height_of(FOREHEAD) + CROWN + bulk
    height = max(height * UNIT, (eyes - row) + max(5 * UNIT, RISE * (right - left)))
    rise = _rise_of_slope(solid, row, (left, right))
    if rise < height - (eyes - row):
        t = np.linspace(-1, 1, 33)
        cap = np.stack([(left + right) / 2 + t * (right - left) / 2, row - rise * (1 - t**2)], 1)
        return [units_from_map(np.vstack([cap, [(right, row + 3), (left, row + 3)]]).astype(np.float32))]
    share = np.sqrt(max(1 - ((eyes - row) / height) ** 2, 0.02))
    start = np.arccos(np.clip((eyes - row) / height, -1, 1))
    t = np.linspace(-start, start, 48)
    side = np.where(t < 0, (peak - left) / share, (right - peak) / share)
    dome = np.stack([peak + side * np.sin(t), eyes - height * np.cos(t)], 1)
    return [units_from_map(np.vstack([dome, [(right, row + 3), (left, row + 3)]]).astype(np.float32))]


def _rise_of_slope(solid: BoolMask, row: int, cut: tuple[int, int]) -> float:
    """Map pixels by which hair goes on above a cut, if its sides close as they do below it.

    A photo that cuts off little of a crown shows how round it is: a dome on top of it would be a peak.
    """
    below = min(row + round(SLOPE * UNIT), solid.shape[0] - 1)
    seen = np.where(solid[below])[0]
    if not len(seen):
        return float("inf")
    wide, wider = float(cut[1] - cut[0]), float(np.ptp(seen))
    return float((below - row) * wide**2 / max(wider**2 - wide**2, 1e-3))


def _locks(line: BoolMask, row: int) -> list[Points]:
    """Tapering ends for what the photo's lower edge cuts."""
    loops = []
    for first, last in _runs(line):
        width = last - first
        count = max(1, round(width / (LOCK_WIDE * UNIT)))
        low, high = (v * UNIT for v in TAPER_RANGE)
        depth = float(np.clip(TAPER * width, low, high))
        edges = np.linspace(first, last, count + 1)
        for k in range(count):
            a, b = edges[k] - 1, edges[k + 1] + 1
            part = depth * (1 - 0.22 * abs(k - (count - 1) / 2) / max(count / 2, 1)) * (1 - 0.12 * (k % 2))
            tip = (a + b) / 2 + 0.12 * (b - a) * (-1) ** k
            lock = [
                (a, row - 3),
                (a + 0.04 * (b - a), row + 0.45 * part),
                (tip - 0.12 * (b - a), row + 0.85 * part),
                (tip, row + part),
                (tip + 0.16 * (b - a), row + 0.8 * part),
                (b - 0.02 * (b - a), row + 0.4 * part),
                (b, row - 3),
            ]
            loops.append(units_from_map(spline(lock, closed=True)))
    return loops


def _side(line: BoolMask, column: int, outward: int) -> list[Points]:
    """A rounded side for what the photo's left or right edge cuts."""
    loops = []
    for first, last in _runs(line):
        reach = min(SIDE * (last - first), SIDE_MOST * UNIT)
        t = np.linspace(-np.pi / 2, np.pi / 2, 24)
        x = column + outward * (reach * np.cos(t) - 0.0)
        y = (first + last) / 2 + (last - first) / 2 * np.sin(t)
        bulge: NDArray[np.float64] = np.stack([x, y], 1)
        inner = [(column - outward * 3, last), (column - outward * 3, first)]
        loops.append(units_from_map(as_points(np.vstack([bulge, inner]))))
    return loops
