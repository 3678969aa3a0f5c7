"""Curly and coily hair: an outline of round bumps, and curls of its scale within; no straight line."""

import numpy as np

from tasks.arrays import Mask, Points
from tasks.design.geometry import as_points, blurred, normals, stroke
from tasks.design.head.context import HeadContext
from tasks.design.head.hair_color import HairTones
from tasks.design.head.hair_flow import HairFlow, scattered
from tasks.design.head.parts import drawn
from tasks.design.shapes import Material, Role, Shape
from tasks.perception.character_sheet import UNIT, map_from_units

SIZES = {"curly": 8.0, "coily": 4.6}  # head units, the width of a curl
BUMP = 0.24  # of a curl's width, by which the outline swells
AT_FACE = 0.4  # of that, where hair meets the face
MOST_CURLS = 120
SPACING = 1.5  # curls' widths from one to the next, at least
PEN = {"curly": 1.1, "coily": 0.8}
BRIGHT = 0.3  # of the tone: a lighter curl from there


def curl_size(context: HeadContext) -> float | None:
    """The width of this hair's curls, head units; None for hair that is not known to curl."""
    texture = context.sheet.traits.hair_texture
    return SIZES[texture.value or ""] if context.seen(texture, *SIZES) else None


def scalloped(loop: Points, size: float, face: Mask) -> Points:
    """The outline swollen by half circles of about `size`, smaller along the `face` (HxW)."""
    steps = np.linalg.norm(np.diff(loop, axis=0, append=loop[:1]), axis=1)
    length = float(steps.sum())
    count = max(4, round(length / size))
    at = np.linspace(0, length, count * 10, endpoint=False)
    walked = np.concatenate([[0], np.cumsum(steps)])
    closed = np.vstack([loop, loop[:1]])
    points = as_points(np.stack([np.interp(at, walked, closed[:, k]) for k in (0, 1)], 1))
    x, y = points[:, 0], points[:, 1]
    clockwise = float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) > 0
    outward = -normals(points) if clockwise else normals(points)
    phase = at / length * count + 0.12 * np.sin(at / 11.0)
    swell = np.abs(np.sin(np.pi * phase)) - 0.4
    near = _sampled(blurred(face, 3.0), points)
    amplitude = BUMP * size * np.where(near > 0.12, AT_FACE, 1.0)
    return as_points(points + outward * (swell * amplitude)[:, None])


def _sampled(plane: Mask, points: Points) -> Mask:
    columns, rows = np.round(map_from_units(points)).astype(int).T
    return np.asarray(
        plane[np.clip(rows, 0, plane.shape[0] - 1), np.clip(columns, 0, plane.shape[1] - 1)], np.float32
    )


def curls(flow: HairFlow, size: float, tones: HairTones, rng: np.random.Generator) -> list[Shape]:
    """Arcs of three quarters of a turn, dark ones in the dark and light ones in the light."""
    area = float((flow.mask > 0.5).sum()) / UNIT**2
    spacing = max(SPACING * size, float(np.sqrt(area / MOST_CURLS)))
    shapes: list[Shape] = []
    width = PEN["curly"] if size > SIZES["coily"] else PEN["coily"]
    for point in scattered(flow, spacing, rng):
        radius = size * float(rng.uniform(0.28, 0.48))
        start, turn = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(3.4, 5.2))
        t = start + np.linspace(0, turn, 14)
        shrink = np.linspace(1.0, 0.62, 14)
        arc = np.stack([point[0] + radius * shrink * np.cos(t), point[1] + radius * shrink * np.sin(t)], 1)
        light = float(flow.tone[flow.at(point[None])][0]) > BRIGHT
        lab, role = (tones.light, Role.LIGHT) if light else (tones.line, Role.PEN)
        loop = stroke(arc, width, ends=(0.2, 0.2))
        shapes += drawn("hair_curl", loop, lab, Material.HAIR, role, clip="hair", opacity=0.8)
    return shapes
