"""Glasses, found in the photo as geometry: the pair of lens outlines that the photo bears out best."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from tasks.arrays import Color, FloatArray, Plane, Points
from tasks.face_mesh import EYE_CORNERS, LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from tasks.renderer.color import to_lab
from tasks.renderer.figure import Figure
from tasks.renderer.pixels import as_float32, blur, remap, smoothstep
from tasks.renderer.shapes import as_points, fill_path

_AROUND = 56  # points on a lens's outline; the first half of them is its lower half
# How well a guess must fit: frames reach 0.9 and more, brows, lashes and shadows 0.4 at most.
_ENOUGH = {"glasses": 0.38, "sunglasses": 0.50, None: 0.75}
_TEMPLES = (127, 356)  # where the arms go behind the ears

# Ways a lens could be, one a row, in eye spans (outer corner to outer corner): shift outwards, shift
# downwards, half the width, half the height; and how square it is (2 is an ellipse).
_GUESSES = np.array(
    list(
        product(
            (-0.03, 0.0, 0.03, 0.06),
            (-0.03, 0.01, 0.05, 0.09),
            (0.20, 0.23, 0.26, 0.29, 0.32),
            (0.13, 0.16, 0.19, 0.22, 0.26),
            (2.0, 3.2, 4.5),
        )
    ),
    np.float32,
)


@dataclass(frozen=True)
class Frames:
    """A pair of glasses on the sheet."""

    lenses: tuple[Points, Points]  # outlines; the person's right one first
    bridge: Points
    arms: tuple[Points, Points]
    thickness: float  # pixels
    color: Color
    tint: Color | None  # of dark lenses


def find_frames(figure: Figure) -> Frames | None:
    """The glasses in the photo, or None where there are none (or none that can be drawn honestly)."""
    if not figure.shows_features:
        return None
    span = float(np.linalg.norm(figure.mesh[RIGHT_EYE_OUTER] - figure.mesh[LEFT_EYE_OUTER]))
    lightness = to_lab(figure.image)[..., 0]
    tinted = figure.eyewear == "sunglasses"
    outlines = _outlines(figure, span)
    fits = _dark_inside(outlines, lightness, figure) if tinted else _line_along(outlines, lightness, span)
    best = int(np.argmax(fits))
    if fits[best] < _ENOUGH[figure.eyewear]:
        return None
    lenses = (as_points(outlines[best, 0]), as_points(outlines[best, 1]))
    thickness, color = _rim(lenses, figure, lightness, span)
    tint = _lens_tint(lenses, figure) if tinted else None
    return Frames(lenses, _bridge(lenses), _arms(lenses, figure), thickness, color, tint)


def _outlines(figure: Figure, span: float) -> FloatArray:
    """Every guess's two lenses: guesses x 2 x points x 2. The far lens of a turned head is narrower."""
    across, down, half_width, half_height, squareness = (column[:, None] for column in _GUESSES.T)
    angle = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** (2 / squareness)
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** (2 / squareness)
    x = x * np.where(y > 0, 1 - 0.10 * np.abs(y), 1)  # lenses narrow downwards
    right = (figure.mesh[LEFT_EYE_OUTER] - figure.mesh[RIGHT_EYE_OUTER]) / span
    below = np.array([-right[1], right[0]])
    lenses = []
    for (outer, inner), side in zip(EYE_CORNERS, (-1, 1), strict=True):
        corners = figure.mesh[outer] - figure.mesh[inner]
        squeeze = float(np.clip(np.linalg.norm(corners) / (0.30 * span), 0.72, 1.12)) * span
        sideways = (side * across + x * half_width) * squeeze
        downwards = (down + y * half_height) * span
        eye = (figure.mesh[outer] + figure.mesh[inner]) / 2
        lenses.append(eye + sideways[..., None] * right + downwards[..., None] * below)
    return as_float32(np.stack(lenses, 1))


