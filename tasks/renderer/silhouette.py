"""The person's outline: smooth where masks are jagged, fine where hair flies, soft where it was cut."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrImage, FloatArray, Mask, Points
from tasks.renderer.canvas import Canvas
from tasks.renderer.framing import Framing
from tasks.renderer.pixels import (
    as_float32,
    blur,
    bounding_box,
    enlarge,
    luminance,
    remap,
    shrink,
    smoothstep,
)

_CLEAR_CONTRAST = (0.12, 0.34)  # color distance between hair and what is behind it
_EDGE_STEP = 0.07  # color step (BGR distance) that makes an outline an edge of the photo


def smooth_outline(person: Mask, face_height: float) -> Mask:
    """The mask without teeth and steps: small islands and holes gone, corners rounded."""
    whole = _largest_piece(person)
    rounded = blur(whole, max(2.0, face_height * 0.014))
    return smoothstep(rounded, 0.34, 0.66)


def _largest_piece(person: Mask) -> Mask:
    small = (shrink(person, 2) > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(small)
    if count < 2:
        return person
    keep = (labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    holes, inside, hole_stats, _ = cv2.connectedComponentsWithStats(1 - keep)
    for hole in range(1, holes):
        if hole_stats[hole, cv2.CC_STAT_AREA] < 0.0012 * keep.size:
            keep[inside == hole] = 1
    allowed = enlarge(blur(as_float32(cv2.dilate(keep, np.ones((3, 3), np.uint8))), 1.0), person)
    filled = enlarge(blur(as_float32(cv2.erode(keep, np.ones((5, 5), np.uint8))), 1.0), person)
    return np.maximum(person * allowed, filled)


def with_flyaways(image: BgrImage, person: Mask, hair: Mask, face_height: float) -> Mask:
    """The mask with the hair's fine edge from the photo: how much of each pixel is hair, by color."""
    reach = max(6.0, face_height * 0.06)
    box = _window(hair, round(2.5 * reach))
    if box is None:
        return person
    refined = person.copy()
    refined[box] = _hair_share(image[box], person[box], hair[box], reach)
    return refined


def _window(mask: Mask, margin: int) -> tuple[slice, slice] | None:
    box = bounding_box(mask, 0.05)
    if box is None:
        return None
    rows, columns = box
    return (
        slice(max(0, rows.start - margin), min(mask.shape[0], rows.stop + margin)),
        slice(max(0, columns.start - margin), min(mask.shape[1], columns.stop + margin)),
    )


def _hair_share(image: BgrImage, person: Mask, hair: Mask, reach: float) -> Mask:
    """Near the hair's edge a pixel lies between the hair's color and the background's.

    Where the two are clearly apart, and the background isn't mottled, its place between them is its
    share of hair.
    """
    hair_colour, hair_near = _spread(image, hair * smoothstep(person, 0.8, 0.98), reach)
    back_color, back_near = _spread(image, smoothstep(blur(person, reach * 0.3), 0.10, 0.01), reach)
    mottled = blur(luminance(np.abs(image - back_color)) * smoothstep(person, 0.1, 0.02), reach * 0.4)
    mottled /= np.maximum(back_near, 0.05)
    apart = hair_colour - back_color
    contrast = np.sqrt((apart**2).sum(-1))
    share = ((image - back_color) * apart).sum(-1) / (contrast**2 + 1e-4)
    edge = blur(person, reach * 0.5)
    trust = smoothstep(contrast, *_CLEAR_CONTRAST) * smoothstep(hair_near, 0.02, 0.12)
    trust *= smoothstep(back_near, 0.02, 0.12) * smoothstep(edge, 0.04, 0.2) * smoothstep(edge, 0.97, 0.8)
    trust *= smoothstep(contrast, 1.5 * mottled, 4.0 * mottled + 0.02)
    fine = smoothstep(share, 0.18, 0.85)
    return as_float32(person + (fine - person) * trust)


def _spread(image: BgrImage, weight: Mask, reach: float) -> tuple[BgrImage, Mask]:
    """The mean color of a region carried `reach` pixels beyond it, and how much of it is near."""
    small, small_weight = shrink(image, 2), shrink(weight, 2)
    near = blur(small_weight, reach / 2)
    color = blur(small * small_weight[..., None], reach / 2) / (near[..., None] + 1e-4)
    return enlarge(color, image), enlarge(near, image)


def photo_edge_fade(
    canvas: Canvas, framing: Framing, photo: tuple[int, int], cut: Mapping[str, bool], face_height: float
) -> Mask:
    """1 inside the photo, falling to 0 just beyond those of its sides that cut the person on the sheet.

    The photo's edge pixels go on beyond its edges, so a shoulder can end softly a little outside.
    """
    left, top = framing.offset.tolist()
    right, bottom = left + photo[1] * framing.scale, top + photo[0] * framing.scale
    inside, beyond = 0.22 * face_height, 0.10 * face_height
    fade = np.ones(canvas.shape, np.float32)
    if cut["left"] and left > 2:
        fade *= smoothstep(canvas.columns, left - beyond, left + inside)
    if cut["right"] and right < canvas.width - 2:
        fade *= smoothstep(canvas.columns, right + beyond, right - inside)
    if cut["top"] and top > 2:
        fade *= smoothstep(canvas.rows, top - beyond, top + inside)
    if cut["bottom"] and bottom < canvas.height - 2:
        fade *= smoothstep(canvas.rows, bottom + beyond, bottom - inside)
    return fade


