"""Glasses, found in the photo as geometry and drawn again as an object."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tasks.providers.local.brush.colour import to_lab
from tasks.providers.local.brush.figure import Figure
from tasks.providers.local.brush.landmarks import EYE_CORNERS
from tasks.providers.local.brush.pixels import (
    Colour,
    FloatImage,
    as_image,
    blur,
    glaze,
    lay,
    luminance,
    remap,
    shifted_by,
    smoothstep,
)
from tasks.providers.local.brush.shapes import Points, filled, points, stroked

_AROUND = 56  # points on a lens's outline
_TEMPLES = (127, 356)  # where the arms go behind the ears


@dataclass(frozen=True)
class Frames:
    """A pair of glasses on the sheet."""

    lenses: tuple[Points, Points]  # outlines; the person's right one first
    bridge: Points
    arms: tuple[Points, Points]
    thickness: float  # pixels
    colour: Colour
    tint: Colour | None  # of dark lenses


@dataclass(frozen=True)
class _Guess:
    """One way a lens could be: sizes and shifts in eye-span units (outer corner to outer corner)."""

    across: float
    down: float
    half_width: float
    half_height: float
    squareness: float


_GUESSES = tuple(
    _Guess(*values)
    for values in product(
        (-0.03, 0.0, 0.03, 0.06),  # outwards
        (-0.03, 0.01, 0.05, 0.09),  # downwards
        (0.20, 0.23, 0.26, 0.29, 0.32),
        (0.13, 0.16, 0.19, 0.22, 0.26),
        (2.0, 3.2, 4.5),
    )
)


def find_frames(figure: Figure) -> Frames | None:
    """The glasses in the photo, or None where there are none (or none that can be drawn honestly)."""
    if figure.eyewear is None or not figure.shows_features:
        return None
    span = float(np.linalg.norm(figure.mesh[33] - figure.mesh[263]))
    lightness = to_lab(figure.image)[..., 0]
    tinted = figure.eyewear == "sunglasses"
    evidence = _darkness(lightness, figure) if tinted else _line_evidence(lightness, span)
    scores = [_fit(guess, figure, span, evidence, tinted=tinted) for guess in _GUESSES]
    best = int(np.argmax(scores))
    if scores[best] < (0.50 if tinted else 0.38):
        return None
    lenses = _outlines(_GUESSES[best], figure, span)
    thickness, colour = _rim(lenses, figure, lightness, span)
    tint = _lens_tint(lenses, figure) if tinted else None
    return Frames(lenses, _bridge(lenses), _arms(lenses, figure), thickness, colour, tint)


def _outlines(guess: _Guess, figure: Figure, span: float, grow: float = 1.0) -> tuple[Points, Points]:
    """Both lenses of a guess: superellipses in the eyes' own frame, the far one of a turned head narrower."""
    angle = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    power = 2 / guess.squareness
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    x = x * np.where(y > 0, 1 - 0.10 * np.abs(y), 1)  # lenses narrow downwards
    axis = (figure.mesh[263] - figure.mesh[33]) / span
    down = np.array([-axis[1], axis[0]])
    lenses = []
    for (outer, inner), side in zip(EYE_CORNERS, (-1, 1), strict=True):
        eye = (figure.mesh[outer] + figure.mesh[inner]) / 2
        width = float(np.linalg.norm(figure.mesh[outer] - figure.mesh[inner]))
        squeeze = float(np.clip(width / (0.30 * span), 0.72, 1.12))
        centre = eye + axis * side * guess.across * span * squeeze + down * guess.down * span
        half_width, half_height = guess.half_width * span * squeeze * grow, guess.half_height * span * grow
        outline = centre + np.outer(x * half_width, axis) + np.outer(y * half_height, down)
        lenses.append(points(outline))
    return lenses[0], lenses[1]


