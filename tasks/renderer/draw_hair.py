"""Hair as hair: strands that follow its flow inside, and flyaways that leave its edge."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrImage, FloatArray, Mask, Plane, Points
from tasks.renderer.canvas import Canvas
from tasks.renderer.figure import Figure
from tasks.renderer.flow import Flow, blur_along, flow_of
from tasks.renderer.noise import Rng
from tasks.renderer.pixels import (
    as_float32,
    blur,
    bounding_box,
    composite_over,
    enlarge,
    mix,
    shrink,
    smoothstep,
)
from tasks.renderer.shapes import as_points
from tasks.renderer.strands import render_strands

_STEPS = 9


@dataclass(frozen=True)
class StrandLook:
    """How a style draws strands. Lengths in face heights, widths in pixels."""

    inner: int = 260  # strands within the hair
    outer: int = 48  # flyaways
    length: float = 0.28
    fly_length: float = 0.24
    width: float = 2.4
    contrast: float = 0.16  # how much lighter or darker than the hair around it
    opacity: float = 0.8
    curl: float = 0.25  # radians by which strands wander


def hair_flow(figure: Figure) -> Flow:
    """Which way the hair runs, carried a little beyond its edge."""
    sigma = max(3.0, figure.face_height * 0.02)
    small = shrink(figure.image, 2)
    flow = flow_of(small, sigma / 2)
    weight = shrink(figure.hair * figure.person, 2) * (0.15 + flow.strength)
    # Directions have no sign: average their doubled angles.
    reach = figure.face_height * 0.035
    cosine = blur((flow.x * flow.x - flow.y * flow.y) * weight, reach)
    sine = blur(2 * flow.x * flow.y * weight, reach)
    angle = 0.5 * np.arctan2(enlarge(sine, figure.hair), enlarge(cosine, figure.hair))
    return Flow(as_float32(np.cos(angle)), as_float32(np.sin(angle)), enlarge(flow.strength, figure.hair))


def comb_hair(image: BgrImage, figure: Figure, flow: Flow, steps: int = 12, stride: float = 1.8) -> BgrImage:
    """The picture with its hair smeared along its flow into locks; the rest untouched."""
    box = bounding_box(figure.hair, 0.05)
    if box is None:
        return image
    rows, columns = box
    window = Canvas(columns.stop - columns.start, rows.stop - rows.start)
    part = Flow(flow.x[box].copy(), flow.y[box].copy(), flow.strength[box].copy())
    locks = blur_along(image[box].copy(), part, window, steps, stride, sigma=steps * 0.6)
    result = image.copy()
    result[box] = mix(image[box], locks, smoothstep(figure.hair[box], 0.3, 0.7))
    return result


def draw_strands(
    image: BgrImage, figure: Figure, flow: Flow, colors: FloatArray, rng: Rng, look: StrandLook
) -> None:
    """Paint strands over `image` in place, in the colors of `colors` where each one starts."""
    solid = smoothstep(figure.hair * figure.person * smoothstep(figure.fade, 0.2, 0.7), 0.5, 0.8)
    amount = float(solid.mean()) * solid.size / figure.face_height**2
    if amount < 0.03:
        return
    paths, roots = _inner_paths(solid, flow, figure, rng, look, min(1.6, amount / 0.5))
    outer_paths, outer_roots = _outer_paths(solid, flow, figure, rng, look, min(1.4, amount / 0.5))
    every = paths + outer_paths
    if not every:
        return
    tones = _tones(colors, np.vstack([roots, outer_roots]), rng, look.contrast, len(paths))
    widths = [look.width * w for w in rng.uniform(0.5, 1.1, len(paths))]
    widths += [max(1.0, look.width * w) for w in rng.uniform(0.35, 0.75, len(outer_paths))]
    drawn = render_strands(every, tones, widths, figure.canvas.shape)
    face_free = 1 - smoothstep(figure.skin[drawn.window], 0.55, 0.9) * np.float32(0.9)
    composite_over(image[drawn.window], drawn.colors, drawn.mask * face_free * np.float32(look.opacity))


def _inner_paths(
    solid: Mask, flow: Flow, figure: Figure, rng: Rng, look: StrandLook, amount: float
) -> tuple[list[Points], Points]:
    starts = _scattered(solid > 0.7, int(look.inner * amount), rng)
    thickness = as_float32(cv2.distanceTransform((solid > 0.5).astype(np.uint8), cv2.DIST_L2, 3))
    room = thickness[starts[:, 1].astype(int), starts[:, 0].astype(int)]  # short hair has short strands
    lengths = np.minimum(look.length * figure.face_height, 2.0 * room + 6) * rng.uniform(
        0.5, 1.2, len(starts)
    )
    paths = [
        _traced(start, flow, float(length) / _STEPS, turn, None)
        for start, length, turn in zip(starts, lengths, rng.normal(0, look.curl, len(starts)), strict=True)
    ]
    kept = [index for index, path in enumerate(paths) if _stays(path, solid)]
    return [paths[index] for index in kept], starts[kept]


def _outer_paths(
    solid: Mask, flow: Flow, figure: Figure, rng: Rng, look: StrandLook, amount: float
) -> tuple[list[Points], Points]:
    """Strands that start just inside the outline of the hair and leave it at a slant."""
    edge = (solid > 0.4) & (blur(figure.person, 3) < 0.93) & (blur(figure.person, 3) > 0.4)
    starts = _scattered(edge, int(look.outer * amount), rng)
    outward = _downhill(blur(figure.person, figure.face_height * 0.03))
    length = look.fly_length * figure.face_height
    room = blur(as_float32(cv2.distanceTransform((solid > 0.5).astype(np.uint8), cv2.DIST_L2, 3)), 12)
    paths, roots = [], []
    for start in starts:
        away = outward[int(start[1]), int(start[0])]
        along = np.array([flow.x[int(start[1]), int(start[0])], flow.y[int(start[1]), int(start[0])]])
        along = along if along @ away + 0.6 * along[1] > 0 else -along
        slant = along + away * rng.uniform(0.10, 0.42)
        slant /= np.linalg.norm(slant) + 1e-6
        reach = min(length, 3.2 * float(room[int(start[1]), int(start[0])])) * rng.uniform(0.35, 1.1)
        paths.append(
            _flown(start - slant * reach * 0.45, slant, reach, float(rng.normal(0, look.curl * 2.6)))
        )
        roots.append(start - away * 9)
    return paths, as_points(roots)


def _scattered(where: NDArray[np.bool_], count: int, rng: Rng) -> Points:
    rows, columns = np.nonzero(where)
    if len(rows) == 0 or count == 0:
        return np.empty((0, 2), np.float32)
    chosen = rng.choice(len(rows), min(count, len(rows)), replace=False)
    return as_float32(np.stack([columns[chosen], rows[chosen]], 1))


def _traced(start: Points, flow: Flow, stride: float, turn: float, towards: Points | None) -> Points:
    """A path along the flow from `start`, wandering by `turn` radians over its length."""
    path, at = [start], start.copy()
    heading = towards if towards is not None else np.array([0.0, 1.0])
    height, width = flow.x.shape
    for step in range(_STEPS):
        column, row = int(np.clip(at[0], 0, width - 1)), int(np.clip(at[1], 0, height - 1))
        along = np.array([flow.x[row, column], flow.y[row, column]])
        along = along if along @ heading >= 0 else -along
        heading = _rotated(along, turn * (step / _STEPS - 0.3) * 0.6)
        at = at + as_float32(heading * stride)
        path.append(at)
    return as_points(path)


def _flown(start: Points, direction: Points, reach: float, bend: float) -> Points:
    """A free curve: off along `direction`, bending by `bend` radians and a little downwards."""
    path, heading = [start], direction
    for _ in range(_STEPS):
        heading = _rotated(heading, bend / _STEPS) + np.array([0, 0.02])
        path.append(path[-1] + heading * reach / _STEPS)
    return as_points(path)


def _rotated(vector: NDArray[np.floating], radians: float) -> NDArray[np.floating]:
    cosine, sine = np.cos(radians), np.sin(radians)
    return np.array([vector[0] * cosine - vector[1] * sine, vector[0] * sine + vector[1] * cosine])


def _stays(path: Points, solid: Mask) -> bool:
    """Whether a path's end is still on the hair."""
    height, width = solid.shape
    x, y = np.clip(path[-1], 0, (width - 1, height - 1)).astype(int)
    return bool(solid[y, x] > 0.25)


def _downhill(mask: Mask) -> Plane:
    """The unit vector out of a mask, at every pixel."""
    across, down = cv2.Sobel(mask, -1, 1, 0), cv2.Sobel(mask, -1, 0, 1)
    length = np.hypot(across, down) + 1e-6
    return as_float32(np.dstack([-across / length, -down / length]))


def _tones(colors: FloatArray, roots: Points, rng: Rng, contrast: float, inner: int) -> FloatArray:
    height, width = colors.shape[:2]
    x = np.clip(roots[:, 0], 0, width - 1).astype(int)
    y = np.clip(roots[:, 1], 0, height - 1).astype(int)
    shade = rng.choice([-1.0, -0.6, 0.7, 1.0], len(roots)) * rng.uniform(0.4, 1.2, len(roots)) * contrast
    shade[inner:] = np.minimum(shade[inner:], 0.3 * contrast)  # flyaways must not glow
    base = colors[y, x]
    return as_float32(np.clip(base * (1 + shade[:, None]) + shade[:, None] * 0.08, 0, 1))