def cut_edge_fade(image: BgrImage, person: Mask, face_height: float) -> Mask:
    """1 inside, falling to 0 towards a long, steep, even outline that no edge of the photo explains.

    Such a line is where one person was cut from the next; drawn as it is, it looks like scissors. So does
    a plumb line drawn with a ruler, whatever made it: nobody's side is that straight.
    """
    fade = np.ones(person.shape, np.float32)
    contour = _outline_points(person)
    if contour is None or len(contour) < 40:
        return fade
    suspicious = _steep_and_even(contour, face_height) & ~_explained(contour, image, face_height)
    suspicious |= _ruled(contour, face_height)
    suspicious &= _inside_sheet(contour, person.shape)
    marks = _long_runs(suspicious, 0.28 * face_height, contour)
    if not marks.any():
        return fade
    free = np.full(person.shape, 255, np.uint8)
    drawn = np.round(contour[marks]).astype(int)
    free[drawn[:, 1], drawn[:, 0]] = 0
    away = as_float32(cv2.distanceTransform(cv2.erode(free, np.ones((5, 5), np.uint8)), cv2.DIST_L2, 5))
    return smoothstep(away, 2, 0.26 * face_height)


def _outline_points(person: Mask) -> Points | None:
    """The person's outline, a point about every two pixels."""
    found, _ = cv2.findContours((person > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not found:
        return None
    return as_float32(max(found, key=len)[::2, 0, :])


def _steep_and_even(contour: Points, face_height: float) -> NDArray[np.bool_]:
    """Where the outline runs nearly straight and closer to upright than to level."""
    half = max(8, int(0.10 * face_height / 2))
    before, after = np.roll(contour, half, 0), np.roll(contour, -half, 0)
    chord = after - before
    length = np.hypot(chord[:, 0], chord[:, 1]) + 1e-6
    middle = contour - before
    bend = np.abs(chord[:, 0] * middle[:, 1] - chord[:, 1] * middle[:, 0]) / length
    return (bend < 0.05 * length) & (np.abs(chord[:, 0]) < 0.6 * np.abs(chord[:, 1]))


def _ruled(contour: Points, face_height: float) -> NDArray[np.bool_]:
    """Where the outline is a plumb line, straight as a ruler over half a face."""
    half = max(20, int(0.25 * face_height / 2))
    before, after = np.roll(contour, half, 0), np.roll(contour, -half, 0)
    chord = after - before
    length = np.hypot(chord[:, 0], chord[:, 1]) + 1e-6
    bend = np.zeros(len(contour), np.float32)
    for share in (-0.6, -0.3, 0.0, 0.3, 0.6):
        between = np.roll(contour, round(share * half), 0) - before
        bend = np.maximum(bend, np.abs(chord[:, 0] * between[:, 1] - chord[:, 1] * between[:, 0]) / length)
    plumb = np.abs(chord[:, 0]) < 0.06 * np.abs(chord[:, 1])
    middle_of_a_line = (bend < 2.2) & plumb & (length > 1.8 * half)
    marks = middle_of_a_line.astype(np.uint8).reshape(1, -1)
    return np.asarray(cv2.dilate(marks, np.ones((1, 2 * half + 1), np.uint8)) > 0).reshape(-1)


def _explained(contour: Points, image: BgrImage, face_height: float) -> NDArray[np.bool_]:
    """Where the photo has an edge along the outline: one color inside, another outside, for a while."""
    ahead = np.roll(contour, -6, 0) - np.roll(contour, 6, 0)
    ahead /= np.hypot(ahead[:, 0], ahead[:, 1])[:, None] + 1e-6
    across = np.stack([-ahead[:, 1], ahead[:, 0]], 1)
    smooth = blur(image, 1.2)
    step = np.zeros((len(contour), 3), np.float32)
    for offset in (4, 8):
        sides = [contour + side * offset * across for side in (-1, 1)]
        inner, outer = (_looked_up(smooth, side) for side in sides)
        step += (outer - inner) / 2
    window = max(9, int(0.14 * face_height / 2) | 1)
    padded = np.vstack([step[-window:], step, step[:window]])
    even = as_float32(cv2.blur(padded, (1, window)))[window:-window]
    return np.asarray(np.sqrt((even**2).sum(1)) > _EDGE_STEP)


def _looked_up(image: BgrImage, at: Points) -> FloatArray:
    x, y = as_float32(at[:, 0]).reshape(-1, 1), as_float32(at[:, 1]).reshape(-1, 1)
    return remap(image, x, y)[:, 0]


def _inside_sheet(contour: Points, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    x, y = contour[:, 0], contour[:, 1]
    return (x > 4) & (y > 4) & (x < shape[1] - 5) & (y < shape[0] - 5)


def _long_runs(marks: NDArray[np.bool_], shortest: float, contour: Points) -> NDArray[np.bool_]:
    """Only those marked stretches that are at least `shortest` pixels long, small gaps forgiven."""
    gap = np.ones(9, np.uint8)
    ring = cv2.morphologyEx(
        marks.astype(np.uint8).reshape(1, -1), cv2.MORPH_CLOSE, gap.reshape(1, -1)
    ).ravel()
    edges = np.flatnonzero(np.diff(np.concatenate([[0], ring, [0]])))
    kept = np.zeros(len(ring), bool)
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if np.hypot(*(contour[stop - 1] - contour[start])) >= shortest:
            kept[start:stop] = True
    return kept
