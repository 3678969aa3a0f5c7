"""Hair that ends in tips: locks that leave the silhouette where they grow out of it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import Points
from tasks.design.geometry import as_points
from tasks.design.head.hair_flow import HairFlow
from tasks.perception.character_sheet import UNIT, map_from_units, units_from_map

SPACING = 11.0  # head units between the tips of locks
NEAR_EDGE = (2.0, 8.0)  # head units from the silhouette at which locks begin
FALLS = 0.45  # cosine of the angle to the head's axis from which hair hangs: crowns have no tips
LEAVES = 0.6  # cosine of the angle to the silhouette's normal from which hair grows out of it
ROOT = 20.0  # head units of a lock within the hair
TIP = (3.0, 8.0)  # head units by which it stands out
WIDTH = (8.0, 14.0)
FINER = 3  # the union of silhouette and tips is made at so many times the maps' resolution
LEAST = 6.0  # square head units of a loop of the union
EVEN = 1.1  # head units over which its outline is smoothed


def with_tips(
    loops: tuple[Points, ...], flow: HairFlow, down: Points, rng: np.random.Generator
) -> tuple[Points, ...]:
    """The silhouette of `loops` (even-odd) with tapering locks where hair hangs out of it.

    `down` is the head's axis, a unit vector towards the chin.
    """
    return united(loops, _tips(flow, down, rng))


def _tips(flow: HairFlow, down: Points, rng: np.random.Generator) -> list[Points]:
    solid = (flow.mask > 0.5).astype(np.uint8)
    away = cv2.distanceTransform(solid, cv2.DIST_L2, 3) / UNIT
    smooth = cv2.GaussianBlur(flow.mask, (0, 0), 2.0 * UNIT)
    nx, ny = -cv2.Sobel(smooth, cv2.CV_32F, 1, 0), -cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    length = np.maximum(np.hypot(nx, ny), 1e-4)
    leaves = (nx * flow.vx + ny * flow.vy) / length
    falls = flow.vx * down[0] + flow.vy * down[1] > FALLS
    room = falls & (away > NEAR_EDGE[0]) & (away < NEAR_EDGE[1]) & (leaves > LEAVES)
    ys, xs = np.where(room)
    if not len(ys):
        return []
    order = rng.permutation(len(ys))
    cells = np.floor(np.stack([ys, xs], 1)[order] / (SPACING * UNIT)).astype(int)
    _, first = np.unique(cells, axis=0, return_index=True)  # one of each cell, by chance
    starts = np.stack([xs, ys], 1)[order[first]] + np.array((flow.x, flow.y))
    points = units_from_map(starts.astype(np.float32))
    roots, ends = flow.streamlines(points, ROOT, up=True), flow.streamlines(points, 2 * NEAR_EDGE[1])
    tips = []
    for root, end in zip(roots, ends, strict=True):
        out, width, bend = rng.uniform(*TIP), rng.uniform(*WIDTH), rng.uniform(-1, 1)
        path = np.vstack([root[::-1], end[1:]])
        if len(path) >= 5:
            tips.append(tapered(_continued(path, out, bend), width))
    return tips


def _continued(path: Points, by: float, bend: float) -> Points:
    """A path that goes on beyond the hair by so many head units, bending aside."""
    heading = path[-1] - path[-4]
    heading = heading / max(float(np.linalg.norm(heading)), 1e-6)
    aside = np.array([-heading[1], heading[0]]) * bend
    t = np.linspace(0, 1, 6)[1:, None]
    return as_points(np.vstack([path, path[-1] + heading * t * by + aside * 0.22 * by * t**2]))


def tapered(path: Points, width: float) -> Points:
    """A lock along a path: full in its first half, a point at its end."""
    along = np.gradient(path, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    across = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
    t = np.linspace(0, 1, len(path))
    half = width / 2 * np.minimum(1, 0.35 + 2.2 * t) * (1 - np.clip((t - 0.35) / 0.65, 0, 1) ** 1.6)
    return as_points(np.vstack([path + across * half[:, None], (path - across * half[:, None])[::-1]]))


def united(loops: tuple[Points, ...], more: list[Points]) -> tuple[Points, ...]:
    """One silhouette from loops (even-odd) and others laid over them."""
    if not loops:
        return ()
    every = [map_from_units(loop) for loop in (*loops, *more)]
    low = np.floor(np.min([p.min(0) for p in every], 0)) - 2
    high = np.ceil(np.max([p.max(0) for p in every], 0)) + 3
    width, height = ((high - low) * FINER).astype(int)
    canvas = np.zeros((height, width), np.uint8)
    fixed = [np.round((p - low) * FINER * 16).astype(np.int32) for p in every]
    cv2.fillPoly(canvas, fixed[: len(loops)], (255,), cv2.LINE_8, 4)
    for p in fixed[len(loops) :]:
        cv2.fillPoly(canvas, [p], (255,), cv2.LINE_8, 4)
    found, _ = cv2.findContours(canvas, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    least = LEAST * (UNIT * FINER) ** 2
    kept = sorted((c for c in found if cv2.contourArea(c) > least), key=cv2.contourArea, reverse=True)
    return tuple(units_from_map(_evened(c[:, 0]) / FINER + low) for c in kept)


def _evened(contour: NDArray[np.generic]) -> NDArray[np.float32]:
    points = contour.astype(np.float64)
    sigma = EVEN * UNIT * FINER / 2
    reach = min(int(3 * sigma) + 1, (len(points) - 1) // 2)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    ring = np.vstack([points[-reach:], points, points[:reach]])
    smooth = np.stack([np.convolve(ring[:, i], weights, "valid") for i in (0, 1)], 1)
    return np.asarray(smooth[::FINER], np.float32)
