"""Seven hands, drawn along +x from the wrist at (0, 0), the thumb at -y; the hand is 1 long."""

from dataclasses import dataclass, replace

import numpy as np

from tasks.arrays import Points
from tasks.design.body.tube import Tube, closed, opened, rounded, turned, union

Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Hand:
    """Its outline in one piece, and the lines between its fingers."""

    loops: tuple[Points, ...]
    lines: tuple[Points, ...]
    nails: tuple[Points, ...] = ()  # seen on the back of a hand alone

    def placed(self, wrist: Points, degrees: float, size: float, flip: float) -> "Hand":
        """Brought to a wrist: `degrees` from +x, clockwise; `flip` -1 makes the other hand of it."""

        def put(shape: Points) -> Points:
            return np.asarray(turned(shape * [size, size * flip], degrees) + wrist)

        return Hand(
            tuple(put(p) for p in self.loops),
            tuple(put(p) for p in self.lines),
            tuple(put(p) for p in self.nails),
        )


def _finger(root: tuple[float, float], tip: tuple[float, float], half: float, bow: float = 0.0) -> Points:
    a, b = np.array(root), np.array(tip)
    middle = (a + b) / 2 + np.array([a[1] - b[1], b[0] - a[0]]) * bow
    return Tube(rounded([a, middle, b], rounds=2), [half, half * 1.02, half, half * 0.9]).outline(bulge=1.0)


_WRIST = closed([(-0.35, -0.19), (0, -0.2), (0.22, -0.26), (0.22, 0.26), (0, 0.2), (-0.35, 0.19)], 5)

_RELAXED = closed(
    [
        (-0.3, -0.19),
        (-0.02, -0.20),
        (0.16, -0.26),
        (0.33, -0.37),
        (0.50, -0.46),
        (0.60, -0.44),
        (0.61, -0.35),
        (0.53, -0.25),
        (0.55, -0.20),
        (0.72, -0.24),
        (0.90, -0.21),
        (1.02, -0.11),
        (1.05, 0.02),
        (0.99, 0.13),
        (0.90, 0.23),
        (0.74, 0.29),
        (0.50, 0.30),
        (0.24, 0.26),
        (-0.02, 0.20),
        (-0.3, 0.19),
    ],
    6,
)
_RELAXED_LINES: tuple[Line, ...] = (
    ((0.72, -0.10), (0.86, -0.08), (0.98, -0.03)),
    ((0.72, 0.05), (0.85, 0.08), (0.95, 0.11)),
    ((0.50, -0.21), (0.42, -0.13), (0.40, -0.06)),
)
_OPEN_PALM = closed(
    [
        (-0.15, -0.2),
        (0.10, -0.30),
        (0.38, -0.38),
        (0.60, -0.34),
        (0.68, 0),
        (0.60, 0.34),
        (0.34, 0.37),
        (0.08, 0.28),
        (-0.15, 0.2),
    ]
)
_OPEN_FINGERS = (
    _finger((0.48, -0.25), (0.98, -0.44), 0.118, -0.04),
    _finger((0.55, -0.08), (1.14, -0.14), 0.122),
    _finger((0.55, 0.10), (1.10, 0.17), 0.118),
    _finger((0.46, 0.26), (0.90, 0.43), 0.105, 0.04),
    _finger((0.14, -0.16), (0.46, -0.66), 0.125, -0.14),
)
_OPEN_LINES: tuple[Line, ...] = (
    ((0.22, -0.24), (0.32, -0.10), (0.33, 0.08)),
    ((0.44, 0.20), (0.50, 0.05), (0.58, -0.06)),
)
_HIP = closed(
    [
        (-0.3, -0.19),
        (0, -0.20),
        (0.2, -0.26),
        (0.42, -0.30),
        (0.62, -0.27),
        (0.80, -0.19),
        (0.88, -0.06),
        (0.88, 0.08),
        (0.80, 0.18),
        (0.62, 0.25),
        (0.40, 0.28),
        (0.2, 0.25),
        (0, 0.20),
        (-0.3, 0.19),
    ],
    6,
)
_HIP_LINES: tuple[Line, ...] = tuple(
    ((0.50, y), (0.68, y * 1.02), (0.83, y * 0.9)) for y in (-0.13, 0.0, 0.13)
)
_HOLD_PALM = closed(
    [
        (-0.08, -0.17),
        (0, -0.22),
        (0.2, -0.34),
        (0.44, -0.36),
        (0.56, -0.1),
        (0.54, 0.2),
        (0.4, 0.35),
        (0.1, 0.29),
        (-0.08, 0.19),
    ]
)
_HOLD_FINGERS = tuple(
    _finger((0.38, y * 0.9), (x, y), 0.105)
    for x, y in ((0.80, -0.30), (0.90, -0.10), (0.88, 0.10), (0.78, 0.30))
)
_HOLD_LINES: tuple[Line, ...] = tuple(((0.48, y), (0.62, y), (0.74, y)) for y in (-0.2, 0.0, 0.2))


