"""Which way the hair lies: measured where it shows, from the crown outwards and down where it does not."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import Mask, Plane, Points
from tasks.design.geometry import blurred
from tasks.design.head.context import HeadContext
from tasks.face_mesh import FOREHEAD, NOSE_BRIDGE
from tasks.perception.character_sheet import UNIT, map_from_units, unit_grid, units_from_map

MARGIN = 8  # map pixels around the hair that belong to its crop
GRADIENT = 0.7  # head units: lightness is blurred so much before its gradient is taken
TENSOR = 3.2  # head units over which directions are averaged
PRIOR = 0.35  # weight of the prior, of the median gradient's energy
CROWN = 16.0  # head units above the forehead: hair parts from there, if nothing else is seen
FALL = 45.0  # head units below the eyes over which hair turns from outwards to downwards
TURN = 0.4  # how far a streamline follows the field at each step: it has no kinks
STEP = 1.4  # head units from one point of a streamline to the next
SMEAR = 7  # steps each way along which tones are smeared into locks
SMEAR_STEP = 2.0  # head units


@dataclass(frozen=True)
class HairFlow:
    """The direction of growth in a crop of the maps, from the scalp to the tips."""

    x: int  # map pixels: the crop's left
    y: int
    mask: Mask  # hxw, the hair
    vx: Plane  # hxw, unit vectors
    vy: Plane
    tone: Plane  # hxw, lightness as it runs along the hair, standard deviations from the median
    spread: float  # L*, the standard deviation

    def at(self, points: Points) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns in the crop of points in head units, (N, 2), kept within it."""
        pixels = map_from_units(points) - (self.x, self.y) + 0.5
        height, width = self.mask.shape
        columns = np.clip(pixels[..., 0], 0, width - 1).astype(np.intp)
        return np.clip(pixels[..., 1], 0, height - 1).astype(np.intp), columns

    def streamlines(self, starts: Points, length: float, *, up: bool = False) -> list[Points]:
        """For each start, (N, 2), the way along the hair to its tips, or its roots, while there is hair.

        A path begins with its start, and has no point outside the hair; it may be empty.
        """
        points = np.asarray(starts, np.float32)
        at = self.at(points)
        ahead = np.stack([self.vx[at], self.vy[at]], 1) * np.float32(-1 if up else 1)
        alive = self.mask[at] > 0.5
        counts, paths = alive.astype(int), [points]
        for _ in range(int(length / STEP)):
            points = points + ahead * np.float32(STEP)
            at = self.at(points)
            alive &= self.mask[at] > 0.5
            if not alive.any():
                break
            counts += alive
            paths.append(points)
            turn = np.stack([self.vx[at], self.vy[at]], 1)
            turn *= np.where((turn * ahead).sum(1) < 0, -1, 1)[:, None]
            ahead = (1 - TURN) * ahead + TURN * turn
            ahead /= np.maximum(np.linalg.norm(ahead, axis=1), 1e-6)[:, None]
        whole = np.stack(paths, 1)
        return [whole[k, :count] for k, count in enumerate(counts)]

    def whole(self, part: Mask) -> Mask:
        """A crop as a map."""
        rows, columns = unit_grid()[0].shape
        result = np.zeros((rows, columns), np.float32)
        height, width = part.shape
        result[self.y : self.y + height, self.x : self.x + width] = part
        return result


def hair_flow(context: HeadContext, hair: Mask, smear: int = SMEAR) -> HairFlow:
    """The flow of a map's hair, from the photo's pixels where it shows them.

    `smear` is how many steps each way its tones are drawn out along it: few for curls.
    """
    ys, xs = np.where(hair > 0.5)
    y0, y1 = max(ys.min() - MARGIN, 0), min(ys.max() + MARGIN, hair.shape[0])
    x0, x1 = max(xs.min() - MARGIN, 0), min(xs.max() + MARGIN, hair.shape[1])
    crop = np.s_[y0:y1, x0:x1]
    mask = np.ascontiguousarray(hair[crop], np.float32)
    seen = np.ascontiguousarray(context.worn.seen_hair[crop] > 0.6, np.float32)
    lightness = np.ascontiguousarray(context.sheet.lab[crop][..., 0], np.float32)
    vx, vy = _directions(context, lightness, seen, crop)
    tone = blurred(lightness, GRADIENT, seen)
    known = seen > 0.5
    middle = float(np.median(tone[known])) if known.any() else 0.0
    tone = np.where(blurred(seen, GRADIENT) > 0.15, tone, middle).astype(np.float32)
    tone = _smeared(tone, vx, vy, smear)
    middle, spread = (float(np.median(tone[known])), float(tone[known].std())) if known.any() else (0.0, 2.0)
    spread = max(spread, 2.0)
    return HairFlow(int(x0), int(y0), mask, vx, vy, np.asarray((tone - middle) / spread, np.float32), spread)


