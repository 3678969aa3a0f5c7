"""Storybook: opaque gouache dabs along the form, warm light, a painted landscape around the figure."""

import numpy as np

from tasks.arrays import BgrImage, Mask, Plane
from tasks.renderer.brushwork import brush_along_flow
from tasks.renderer.choices import Choices
from tasks.renderer.color import from_lab, lock_color, to_lab
from tasks.renderer.dabs import DabLook, make_brushes, paint_dabs
from tasks.renderer.draw_eyes import AccentLook, accent_eyes
from tasks.renderer.draw_face import attention, blush, brow_mask, lip_color, lips_mask, mouth_line
from tasks.renderer.draw_glasses import draw_eyewear
from tasks.renderer.draw_hair import StrandLook, comb_hair, draw_strands, hair_flow
from tasks.renderer.figure import Figure
from tasks.renderer.flow import Flow, LineLook, blur_along, flow_lines, flow_of
from tasks.renderer.kuwahara import kuwahara
from tasks.renderer.landscape import foreground_before, landscape
from tasks.renderer.noise import paper_grain
from tasks.renderer.outlines import figure_mask, region_edges, smooth_skin
from tasks.renderer.pixels import (
    as_float32,
    blur,
    composite_multiply,
    composite_over,
    mix,
    smoothstep,
    translate_mask,
)

_EYES = AccentLook(lid=0.8, lid_width=0.085, iris=0.5, ink=(0.10, 0.09, 0.16))
_STRANDS = StrandLook(inner=260, outer=40, width=3.0, contrast=0.16, opacity=0.75)
_INK = np.array([0.04, 0.05, 0.10], np.float32)


def paint(figure: Figure, choices: Choices) -> BgrImage:
    """Draw the figure in gouache."""
    locks = hair_flow(figure)
    body, lines = _painted(figure, choices, locks)
    draw_strands(body, figure, locks, body, choices.rng, _STRANDS)
    _keep_palette(body, figure)
    person = figure_mask(figure, 1.8) * smoothstep(figure.fade, 0.05, 0.6)
    sheet = landscape(figure.canvas, choices)
    _cast_shadow(sheet, person)
    sheet = mix(sheet, body, person)
    _ink(sheet, figure, lines, choices)
    _features(sheet, figure)
    foreground_before(sheet, figure, choices)
    return _finished(sheet, figure, choices)


def _painted(figure: Figure, choices: Choices, locks: Flow) -> tuple[BgrImage, Mask]:
    """The figure in dabs, and the lines of the picture."""
    image = comb_hair(smooth_skin(figure, 0.95), figure, locks)
    flow = flow_of(image, 6.0)
    soft = brush_along_flow(image, flow, (8,), 11)
    fine = blur_along(kuwahara(image, 4), flow, figure.canvas, 3)
    look = LineLook(width=1.6, center=0.975, contrast=14, threshold=-0.010, steps=9)
    lines = flow_lines(soft, flow, figure.canvas, look)
    return _body(_warmed(soft), _warmed(fine), figure, flow.angle, choices), lines


def _warmed(image: BgrImage) -> BgrImage:
    """Gouache's range: nothing quite black or white, a little warmer."""
    lab = to_lab(image)
    lab *= np.array([0.86, 1.18, 1.16], np.float32)
    lab += np.array([13.0, 1.2, 2.4], np.float32)
    return from_lab(lab)


def _body(color: BgrImage, fine: BgrImage, figure: Figure, angle: Plane, choices: Choices) -> BgrImage:
    rng = choices.rng
    broad, small = make_brushes(rng, 40, 13), make_brushes(rng, 24, 7)
    rough = choices.texture
    body = paint_dabs(
        rng,
        color,
        angle,
        smoothstep(figure.clothes + figure.hair * 0.8, 0.4, 0.8),
        broad,
        DabLook(19, 0.03 * rough),
    )
    body = paint_dabs(
        rng,
        mix(body, color, figure.hair * 0.6),
        angle,
        smoothstep(figure.hair, 0.5, 0.8),
        small,
        DabLook(9, 0.04 * rough),
    )
    face = paint_dabs(rng, color, angle, smoothstep(figure.skin, 0.6, 0.9), small, DabLook(12, 0.012 * rough))
    detail = attention(figure)
    face = mix(mix(face, color, 0.4), fine, np.clip(detail * 1.15, 0, 1))
    return mix(body, face, np.maximum(figure.skin, smoothstep(detail, 0.5, 0.9)))


def _keep_palette(body: BgrImage, figure: Figure) -> None:
    palette = figure.palette
    lock_color(body, figure.skin, np.add(palette.skin_lab, (1, 1, 3)), 0.6, 0.8)
    if palette.hair_lab:
        lock_color(body, figure.hair, np.add(palette.hair_lab, (3, 1, 2)), 0.6, 0.7)


def _cast_shadow(sheet: BgrImage, person: Mask) -> None:
    """A soft shadow on the scene, so that the figure stands before it."""
    shadow = blur(translate_mask(person, 10, 12), 10) * (1 - person)
    composite_multiply(sheet, np.array([0.70, 0.66, 0.66]), shadow * np.float32(0.75))


def _ink(sheet: BgrImage, figure: Figure, lines: Mask, choices: Choices) -> None:
    """A gentle, broken line."""
    lines = lines * (1 - 0.55 * figure.skin) * 0.7
    ink = np.maximum(lines, region_edges(figure, 1.1) * 0.5) * smoothstep(
        figure.person * figure.fade, 0.1, 0.5
    )
    tooth = 0.70 + 0.22 * smoothstep(paper_grain(choices.rng, figure.canvas.shape), -1, 0.6)
    composite_over(sheet, sheet * 0.30 + _INK, ink * tooth)


def _features(sheet: BgrImage, figure: Figure) -> None:
    if figure.shows_features:
        composite_over(
            sheet,
            np.clip(sheet * (0.80, 0.78, 1.06) + (0, 0, 0.03), 0, 1),
            blush(figure, 0.075) * np.float32(0.5),
        )
        composite_multiply(
            sheet,
            np.clip(figure.palette.hair * 0.8 + 0.2, 0, 1),
            blur(brow_mask(figure), 1.8) * np.float32(0.45),
        )
        composite_over(sheet, lip_color(figure), lips_mask(figure) * np.float32(0.28))
        composite_over(sheet, np.array([0.14, 0.13, 0.28]), mouth_line(figure, 0.008) * np.float32(0.45))
    accent_eyes(sheet, figure, _EYES)
    draw_eyewear(sheet, figure)


def _finished(sheet: BgrImage, figure: Figure, choices: Choices) -> BgrImage:
    canvas = figure.canvas
    grain = paper_grain(choices.rng, canvas.shape) * np.float32(0.016 * choices.texture)
    away = np.hypot((canvas.columns / canvas.width) - 0.5, (canvas.rows / canvas.height) - 0.48)
    dark = smoothstep(away, 0.45, 0.78)[..., None] * np.array([0.15, 0.135, 0.11], np.float32)
    return as_float32(np.clip(sheet * (1 + grain[..., None]) * (1 - dark), 0, 1))
