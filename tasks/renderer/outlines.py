"""Shared by the styles: clean skin, the edges of regions, and how a figure ends on the sheet."""

import cv2
import numpy as np

from tasks.arrays import BgrImage, Mask
from tasks.renderer.color import bgr_from_lab, to_lab
from tasks.renderer.draw_face import attention
from tasks.renderer.figure import Figure
from tasks.renderer.noise import Rng, clouds
from tasks.renderer.pixels import as_float32, blur, gradient_magnitude, luminance, mix, smoothstep


def smooth_skin(figure: Figure, amount: float) -> BgrImage:
    """The figure's picture with its skin cleaned of pores and noise, and the rest a little."""
    image = without_glare(figure)
    smooth = as_float32(cv2.bilateralFilter(image, 9, 0.10, 7))
    return mix(image, smooth, np.clip(figure.skin * amount + 0.25, 0, 1))


def without_glare(figure: Figure) -> BgrImage:
    """The picture with burnt-out patches on the skin brought back to a light skin tone."""
    lab = to_lab(figure.image)
    light, red, yellow = figure.palette.skin_lab
    burnt = smoothstep(lab[..., 0], light + 20, light + 34) * smoothstep(figure.skin, 0.5, 0.9)
    burnt *= smoothstep(np.hypot(lab[..., 1] - red, lab[..., 2] - yellow), 9, 18) * (1 - attention(figure))
    return mix(figure.image, bgr_from_lab((min(light + 17, 96), red, yellow)), burnt * np.float32(0.75))


def region_edges(figure: Figure, width: float) -> Mask:
    """Lines where hair, skin, clothes and background meet, strong only where the photo has an edge there."""
    total = figure.canvas.mask()
    steep = gradient_magnitude(blur(luminance(figure.image), 2.0))
    evidence = 0.12 + 0.88 * smoothstep(blur(steep, 2.5), 0.004, 0.020)
    soft = max(2.5, figure.face_height * 0.014)
    for region in (figure.hair, figure.skin, figure.clothes):
        total = np.maximum(total, _middle_line(blur(region, soft), width) * evidence)
    return np.maximum(total, _middle_line(blur(figure.person, 2.2), width))


def _middle_line(mask: Mask, width: float) -> Mask:
    """A line where a soft mask is one half."""
    steep = gradient_magnitude(mask) + np.float32(1e-6)
    away = (mask - np.float32(0.5)) / steep / np.float32(width)
    return np.exp(-0.5 * np.minimum(away * away, 60)) * smoothstep(steep, 0.015, 0.05)


def figure_mask(figure: Figure, softness: float = 1.6) -> Mask:
    """What is person: the matte, limited to what was recognised as one of its parts."""
    known = np.maximum(np.maximum(figure.skin, figure.hair), figure.clothes)
    return smoothstep(
        blur(np.minimum(np.maximum(known, 0.6 * figure.person), figure.person), softness), 0.36, 0.64
    )


def vignette(figure: Figure, rng: Rng, fringe: float) -> tuple[Mask, Mask]:
    """How a figure ends on open paper: (solid, loose), both 1 inside.

    It dissolves at the foot of the sheet and wherever the photo gives no honest edge; `loose` reaches
    further than `solid`, for a paler last wash. `fringe` is how ragged the end is.
    """
    canvas = figure.canvas
    chin = float(figure.chin[1]) + 0.10 * figure.face_height
    foot = max(0.985 * canvas.height, min(chin + 120, canvas.height + 60))
    start = max(0.80 * canvas.height, min(chin + 10, 0.985 * canvas.height))
    aside = np.abs(canvas.columns - figure.chin[0]) / np.float32(canvas.width / 2)
    bowl = canvas.rows + 70 * np.minimum(aside, 1.4) ** 2.5  # the bust ends higher at its sides
    inside = smoothstep(bowl, foot, start)
    ragged = np.clip(clouds(rng, canvas.shape, 110, 4), -1.8, 1.8) * fringe  # never deep enough for a hole
    runs = _downward_streaks(figure, rng)
    solid = smoothstep(inside + ragged * 0.8 + runs * fringe * 0.12, 0.40, 0.54)
    solid = solid * smoothstep(figure.fade + ragged * 1.1, 0.34, 0.62)
    loose = smoothstep(inside + ragged * 0.55 + np.maximum(runs - 0.4, 0) * fringe * 0.5, 0.16, 0.22)
    return solid, loose * smoothstep(figure.fade + ragged * 0.6, 0.10, 0.45)


def _downward_streaks(figure: Figure, rng: Rng) -> Mask:
    streaks = clouds(rng, (40, figure.canvas.width), 26, 2)
    size = (figure.canvas.width, figure.canvas.height)
    return as_float32(cv2.resize(streaks, size, interpolation=cv2.INTER_CUBIC))