def _prior(context: HeadContext, crop: tuple[slice, slice]) -> tuple[Plane, Plane]:
    """Unit vectors: away from the crown, and down beside and below the face."""
    x, y = (plane[crop] for plane in unit_grid())
    crown = context.placed([(0, context.height_of(FOREHEAD) - CROWN)])[0]
    vx, vy = x - crown[0], y - crown[1]
    length = np.maximum(np.hypot(vx, vy), 1)
    falls = np.clip((context.height_map[crop] - context.height_of(NOSE_BRIDGE)) / FALL + 0.35, 0, 1) * 0.85
    vx, vy = vx / length * (1 - falls), vy / length * (1 - falls) + falls
    length = np.maximum(np.hypot(vx, vy), 1e-3)
    return np.asarray(vx / length, np.float32), np.asarray(vy / length, np.float32)


def _directions(
    context: HeadContext, lightness: Plane, seen: Mask, crop: tuple[slice, slice]
) -> tuple[Plane, Plane]:
    """Unit vectors along the hair: the structure tensor of its lightness, where unsure the prior."""
    smooth = blurred(lightness, GRADIENT)
    gx, gy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    inner = cv2.erode(seen, np.ones((3, 3), np.uint8))
    cos2 = blurred((gy * gy - gx * gx) * inner, TENSOR)
    sin2 = blurred(-2 * gx * gy * inner, TENSOR)
    energy = blurred((gx * gx + gy * gy) * inner, TENSOR)
    px, py = _prior(context, crop)
    weight = PRIOR * float(np.median(energy[inner > 0])) if (inner > 0).any() else 1.0
    cos2 = blurred(cos2 + weight * (px * px - py * py), TENSOR / 2)
    sin2 = blurred(sin2 + weight * 2 * px * py, TENSOR / 2)
    angle = 0.5 * np.arctan2(sin2, cos2)
    vx, vy = np.cos(angle), np.sin(angle)
    sign = np.where(vx * px + vy * py < 0, -1, 1)
    return np.asarray(vx * sign, np.float32), np.asarray(vy * sign, np.float32)


def _smeared(values: Plane, vx: Plane, vy: Plane, smear: int) -> Plane:
    """Line integral convolution: every pixel the mean along its streamline."""
    height, width = values.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    total: NDArray[np.float32] = values.copy()
    step = SMEAR_STEP * UNIT
    for sign in (1.0, -1.0):
        x: Plane = columns
        y: Plane = rows
        dx, dy = np.float32(sign) * vx, np.float32(sign) * vy
        for _ in range(smear):
            x, y = np.asarray(x + dx * step, np.float32), np.asarray(y + dy * step, np.float32)
            seen = cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            total = np.asarray(total + seen, np.float32)
            nx = cv2.remap(vx, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
            ny = cv2.remap(vy, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
            back = np.where(nx * dx + ny * dy < 0, np.float32(-1), np.float32(1))
            dx, dy = np.asarray(nx * back, np.float32), np.asarray(ny * back, np.float32)
    return np.asarray(total / (1 + 2 * smear), np.float32)


def scattered(flow: HairFlow, spacing: float, rng: np.random.Generator) -> Points:
    """(N, 2), points on a jittered grid over the hair, head units."""
    height, width = flow.mask.shape
    step = spacing * UNIT
    rows, columns = np.arange(step / 2, height, step), np.arange(step / 2, width, step)
    grid = np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2)
    grid += rng.uniform(-0.4, 0.4, grid.shape) * step
    points = units_from_map((grid + np.array((flow.x, flow.y))).astype(np.float32))
    return np.asarray(points[flow.mask[flow.at(points)] > 0.5], np.float32)
