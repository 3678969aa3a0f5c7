"""Glasses, drawn as an object: lenses, a light across them, rims, bridge and arms."""

import numpy as np

from tasks.arrays import BgrImage, Mask, Points
from tasks.renderer.figure import Figure
from tasks.renderer.lens_outlines import Frames, find_frames
from tasks.renderer.pixels import (
    blur,
    composite_multiply,
    composite_over,
    luminance,
    smoothstep,
    translate_mask,
)
from tasks.renderer.shapes import as_points, fill_path, stroke_path


def draw_eyewear(image: BgrImage, figure: Figure, *, shine: float = 0.14) -> None:
    """Find the glasses in the photo, if there are any, and draw them over a finished face. In place."""
    frames = find_frames(figure)
    if frames is not None:
        draw_frames(image, frames, figure, shine=shine)


def rim_mask(frames: Frames, figure: Figure) -> Mask:
    """Rims, bridge and arms as one mask; the arms are thinner and end at the hair."""
    rims = figure.canvas.mask()
    for lens in frames.lenses:
        outer = fill_path(figure.canvas, _grown(lens, frames.thickness / 2))
        rims = np.maximum(rims, outer - fill_path(figure.canvas, _grown(lens, -frames.thickness / 2)))
    bridge = stroke_path(figure.canvas, [(frames.bridge, frames.thickness)], blunt=1.0)
    arms = stroke_path(figure.canvas, [(arm, frames.thickness * 0.8) for arm in frames.arms], blunt=0.9)
    uncovered = 1 - smoothstep(figure.hair, 0.5, 0.8)
    return np.clip(np.maximum(np.maximum(rims, bridge), arms * uncovered), 0, 1)


def _grown(outline: Points, pixels: float) -> Points:
    center = outline.mean(0)
    away = outline - center
    return as_points(center + away * (1 + pixels / np.linalg.norm(away, axis=1, keepdims=True)))


def lens_mask(frames: Frames, figure: Figure) -> Mask:
    """Both lenses, filled."""
    return np.maximum(*(fill_path(figure.canvas, lens) for lens in frames.lenses))


def draw_frames(image: BgrImage, frames: Frames, figure: Figure, *, shine: float = 0.14) -> None:
    """Draw the glasses over a finished face: tinted or clear lenses, a light across them, the rim."""
    lens = lens_mask(frames, figure)
    if frames.tint is not None:
        rows = figure.canvas.rows
        top, bottom = float(frames.lenses[0][:, 1].min()), float(frames.lenses[0][:, 1].max())
        down = smoothstep(rows, top, bottom)[..., None]
        composite_over(
            image, np.clip(frames.tint * (0.75 + 0.8 * down) + 0.05 * down, 0, 1), lens * np.float32(0.97)
        )
    else:
        shadow = blur(translate_mask(rim_mask(frames, figure), 0, 3), 2.5) * figure.skin
        composite_multiply(image, np.array([0.62, 0.58, 0.66]), shadow * np.float32(0.35))
    composite_over(image, np.ones(3), _shine(frames, figure) * lens * np.float32(shine))
    composite_over(image, frames.color, rim_mask(frames, figure))
    light = rim_mask(frames, figure) * smoothstep(luminance(image), 0.0, 0.3)
    composite_over(image, np.ones(3), np.clip(light - translate_mask(light, 0, 1), 0, 1) * np.float32(0.12))


def _shine(frames: Frames, figure: Figure) -> Mask:
    """Two slanted bands of light across each lens."""
    total = figure.canvas.mask()
    for lens in frames.lenses:
        center, size = lens.mean(0), float(np.ptp(lens[:, 0]))
        slant = (
            (figure.canvas.columns - center[0]) * 0.8 + (figure.canvas.rows - center[1]) * 0.6
        ) / np.float32(size)
        wide = smoothstep(np.abs(slant + 0.16), 0.085, 0.07)
        thin = smoothstep(np.abs(slant + 0.02), 0.028, 0.018)
        near = figure.canvas.distance(*center.tolist()) < size
        total = np.maximum(total, np.maximum(wide, thin * np.float32(0.8)) * near)
    return total
