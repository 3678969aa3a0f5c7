"""Watercolor: wet washes on rough paper, darker where pigment gathers, fading into the sheet."""

import numpy as np

from tasks.arrays import BgrImage, Mask, Plane
from tasks.renderer.brushwork import brush_along_flow
from tasks.renderer.choices import Choices
from tasks.renderer.color import bgr_from_hex, from_lab, lock_color, saturate, to_lab
from tasks.renderer.draw_eyes import AccentLook, accent_eyes
from tasks.renderer.draw_face import attention, blush, brow_mask
from tasks.renderer.draw_glasses import draw_eyewear
from tasks.renderer.draw_hair import StrandLook, comb_hair, draw_strands, hair_flow
from tasks.renderer.figure import Figure
from tasks.renderer.flow import Flow, LineLook, blur_along, flow_lines, flow_of
from tasks.renderer.kuwahara import kuwahara
from tasks.renderer.noise import clouds, paper_grain
from tasks.renderer.outlines import region_edges, smooth_skin, vignette
from tasks.renderer.pixels import (
    as_float32,
    blur,
    composite_multiply,
    gradient_magnitude,
    luminance,
    mix,
    remap,
    smoothstep,
)
from tasks.renderer.shapes import multiply_dot

_HUES = ("#8fb8de", "#f0b98d", "#a8cf9a", "#d9a7c7", "#f3d27a", "#9fd0cf")
_PENCIL = np.array([0.34, 0.30, 0.33], np.float32)
_PAPER = np.array([0.955, 0.978, 0.988], np.float32)
_STRANDS = StrandLook(inner=110, outer=46, width=2.2, contrast=0.12, opacity=0.5)
_TONES = 7  # washes from dark to light


def paint(figure: Figure, choices: Choices) -> BgrImage:
    """Draw the figure in watercolor."""
    rng, shape = choices.rng, figure.canvas.shape
    detail = attention(figure)
    locks = hair_flow(figure)
    color, lines = _painted(figure, locks, detail)
    wobble_x, wobble_y = (clouds(rng, shape, 60, 2) * 3.0 * (1 - 0.85 * detail) for _ in range(2))
    columns, rows = figure.canvas.columns + wobble_x, figure.canvas.rows + wobble_y
    color, person = remap(color, columns, rows), remap(figure.person, columns, rows)
    solid, loose = vignette(figure, rng, fringe=0.16)
    sheet, wash = _background(figure, choices, person * loose)
    sheet = mix(sheet, 1 - (1 - blur(color, 6)) * 0.40, person * loose)
    body = smoothstep(person * solid, 0.3, 0.7)
    sheet = mix(sheet, color, body)
    draw_strands(sheet, figure, locks, sheet, rng, _STRANDS)
    _keep_palette(sheet, figure, body)
    paper = paper_grain(rng, shape) * np.float32(choices.texture)
    _gather_pigment(sheet, figure, choices, body + 0.6 * wash, person * loose, paper, detail)
    _backruns(sheet, figure, choices, detail)
    _pencil(sheet, lines, figure, paper, solid, detail)
    _features(sheet, figure, paper)
    _splatter(sheet, choices, body)
    return _on_paper(sheet, paper)


def _painted(figure: Figure, locks: Flow, detail: Mask) -> tuple[BgrImage, Mask]:
    """The figure in washes, and the lines of the picture."""
    image = smooth_skin(figure, 0.9)
    flow = flow_of(image, 5.0)
    look = LineLook(width=1.15, center=0.98, contrast=18, threshold=-0.004, steps=6)
    lines = flow_lines(image, flow, figure.canvas, look)
    return _washes(comb_hair(image, figure, locks), figure, flow, detail), lines


def _washes(image: BgrImage, figure: Figure, flow: Flow, detail: Mask) -> BgrImage:
    """Broad strokes, fine ones on eyes and mouth; a few tones, with room for the paper's light."""
    broad = brush_along_flow(image, flow, (9, 7), 9)
    fine = blur_along(kuwahara(image, 4), flow, figure.canvas, 3)
    color = mix(broad, fine, np.clip(detail * 0.95 + 0.18, 0, 1))
    color = saturate(color, 1.35 - 0.29 * figure.skin)
    lab = to_lab(color)
    tone = lab[..., 0] / 100 * _TONES
    step = np.floor(tone)
    stepped = (step + smoothstep(tone - step, 0.25, 0.75)) / _TONES * 100
    lab[..., 0] = (lab[..., 0] * 0.45 + stepped * 0.55) * 0.88 + 12
    return from_lab(lab)


def _background(figure: Figure, choices: Choices, person: Mask) -> tuple[BgrImage, Mask]:
    """Loose color behind the figure, in two hues that run into each other; and where it is."""
    rng, shape, canvas = choices.rng, figure.canvas.shape, figure.canvas
    first, second = (bgr_from_hex(_HUES[(choices.scene + step) % len(_HUES)]) for step in (0, 2))
    center_x, center_y = (0.5 + 0.04 * choices.nudge[1]) * canvas.width, 0.42 * canvas.height
    distance = np.hypot(
        (canvas.columns - center_x) / (0.44 * canvas.width), (canvas.rows - center_y) / (0.42 * canvas.height)
    )
    wash = smoothstep(1.06 - distance + 0.20 * clouds(rng, shape, 230, 5), 0.0, 0.10) * (1 - person)
    strength = 0.58 + 0.22 * np.clip(clouds(rng, shape, 120, 4), -2, 2)
    color = 1 - (1 - first) * strength[..., None]
    meeting = smoothstep(clouds(rng, shape, 260, 3), -0.6, 0.9) * 0.65
    color = mix(color, 1 - (1 - second) * 0.62, meeting)
    return mix(canvas.blank(1.0), np.clip(color, 0, 1), wash), wash