def _line_along(outlines: FloatArray, lightness: Plane, span: float) -> FloatArray:
    """How much of each guess runs along a thin dark line; mostly its lower half: brows can play the upper."""
    thin = max(1.0, 0.014 * span)
    lines = smoothstep(blur(lightness, 3.2 * thin) - blur(lightness, thin), 1.5, 16.0)
    on = _sampled(lines, outlines)
    low, high = on[..., : _AROUND // 2].reshape(len(on), -1), on[..., _AROUND // 2 :].reshape(len(on), -1)
    return as_float32(0.65 * low.mean(1) + 0.35 * high.mean(1) + 0.25 * np.percentile(low, 25, axis=1))


def _dark_inside(outlines: FloatArray, lightness: Plane, figure: Figure) -> FloatArray:
    """How dark each guess is inside, and how light just outside, most of all below."""
    skin = figure.palette.skin_lab[0]
    dark = smoothstep(blur(lightness, 1.5), 0.75 * skin, 0.42 * skin)
    inside = sum(_sampled(dark, _scaled(outlines, share)).mean((1, 2)) for share in (0.4, 0.75, 0.92)) / 3
    outside = _sampled(dark, _scaled(outlines, 1.14))
    return as_float32(inside - 0.7 * outside[..., : _AROUND // 2].mean((1, 2)) - 0.3 * outside.mean((1, 2)))


def _sampled(plane: Plane, at: FloatArray) -> FloatArray:
    """The plane's value at each point; any shape of points."""
    x, y = at[..., 0].reshape(-1, 1), at[..., 1].reshape(-1, 1)
    height = 30_000  # cv2 looks up at most 32767 rows at once
    parts = [
        remap(plane, as_float32(x[i : i + height]).copy(), as_float32(y[i : i + height]).copy())
        for i in range(0, len(x), height)
    ]
    return np.concatenate(parts).reshape(at.shape[:-1])


def _scaled(outline: FloatArray, share: float) -> FloatArray:
    """Outlines grown or shrunk around their own middles."""
    center = outline.mean(-2, keepdims=True)
    return as_float32(center + (outline - center) * share)


def _rim(lenses: tuple[Points, Points], figure: Figure, lightness: Plane, span: float) -> tuple[float, Color]:
    """The rim's thickness and color: how far around the outline it stays dark, and how that looks."""
    skin = figure.palette.skin_lab[0]
    offsets = np.linspace(0.86, 1.14, 15)
    profile = [
        np.median(np.concatenate([_sampled(lightness, _scaled(lens, s)) for lens in lenses])) for s in offsets
    ]
    dark = np.asarray(profile) < (min(profile) + 0.72 * skin) / 2
    radius = float(np.linalg.norm(lenses[0] - lenses[0].mean(0), axis=1).mean())
    thickness = float(np.clip(dark.sum() * 0.02 * radius, 0.020 * span, 0.075 * span))
    rim = _scaled(lenses[0], float(offsets[int(np.argmin(profile))]))
    samples = np.stack([_sampled(figure.image[..., channel].copy(), rim) for channel in range(3)], 1)
    darkest = samples[samples.sum(1) <= np.percentile(samples.sum(1), 50)]
    return thickness, as_float32(np.clip(np.median(darkest, axis=0), 0, 0.62))


def _lens_tint(lenses: tuple[Points, Points], figure: Figure) -> Color:
    inside = np.maximum(*(fill_path(figure.canvas, _scaled(lens, 0.8)) for lens in lenses)) > 0.5
    return as_float32(np.clip(np.median(figure.image[inside], axis=0), 0.03, 0.45))


def _bridge(lenses: tuple[Points, Points]) -> Points:
    """The bow over the nose, from the inner side of one lens to that of the other."""
    right, left = lenses
    inner_right = right[int(np.argmin(np.linalg.norm(right - left.mean(0), axis=1)))]
    inner_left = left[int(np.argmin(np.linalg.norm(left - right.mean(0), axis=1)))]
    height = float(np.linalg.norm(right - right.mean(0), axis=1).min())
    up = as_points([0, -0.30 * height])[0]
    return as_points([inner_right + up, (inner_right + inner_left) / 2 + up * 1.8, inner_left + up])


def _arms(lenses: tuple[Points, Points], figure: Figure) -> tuple[Points, Points]:
    """The arms, from the outer upper side of each lens to the temple."""
    arms = []
    for lens, temple in zip(lenses, _TEMPLES, strict=True):
        hinge = lens[int(np.argmin(np.linalg.norm(lens - figure.mesh[temple], axis=1)))]
        end = figure.mesh[temple] * 0.92 + hinge * 0.08
        end = as_points([end[0], hinge[1] + 0.35 * (end[1] - hinge[1])])[0]
        arms.append(as_points([hinge, (hinge + end) / 2, end]))
    return arms[0], arms[1]
