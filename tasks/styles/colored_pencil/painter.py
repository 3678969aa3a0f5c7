"""Colored pencil: layers of hatching on toothy cream paper, a searching contour, paper left bare."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import BgrImage, LabImage, Mask, Plane
from tasks.renderer.brushwork import brush_along_flow
from tasks.renderer.choices import Choices
from tasks.renderer.color import bgr_from_hex, from_lab, lock_color, saturate, to_lab
from tasks.renderer.draw_eyes import AccentLook, accent_eyes
from tasks.renderer.draw_face import attention, blush, brow_mask
from tasks.renderer.draw_glasses import draw_eyewear
from tasks.renderer.draw_hair import StrandLook, comb_hair, draw_strands, hair_flow
from tasks.renderer.figure import Figure
from tasks.renderer.flow import Flow, LineLook, flow_lines, flow_of, steer_flow
from tasks.renderer.hatching import PencilLook, hatching_texture, pencil_strokes
from tasks.renderer.kuwahara import kuwahara
from tasks.renderer.noise import Rng, clouds, soft_noise
from tasks.renderer.outlines import region_edges, smooth_skin, vignette
from tasks.renderer.pixels import as_float32, blur, composite_multiply, mix, remap, smoothstep

_PAPER = np.array([0.925, 0.958, 0.972], np.float32)
_SHEETS = ("#9cc3e6", "#f2c29b", "#b4d6a5", "#dcb4d2", "#f1d98c", "#a5d3cf")
_STRANDS = StrandLook(inner=420, outer=60, length=0.24, width=1.7, contrast=0.24, opacity=0.62)
_LINE_DARK = np.array([0.16, 0.17, 0.26], np.float32)
_LINE_SKIN = np.array([0.20, 0.26, 0.44], np.float32)


@dataclass(frozen=True)
class _Sheet:
    """What the layers share: the hand's direction, the paper's tooth, how far the drawing goes."""

    angle: float  # radians
    tooth: Plane
    along: Plane  # hatching along the flow
    across: Plane  # hatching across it
    solid: Mask
    loose: Mask


def paint(figure: Figure, choices: Choices) -> BgrImage:
    """Draw the figure in colored pencil."""
    locks = hair_flow(figure)
    sheet, color, lines = _prepared(figure, choices, locks)
    drawing = figure.canvas.blank(_PAPER)
    _background(drawing, figure, choices, sheet)
    _three_pencils(drawing, color, figure, sheet)
    _visible_strokes(drawing, color, figure, choices, sheet)
    draw_strands(drawing, figure, locks, drawing, choices.rng, _STRANDS)
    _keep_palette(drawing, figure, sheet)
    _contour(drawing, lines, figure, choices, sheet)
    _features(drawing, figure, sheet)
    return as_float32(np.clip(drawing * (1 + 0.013 * sheet.tooth[..., None]), 0, 1))


def _keep_palette(drawing: BgrImage, figure: Figure, sheet: _Sheet) -> None:
    solid = figure.person * sheet.solid
    lock_color(drawing, figure.skin * solid, figure.palette.skin_lab, 0.45, 0.8)
    if figure.palette.hair_lab:
        lighter = np.add(figure.palette.hair_lab, (6, 0, 0))
        lock_color(drawing, figure.hair * solid, lighter, 0.5, 0.6)


def _prepared(figure: Figure, choices: Choices, locks: Flow) -> tuple[_Sheet, BgrImage, Mask]:
    """The sheet, the simplified colors, and the lines of the picture."""
    image = comb_hair(smooth_skin(figure, 0.8), figure, locks, 8)
    flow = flow_of(image, 6.0)
    fine = kuwahara(image, 3)
    lines = flow_lines(fine, flow, figure.canvas, LineLook(1.2, 0.982, 20, -0.003, 7))
    color = _simplified(image, fine, figure, flow)
    return _sheet(figure, choices, flow), color, lines


def _sheet(figure: Figure, choices: Choices, flow: Flow) -> _Sheet:
    rng, shape = choices.rng, figure.canvas.shape
    angle = float(np.deg2rad(-52 + rng.uniform(-12, 12)))
    folds = flow.strength * 0.5 * smoothstep(flow.strength, 0.35, 0.8) * (1 - figure.skin)
    follow = np.clip(figure.hair + folds + 0.12 * figure.skin, 0, 1)
    hand = steer_flow(flow, float(np.cos(angle)), float(np.sin(angle)), follow)
    hand = hand.turned(clouds(rng, shape, 90, 2) * 0.10)
    solid, loose = vignette(figure, rng, fringe=0.14)
    return _Sheet(
        angle=angle,
        tooth=_fine_tooth(rng, shape) * np.float32(choices.texture),
        along=hatching_texture(rng, hand, figure.canvas, 5, 1.9),
        across=hatching_texture(rng, hand.turned(-0.6), figure.canvas, 5, 2.1),
        solid=solid,
        loose=loose,
    )


def _fine_tooth(rng: Rng, shape: tuple[int, int]) -> Plane:
    """Drawing paper is finer than watercolor paper."""
    tooth = soft_noise(rng, shape, 1.5) * 0.6 + soft_noise(rng, shape, 2.8) * 0.6
    return as_float32(tooth / tooth.std())


def _simplified(image: BgrImage, fine: BgrImage, figure: Figure, flow: Flow) -> BgrImage:
    """Fewer, fuller colors: what a box of pencils can do. Fine only where the eye goes."""
    broad = brush_along_flow(image, flow, (7,), 6)
    color = mix(broad, fine, np.clip(attention(figure) * 1.1 + 0.15 * figure.skin, 0, 1))
    return saturate(color, 1.5 - 0.32 * figure.skin)


def _background(drawing: BgrImage, figure: Figure, choices: Choices, sheet: _Sheet) -> None:
    """A patch of loose hatching behind the figure, in long straight strokes."""
    rng, canvas = choices.rng, figure.canvas
    color = bgr_from_hex(choices.pick(_SHEETS))
    middle = np.hypot(
        (canvas.columns - 0.5 * canvas.width) / (0.56 * canvas.width),
        (canvas.rows - 0.42 * canvas.height) / (0.52 * canvas.height),
    )
    patch = smoothstep(middle + clouds(rng, canvas.shape, 70, 3) * 0.045, 1.0, 0.80) * (
        1 - figure.person * sheet.loose
    )
    look = PencilLook(count=1500, length=92, width=3.4, wobble=0.07)
    tint = patch * 0.16
    drawn = pencil_strokes(rng, color, patch, sheet.angle + 0.25, look)
    if drawn:
        tint[drawn.window] += drawn.mask * 0.62
    composite_multiply(drawing, color, np.clip(tint, 0, 1) * _grain(sheet))


def _three_pencils(drawing: BgrImage, color: BgrImage, figure: Figure, sheet: _Sheet) -> None:
    """A light, a true and a dark pencil, each with its own hatching."""
    lab = to_lab(color)
    dark = 1 - lab[..., 0] / 100
    rich = np.hypot(lab[..., 1], lab[..., 2]) / 60
    where = figure.person * sheet.solid
    calm = 1 - 0.28 * np.maximum(figure.skin, attention(figure))  # a lighter hand on the face
    along, tooth = sheet.along * calm, sheet.tooth
    first = np.clip(0.22 + dark * 0.68 + rich * 0.30 + 0.10 * figure.skin, 0, 0.9)
    first *= 0.35 * figure.person * sheet.loose + 0.65 * where
    _layer(drawing, _pencil(lab, (0.60, 1.05, 1.05), (40, 0, 0)), first, along * 0.8, tooth)
    second = np.clip(dark * 0.92 + rich * 0.14 - 0.16, 0, 0.9) * where
    _layer(drawing, _pencil(lab, (0.90, 1.18, 1.18), (11, 0, 0)), second, along, tooth * 0.9)
    third = np.clip((dark - 0.48) * 1.4, 0, 0.8) * where * (1 - 0.35 * figure.skin)
    _layer(drawing, _pencil(lab, (0.55, 0.80, 0.80), (8, 3, -5)), third, sheet.across * calm, tooth * 0.8)


def _pencil(lab: LabImage, scale: tuple[float, float, float], shift: tuple[float, float, float]) -> BgrImage:
    pigment = lab * np.array(scale, np.float32) + np.array(shift, np.float32)
    pigment[..., 0] = np.clip(pigment[..., 0], 8, 97)
    return from_lab(pigment)


def _layer(drawing: BgrImage, pigment: BgrImage, density: Plane, hatching: Plane, tooth: Plane) -> None:
    """Rub one pencil over the paper: pigment stays on the ridges that the strokes reach."""
    reached = smoothstep(hatching * 0.60 + tooth * 0.36 + (density * 3.3 - 1.6), -0.7, 0.8)
    cover = (0.30 * density + (0.62 * density + 0.24) * reached) * smoothstep(density, 0.0, 0.08)
    drawing *= 1 - np.clip(cover, 0, 1)[..., None] * (1 - pigment)


def _visible_strokes(
    drawing: BgrImage, color: BgrImage, figure: Figure, choices: Choices, sheet: _Sheet
) -> None:
    """Single strokes over the clothes that can be told apart, all in the direction of the hand."""
    lab = to_lab(color)
    lab[..., 0] = lab[..., 0] * 0.80
    dark = 1 - lab[..., 0] / 100
    plain = 1 - np.maximum(np.maximum(figure.skin, figure.hair), attention(figure))
    density = figure.person * sheet.loose * (0.35 + 0.65 * dark) * plain
    pigment, grain = from_lab(lab), _grain(sheet)
    look = PencilLook(count=1300, length=64, width=3.2, wobble=0.06)
    for turn, strength in ((0.0, 0.50), (0.5, 0.34)):
        drawn = pencil_strokes(choices.rng, pigment, density, sheet.angle + turn, look)
        if drawn:
            cover = drawn.mask * np.float32(strength) * grain[drawn.window]
            drawing[drawn.window] *= 1 - cover[..., None] * (1 - drawn.colors)


def _grain(sheet: _Sheet) -> Plane:
    """How much pigment the paper takes, pixel by pixel."""
    return 0.30 + 0.70 * smoothstep(sheet.tooth, -0.9, 0.9)


def _contour(drawing: BgrImage, lines: Mask, figure: Figure, choices: Choices, sheet: _Sheet) -> None:
    """The line: along edges in the picture, and twice around each region, never quite in the same place."""
    canvas, rng = figure.canvas, choices.rng
    edges = region_edges(figure, 0.9)
    wander = soft_noise(rng, canvas.shape, 60) * 1.6
    again = remap(edges, canvas.columns + wander, canvas.rows + wander[::-1])
    line = np.maximum(lines * 0.8, np.maximum(edges * 0.75, again * 0.5))
    line *= smoothstep(figure.person, 0.12, 0.5) * smoothstep(sheet.loose, 0.0, 0.6)
    line *= (0.35 + 0.65 * smoothstep(sheet.tooth * 0.6 + sheet.along * 0.35, -1.25, 0.35)) * 0.85
    color = mix(np.ones_like(drawing) * _LINE_DARK, np.ones_like(drawing) * _LINE_SKIN, figure.skin)
    drawing *= 1 - (line * np.float32(0.92))[..., None] * (1 - color)


def _features(drawing: BgrImage, figure: Figure, sheet: _Sheet) -> None:
    grain = 0.5 + 0.5 * smoothstep(sheet.tooth * 0.6 + sheet.along * 0.35, -1.25, 0.35)
    if figure.shows_features:
        composite_multiply(
            drawing, figure.palette.hair, blur(brow_mask(figure), 1.2) * grain * np.float32(0.35)
        )
        composite_multiply(
            drawing, np.array([0.62, 0.60, 0.95]), blush(figure, 0.085) * grain * np.float32(0.34)
        )
    accent_eyes(drawing, figure, AccentLook(lid=0.8, lid_width=0.07, iris=0.3, ink=(0.14, 0.13, 0.17)), grain)
    draw_eyewear(drawing, figure, shine=0.08)