def _line_evidence(lightness: FloatImage, span: float) -> FloatImage:
    """How much darker a pixel is than both of its sides nearby: thin dark lines, 0..1."""
    thin = max(1.0, 0.014 * span)
    return smoothstep(blur(lightness, 3.2 * thin) - blur(lightness, thin), 1.5, 16.0)


def _darkness(lightness: FloatImage, figure: Figure) -> FloatImage:
    skin = figure.palette.skin_lab[0]
    return smoothstep(blur(lightness, 1.5), 0.75 * skin, 0.42 * skin)


def _sampled(plane: FloatImage, outline: Points) -> NDArray[np.float32]:
    x, y = outline[:, 0].reshape(-1, 1).copy(), outline[:, 1].reshape(-1, 1).copy()
    return remap(plane, x, y).ravel()


def _fit(guess: _Guess, figure: Figure, span: float, evidence: FloatImage, *, tinted: bool) -> float:
    """How well the photo bears a guess out."""
    outlines = _outlines(guess, figure, span)
    on = np.concatenate([_sampled(evidence, outline) for outline in outlines])
    if not tinted:
        # All around counts, the lower half most: above it the brows can play the rim.
        lower = np.tile(np.linspace(0, 2 * np.pi, _AROUND, endpoint=False) < np.pi, 2)
        low, high = on[lower], on[~lower]
        return float(0.65 * low.mean() + 0.35 * high.mean() + 0.25 * np.percentile(low, 25))
    inside = [
        _sampled(evidence, _shrunk(outline, share)) for outline in outlines for share in (0.4, 0.75, 0.92)
    ]
    outside = [_sampled(evidence, _shrunk(outline, 1.14)) for outline in outlines]
    lower_out = np.concatenate([ring[: _AROUND // 2] for ring in outside])
    return float(
        np.concatenate(inside).mean() - 0.7 * lower_out.mean() - 0.3 * np.concatenate(outside).mean()
    )


def _shrunk(outline: Points, share: float) -> Points:
    centre = outline.mean(0)
    return points(centre + (outline - centre) * share)


def _rim(
    lenses: tuple[Points, Points], figure: Figure, lightness: FloatImage, span: float
) -> tuple[float, Colour]:
    """The rim's thickness and colour: how far around the outline it stays dark, and how that looks."""
    skin = figure.palette.skin_lab[0]
    offsets = np.linspace(0.86, 1.14, 15)
    profile = [
        np.median(np.concatenate([_sampled(lightness, _shrunk(lens, s)) for lens in lenses])) for s in offsets
    ]
    dark = np.asarray(profile) < (min(profile) + 0.72 * skin) / 2
    radius = float(np.linalg.norm(lenses[0] - lenses[0].mean(0), axis=1).mean())
    thickness = float(np.clip(dark.sum() * 0.02 * radius, 0.020 * span, 0.075 * span))
    rim = _shrunk(lenses[0], float(offsets[int(np.argmin(profile))]))
    samples = np.stack([_sampled(figure.image[..., channel].copy(), rim) for channel in range(3)], 1)
    darkest = samples[samples.sum(1) <= np.percentile(samples.sum(1), 50)]
    return thickness, as_image(np.clip(np.median(darkest, axis=0), 0, 0.62))


def _lens_tint(lenses: tuple[Points, Points], figure: Figure) -> Colour:
    inside = np.maximum(*(filled(figure.canvas, _shrunk(lens, 0.8)) for lens in lenses)) > 0.5
    return as_image(np.clip(np.median(figure.image[inside], axis=0), 0.03, 0.45))


def _bridge(lenses: tuple[Points, Points]) -> Points:
    """The bow over the nose, from the inner side of one lens to that of the other."""
    right, left = lenses
    inner_right = right[int(np.argmin(np.linalg.norm(right - left.mean(0), axis=1)))]
    inner_left = left[int(np.argmin(np.linalg.norm(left - right.mean(0), axis=1)))]
    height = float(np.linalg.norm(right - right.mean(0), axis=1).min())
    up = points([0, -0.30 * height])[0]
    return points([inner_right + up, (inner_right + inner_left) / 2 + up * 1.8, inner_left + up])


def _arms(lenses: tuple[Points, Points], figure: Figure) -> tuple[Points, Points]:
    """The arms, from the outer upper side of each lens to the temple."""
    arms = []
    for lens, temple in zip(lenses, _TEMPLES, strict=True):
        hinge = lens[int(np.argmin(np.linalg.norm(lens - figure.mesh[temple], axis=1)))]
        end = figure.mesh[temple] * 0.92 + hinge * 0.08
        end = points([end[0], hinge[1] + 0.35 * (end[1] - hinge[1])])[0]
        arms.append(points([hinge, (hinge + end) / 2, end]))
    return arms[0], arms[1]


def rim_mask(frames: Frames, figure: Figure) -> FloatImage:
    """Rims, bridge and arms as one mask; the arms are thinner and end at the hair."""
    rims = figure.canvas.mask()
    for lens in frames.lenses:
        outer = filled(figure.canvas, _grown(lens, frames.thickness / 2))
        rims = np.maximum(rims, outer - filled(figure.canvas, _grown(lens, -frames.thickness / 2)))
    bridge = stroked(figure.canvas, [(frames.bridge, frames.thickness)], blunt=1.0)
    arms = stroked(figure.canvas, [(arm, frames.thickness * 0.8) for arm in frames.arms], blunt=0.9)
    uncovered = 1 - smoothstep(figure.hair, 0.5, 0.8)
    return np.clip(np.maximum(np.maximum(rims, bridge), arms * uncovered), 0, 1)


def _grown(outline: Points, pixels: float) -> Points:
    centre = outline.mean(0)
    away = outline - centre
    return points(centre + away * (1 + pixels / np.linalg.norm(away, axis=1, keepdims=True)))


def lens_mask(frames: Frames, figure: Figure) -> FloatImage:
    """Both lenses, filled."""
    return np.maximum(*(filled(figure.canvas, lens) for lens in frames.lenses))


def draw_frames(image: FloatImage, frames: Frames, figure: Figure, *, shine: float = 0.14) -> None:
    """Draw the glasses over a finished face: tinted or clear lenses, a light across them, the rim."""
    lens = lens_mask(frames, figure)
    if frames.tint is not None:
        rows = figure.canvas.rows
        top, bottom = float(frames.lenses[0][:, 1].min()), float(frames.lenses[0][:, 1].max())
        down = smoothstep(rows, top, bottom)[..., None]
        lay(image, np.clip(frames.tint * (0.75 + 0.8 * down) + 0.05 * down, 0, 1), lens * np.float32(0.97))
    else:
        shadow = blur(shifted_by(rim_mask(frames, figure), 0, 3), 2.5) * figure.skin
        glaze(image, np.array([0.62, 0.58, 0.66]), shadow * np.float32(0.35))
    lay(image, np.ones(3), _shine(frames, figure) * lens * np.float32(shine))
    lay(image, frames.colour, rim_mask(frames, figure))
    light = rim_mask(frames, figure) * smoothstep(luminance(image), 0.0, 0.3)
    lay(image, np.ones(3), np.clip(light - shifted_by(light, 0, 1), 0, 1) * np.float32(0.12))


def _shine(frames: Frames, figure: Figure) -> FloatImage:
    """Two slanted bands of light across each lens."""
    total = figure.canvas.mask()
    for lens in frames.lenses:
        centre, size = lens.mean(0), float(np.ptp(lens[:, 0]))
        slant = (
            (figure.canvas.columns - centre[0]) * 0.8 + (figure.canvas.rows - centre[1]) * 0.6
        ) / np.float32(size)
        wide = smoothstep(np.abs(slant + 0.16), 0.085, 0.07)
        thin = smoothstep(np.abs(slant + 0.02), 0.028, 0.018)
        near = figure.canvas.distance(*centre.tolist()) < size
        total = np.maximum(total, np.maximum(wide, thin * np.float32(0.8)) * near)
    return total
