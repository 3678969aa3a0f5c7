"""The neckline and the kind of garment, where they are plain: a jacket over shirt and tie, a round neck."""

import numpy as np

from tasks.perception.analysis import Reading
from tasks.perception.character_sheet import FaceClass
from tasks.perception.sheet_traits.fronts import front_of
from tasks.perception.sheet_traits.head_frame import UNKNOWN, HeadFrame, mean_in

_DARK = 50.0  # L* up to which cloth beside a shirt and tie is a jacket
_FRONTAL = 0.35  # |yaw|
_COLUMNS = (-32, -24, -8, 0, 8, 24, 32)  # x at which cloth is looked for, head units
_TOP, _LOW, _STEP, _RUN = (
    -30.0,
    80.0,
    2.0,
    4,
)  # y from and to, the step, and how many steps of cloth are cloth
_DEEP = (12.0, 45.0)  # y of a round neck's lowest part
_FLAT, _EVEN = 4.0, 8.0  # head units: of the lowest part; of the height of both sides
_RISE = (-2.0, 14.0)  # head units by which the sides are higher; a collar stands higher
_CURVED = 2.0  # the same for both sides together
_BARE = 0.7  # of the throat above it


def read_garment(frame: HeadFrame) -> tuple[Reading, Reading]:
    """(garment, neckline): jacket and collar where shirt and tie show in dark cloth; nothing else is sure."""
    clothes = frame.sheet.colors.clothes
    if not clothes or clothes[0][0][0] > _DARK:
        return UNKNOWN, UNKNOWN
    front = front_of(frame.sheet, clothes[0][0])
    if front.shirt is None or front.tie is None:
        return UNKNOWN, UNKNOWN
    return Reading("jacket", 0.6), Reading("collar", 0.6)


def read_neckline(frame: HeadFrame, *, covered: bool) -> Reading:
    """Crew, where cloth runs below a bare throat in one shallow curve; unknown for all else."""
    if covered or abs(frame.sheet.yaw) > _FRONTAL:
        return UNKNOWN
    cloth = frame.sheet.share(FaceClass.CLOTH)
    far_right, right, *middle, left, far_left = (
        _edge(frame.column(cloth, x, _TOP, _LOW, _STEP)) for x in _COLUMNS
    )
    known = [edge for edge in (right, *middle, left) if edge is not None]
    if len(known) < len(middle) + 2:
        return UNKNOWN
    low = float(np.mean(known[1:-1]))
    rises = [low - known[0], low - known[-1]]
    shallow = _DEEP[0] <= low <= _DEEP[1] and max(known[1:-1]) - min(known[1:-1]) <= _FLAT
    even = min(rises) >= _RISE[0] and max(rises) <= _RISE[1] and abs(rises[0] - rises[1]) <= _EVEN
    even = even and float(np.mean(rises)) >= _CURVED
    no_collar = all(edge is None or low - edge <= 2 * _RISE[1] for edge in (far_right, far_left))
    throat = mean_in(frame.sheet.share(FaceClass.NECK, FaceClass.SKIN), frame.box(-12, 2, 12, low - 4))
    return Reading("crew", 0.5) if shallow and even and no_collar and throat > _BARE else UNKNOWN


def _edge(column: list[float]) -> float | None:
    """The y at which cloth begins."""
    there = [share > 0.5 for share in column]
    starts = (index for index in range(len(there) - _RUN + 1) if all(there[index : index + _RUN]))
    first = next(starts, None)
    return None if first is None else _TOP + _STEP * first