def _keep_palette(sheet: BgrImage, figure: Figure, body: Mask) -> None:
    palette = figure.palette
    lock_color(sheet, figure.skin * body, palette.skin_lab, 0.45, 0.85)
    if palette.hair_lab:
        target = np.array(palette.hair_lab) * (0.9, 1, 1) + (9, 0, 0)
        lock_color(sheet, figure.hair * body, target, 0.6, 0.6)


def _gather_pigment(
    sheet: BgrImage,
    figure: Figure,
    choices: Choices,
    shapes: Mask,
    loose: Mask,
    paper: Plane,
    detail: Mask,
) -> None:
    """Pigment density: darker at the rims of washes, uneven within, settled in the paper's valleys.

    A density of d turns the color c into c - (c - c^2)(d - 1).
    """
    rng, shape = choices.rng, sheet.shape[:2]
    tone = luminance(sheet)
    rims = np.clip(gradient_magnitude(blur(shapes, 1.1)) * 3.6, 0, 0.7)
    rims += np.clip(gradient_magnitude(blur(loose, 1.4)) * 2.0, 0, 0.4) * (1 - 0.8 * figure.skin)
    edges = np.clip(blur(np.abs(tone - blur(tone, 2.2)), 0.8) * 7, 0, 0.5) * 0.7
    turbulence = clouds(rng, shape, 80, 5) * 0.15 + clouds(rng, shape, 18, 3) * 0.06
    density = rims + edges + turbulence * (1 - 0.7 * detail) + paper * 0.085 * (0.4 + (1 - tone) * 1.3)
    sheet -= (sheet - sheet**2) * density[..., None]


def _backruns(sheet: BgrImage, figure: Figure, choices: Choices, detail: Mask) -> None:
    """Blooms where a wet drop pushed the pigment away."""
    rng, canvas = choices.rng, figure.canvas
    wander = clouds(rng, canvas.shape, 40, 3) * 9
    spared = (1 - detail) * (1 - 0.85 * figure.skin)
    for _ in range(5):
        x, y = rng.uniform(0.08, 0.92) * canvas.width, rng.uniform(0.05, 0.9) * canvas.height
        radius = rng.uniform(40, 100)
        distance = canvas.distance(x, y) + wander
        bloom = (
            np.exp(-(((distance - radius) / 5) ** 2)) * 0.30
            - smoothstep(distance, radius, radius * 0.5) * 0.28
        )
        sheet -= (sheet - sheet**2) * as_float32(bloom * spared)[..., None]


def _pencil(
    sheet: BgrImage,
    lines: Mask,
    figure: Figure,
    paper: Plane,
    solid: Mask,
    detail: Mask,
) -> None:
    """The pencil underdrawing, very light."""
    tooth = smoothstep(paper, -1.2, 0.8)
    pencil = (
        lines * smoothstep(figure.person, 0.2, 0.7) * solid * (0.45 + 0.55 * tooth) * (0.32 + 0.50 * detail)
    )
    pencil = np.maximum(pencil, region_edges(figure, 0.8) * 0.28 * tooth * solid)
    composite_multiply(sheet, _PENCIL, pencil)


def _features(sheet: BgrImage, figure: Figure, paper: Plane) -> None:
    """What makes a face look back: brows, lids, the light in the eyes, warm cheeks, glasses."""
    if figure.shows_features:
        density = blur(brow_mask(figure), 1.6) * 0.30
        sheet -= (sheet - sheet**2) * density[..., None]
        warm = blush(figure, 0.075) / np.maximum(figure.skin, 0.2)
        composite_multiply(sheet, np.array([0.90, 0.88, 1.0]), warm * figure.skin)
    tooth = 0.7 + 0.3 * smoothstep(paper, -1.2, 0.8)
    accent_eyes(sheet, figure, AccentLook(iris=0.25), tooth)
    draw_eyewear(sheet, figure, shine=0.10)


def _splatter(sheet: BgrImage, choices: Choices, body: Mask) -> None:
    rng, (height, width) = choices.rng, sheet.shape[:2]
    for _ in range(38):
        x, y = rng.uniform(0, width - 1), rng.uniform(0, height - 1)
        radius = rng.gamma(1.4, 1.7) + 0.8
        color = bgr_from_hex(_HUES[(choices.scene + int(rng.integers(0, 3))) % len(_HUES)])
        if body[int(y), int(x)] < 0.1:
            multiply_dot(sheet, (x, y), radius, color, 0.65, 0.7)


def _on_paper(sheet: BgrImage, paper: Plane) -> BgrImage:
    relief = np.clip(np.roll(paper, 1, 0) - np.roll(paper, -1, 1), -2.5, 2.5) * 0.011
    return np.clip(sheet * _PAPER * (1 + relief)[..., None] + paper[..., None] * 0.006, 0, 1)