_OVER_PALM = closed(
    [
        (-0.35, -0.17),
        (0, -0.19),
        (0.2, -0.25),
        (0.46, -0.27),
        (0.56, -0.1),
        (0.56, 0.1),
        (0.48, 0.26),
        (0.25, 0.25),
        (0, 0.19),
        (-0.35, 0.17),
    ]
)
_OVER_TIPS = ((0.98, -0.26), (1.09, -0.08), (1.03, 0.1), (0.87, 0.28))
_OVER_FINGERS = (
    *(
        _finger(root, tip, half, bow)
        for root, tip, half, bow in (
            ((0.45, -0.18), _OVER_TIPS[0], 0.086, -0.02),
            ((0.48, -0.06), _OVER_TIPS[1], 0.092, 0.0),
            ((0.48, 0.07), _OVER_TIPS[2], 0.088, 0.02),
            ((0.42, 0.18), _OVER_TIPS[3], 0.076, 0.04),
        )
    ),
    _finger((0.08, -0.13), (0.5, -0.53), 0.1, -0.12),
)
_OVER_LINES: tuple[Line, ...] = (
    ((0.52, -0.12), (0.7, -0.145), (0.9, -0.17)),
    ((0.54, 0.005), (0.74, 0.005), (0.96, 0.01)),
    ((0.5, 0.125), (0.66, 0.155), (0.82, 0.185)),
    ((0.2, -0.2), (0.3, -0.235), (0.36, -0.3)),
)
_OVER_NAILS = tuple(
    closed(
        [
            (x - 0.07, y),
            (x - 0.02, y - 0.042),
            (x + 0.05, y - 0.03),
            (x + 0.05, y + 0.03),
            (x - 0.02, y + 0.042),
        ]
    )
    for x, y in _OVER_TIPS
)


def _hand(shapes: list[Points], lines: tuple[Line, ...]) -> Hand:
    return Hand(tuple(shapes), tuple(opened(line, 5) for line in lines))


def _welded(shapes: list[Points], lines: tuple[Line, ...]) -> Hand:
    loops = union([shape * 0.3 for shape in shapes])  # about the size at which it is drawn
    return _hand([loop / 0.3 for loop in loops[:1]], lines)


HANDS = {
    "relaxed": _hand([_RELAXED], _RELAXED_LINES),
    "open": _welded([_WRIST, _OPEN_PALM, *_OPEN_FINGERS], _OPEN_LINES),
    "hip": _hand([_HIP], _HIP_LINES),
    "pocket": _hand([_WRIST], ()),
    "over": replace(_welded([_OVER_PALM, *_OVER_FINGERS], _OVER_LINES), nails=_OVER_NAILS),
    "hold": _welded([_HOLD_PALM, *_HOLD_FINGERS], _HOLD_LINES),
}
# "hidden", behind the back, is the seventh: nothing of it is drawn.
