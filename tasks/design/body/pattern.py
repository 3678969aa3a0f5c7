"""Stripes, checks and dots in a tube's own coordinates: they bend with the limb. And a print on the chest."""

import numpy as np

from tasks.arrays import Points
from tasks.design.body.layers import Layers
from tasks.design.body.tube import Tube, opened
from tasks.design.geometry import ellipse
from tasks.design.shapes import Role
from tasks.perception.analysis import Lab

_ACROSS = np.linspace(-1.2, 1.2, 13)
_CHECK = 0.5  # how strongly one direction of a check colors the cloth: where two cross it is full


def outlined(kind: str) -> float:
    """The pen around cloth of that pattern: the pattern covers the inner half of the line."""
    return 1.7 if kind in ("stripes", "checks", "dots") else 1.0


def patterned(layers: Layers, clip: str, kind: str, tube: Tube, ink: Lab, step: float = 0.09) -> None:
    """Lay a pattern over the part named `clip`; `step` is its repeat in heads. Other cloth gets none."""
    if kind == "stripes":
        layers.inside(clip, _bands(tube, step, 0.44), ink, Role.PATTERN)
    elif kind == "checks":
        layers.inside(clip, _bands(tube, step * 1.25, 0.42), ink, Role.PATTERN, opacity=_CHECK)
        layers.inside(clip, _columns(tube, step * 1.25), ink, Role.PATTERN, opacity=_CHECK)
    elif kind == "dots":
        layers.inside(clip, _dots(tube, step * 1.25), ink, Role.PATTERN)


def _bands(tube: Tube, step: float, share: float) -> list[Points]:
    rows = max(1, round(tube.length / step))
    sag = 0.22 * step / max(tube.length, 0.01) * (1 - np.minimum(_ACROSS**2, 1))
    edge = [tube.at((k + 0.2) / rows + sag, _ACROSS) for k in range(rows)]
    far = [tube.at((k + 0.2 + share) / rows + sag, _ACROSS)[::-1] for k in range(rows)]
    return [np.vstack(pair) for pair in zip(edge, far, strict=True)]


def _columns(tube: Tube, step: float) -> list[Points]:
    count = max(2, round(2 * float(tube.half.mean()) / step))
    lines = []
    for k in range(count):
        start = -1.1 + 2.2 * (k + 0.28) / count
        lines.append(np.vstack([tube.side(start), tube.side(start + 0.92 / count)[::-1]]))
    return lines


def _dots(tube: Tube, step: float) -> list[Points]:
    rows = max(1, round(tube.length / step))
    dots = []
    for k in range(rows + 1):
        u = min(1.0, (k + 0.5) / rows)
        half = tube.width(u)
        columns = int(half / (step * 0.75)) + 1
        for m in range(-columns, columns + 1):
            v = (m + 0.5 * (k % 2)) * step * 1.5 / max(half, 0.01)
            if abs(v) <= 1.15:
                dots.append(ellipse(tube.at(u, v), step * 0.23, count=12))
    return dots


def motif(layers: Layers, kind: str, at: Points, size: float, ink: Lab) -> None:
    """A print on the chest: a star, a heart or a sun. Other patterns have none."""
    if kind == "star":
        a = np.linspace(0, 2 * np.pi, 10, endpoint=False) - np.pi / 2
        corner = np.stack([np.cos(a), np.sin(a)], 1) * np.where(np.arange(10) % 2, 0.52, 1.0)[:, None]
        loops: list[Points] = [at + corner * size]
    elif kind == "heart":
        half = [(0, 0.95), (0.55, 0.45), (0.95, -0.1), (0.85, -0.62), (0.45, -0.78), (0.08, -0.5), (0, -0.32)]
        right = opened(half)
        loops = [at + np.vstack([right, right[::-1] * (-1, 1)]) * size]
    elif kind == "sun":
        rays = [
            at + np.stack([np.cos(t), np.sin(t)], 1) * (size * np.array([[0.72], [1.08], [0.72]]))
            for t in (np.arange(10)[:, None] * np.pi / 5 + np.array([-0.14, 0.0, 0.14]))
        ]
        loops = [ellipse(at, size * 0.58), *rays]
    else:
        return
    layers.inside("torso", loops, ink, Role.PATTERN)
