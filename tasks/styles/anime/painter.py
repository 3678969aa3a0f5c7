"""Anime: clean tapering lines, cel shading in two tones, large bright eyes, a wide sky."""

import numpy as np

from tasks.arrays import BgrImage, LabImage, Mask, Plane
from tasks.face_mesh import CHIN, FOREHEAD, JAW_LINE, LOWER_LIP_INNER_EDGE, NOSE_BRIDGE
from tasks.renderer.brushwork import brush_along_flow
from tasks.renderer.choices import Choices
from tasks.renderer.color import darken, from_lab, lock_color, shift_in_lab, to_lab
from tasks.renderer.draw_eyes import EyeLook, EyePaint, draw_eyes
from tasks.renderer.draw_face import (
    attention,
    blush,
    brow_strokes,
    draw_open_mouth,
    lip_color,
    lips_mask,
    mouth_line,
    nose_tick,
)
from tasks.renderer.draw_glasses import draw_eyewear
from tasks.renderer.draw_hair import StrandLook, comb_hair, draw_strands, hair_flow
from tasks.renderer.figure import Figure
from tasks.renderer.flow import Flow, LineLook, flow_lines, flow_of
from tasks.renderer.kuwahara import kuwahara
from tasks.renderer.noise import soft_noise
from tasks.renderer.outlines import figure_mask, region_edges, smooth_skin
from tasks.renderer.pixels import as_float32, blur, composite_multiply, composite_over, mix, smoothstep
from tasks.renderer.shapes import stroke_path
from tasks.renderer.sky import in_front, sky
from tasks.renderer.tones import posterize, with_dark_kept

_EYES = EyeLook(
    stretch=(1.06, 1.22), iris_fill=0.54, iris_tall=1.16, lash=0.088, wing=0.07, highlight=0.30, glow=True
)
_STRANDS = StrandLook(
    inner=120, outer=34, length=0.34, fly_length=0.2, width=4.2, contrast=0.15, opacity=0.85
)
_LINE = np.array([0.16, 0.10, 0.12], np.float32)


def paint(figure: Figure, choices: Choices) -> BgrImage:
    """Draw the figure as a cel."""
    locks = hair_flow(figure)
    cel, lines = _painted(figure, locks)
    if figure.palette.hair_lab:
        vivid = np.multiply(figure.palette.hair_lab, (1, 1.2, 1.2)) + np.array([6, 0, 0])
        lock_color(cel, figure.hair, vivid, 0.7, 0.8)
    _hair_light(cel, figure, choices)
    draw_strands(cel, figure, locks, cel, choices.rng, _STRANDS)
    _ink(cel, figure, lines)
    _features(cel, figure)
    person = figure_mask(figure, 2.0) * smoothstep(figure.fade, 0.02, 0.5)
    sheet = sky(figure.canvas, choices)
    rim = smoothstep(blur(person, 4.0), 0.05, 0.5) * (1 - person)
    composite_over(sheet, np.ones(3), rim * np.float32(0.8))
    sheet = mix(sheet, cel, person)
    in_front(sheet, figure, choices)
    return np.clip(sheet, 0, 1)


def _painted(figure: Figure, locks: Flow) -> tuple[BgrImage, Mask]:
    """The figure in even tones, and the lines of the picture."""
    image = smooth_skin(figure, 1.0)
    flow = flow_of(image, 5.0)
    smooth = comb_hair(brush_along_flow(image, flow, (6,), 10), figure, locks, 12, 4.2)
    look = LineLook(width=1.5, center=0.975, contrast=16, threshold=-0.012, steps=8)
    return _cel(figure, smooth), flow_lines(smooth, flow, figure.canvas, look)


def _cel(figure: Figure, smooth: BgrImage) -> BgrImage:
    """Each region in a few even tones: cloth and hair in bands, skin in light and one warm shadow."""
    lab = to_lab(smooth)
    lightness = blur(lab[..., 0], 1.6)
    painted = lab.copy()
    painted[..., 0] = lightness
    cloth = posterize(lightness, figure.clothes, 3, 0.07, 1.0)
    painted[..., 0] += (cloth - painted[..., 0]) * figure.clothes
    hair = posterize(blur(lab[..., 0], 1.8), figure.hair, 3, 0.10, 0.9)
    painted[..., 0] += (hair - painted[..., 0]) * figure.hair
    painted[..., 1:] *= np.float32(1.26)
    skin = _skin_lab(figure, lab[..., 0])
    skin = with_dark_kept(skin, painted, lightness, figure.skin, figure.palette.skin_lab[0])
    return from_lab(mix(painted, skin, figure.skin))


def _skin_lab(figure: Figure, lightness: Plane) -> LabImage:
    soft = blur(lightness, max(4.0, figure.face_height * 0.018))
    inside = figure.skin > 0.6
    middle, spread = (
        (float(np.median(soft[inside])), max(5.0, float(soft[inside].std()))) if inside.any() else (70.0, 8.0)
    )
    light, red, yellow = figure.palette.skin_lab
    base = min(90.0, light + 5.0)
    first = smoothstep(soft, middle - 0.85 * spread + 1.2, middle - 0.85 * spread - 1.2)
    second = smoothstep(soft, middle - 2.2 * spread + 1.2, middle - 2.2 * spread - 1.2)
    glow = smoothstep(soft, middle + spread - 1, middle + spread + 1)
    shadow = first + 0.5 * second
    planes = [
        base - 11.5 * first - 6 * second + 2.5 * glow,
        red * 1.06 + 4.5 * np.minimum(shadow, 1.3),
        yellow * 1.06 + 1 + np.minimum(shadow, 1.3),
    ]
    hollow = blur(lightness, figure.face_height * 0.07) - blur(lightness, figure.face_height * 0.008)
    detail = 0.5 * smoothstep(hollow, 6.0, 8.0) + 0.5 * smoothstep(hollow, 12.0, 14.0)
    detail *= smoothstep(blur(figure.skin, 3), 0.6, 0.95)
    planes[0] = planes[0] - 20 * detail
    planes[1] = planes[1] + 9 * detail
    planes[2] = planes[2] + 4 * detail
    return as_float32(np.dstack(planes))


def _hair_light(cel: BgrImage, figure: Figure, choices: Choices) -> None:
    """The bright ring on a full head of hair."""
    solid = smoothstep(blur(figure.hair, 6), 0.75, 0.95)
    if float(solid.sum()) < 0.30 * figure.face_height**2:
        return
    canvas, size = figure.canvas, figure.face_height
    center, forehead, chin = figure.mesh[NOSE_BRIDGE], figure.mesh[FOREHEAD], figure.mesh[CHIN]
    crown = forehead - (chin - forehead) * 0.17
    radius = float(np.linalg.norm(crown - center))
    jagged = soft_noise(choices.rng, canvas.shape, 18) * size * 0.013
    away = np.abs(np.hypot((canvas.columns - center[0]) * 0.92, canvas.rows - center[1]) - radius - jagged)
    band = smoothstep(away, size * 0.032, size * 0.018) * smoothstep(
        canvas.rows, float(center[1]), float(center[1]) - size * 0.2
    )
    composite_over(cel, shift_in_lab(figure.palette.hair, 24, 1, 2), band * solid * np.float32(0.38))


def _ink(cel: BgrImage, figure: Figure, lines: Mask) -> None:
    """Clean lines: full around the figure, hardly any on the face, where features are drawn instead."""
    inner = lines * (1 - 0.85 * smoothstep(blur(figure.skin, 3), 0.5, 0.9))
    outer = region_edges(figure, 1.3) * smoothstep(figure.person, 0.05, 0.4)
    lines = np.maximum(inner * 0.85, outer * 0.9) * figure.person * smoothstep(figure.fade, 0.1, 0.6)
    color = mix(
        np.ones_like(cel) * _LINE,
        np.ones_like(cel) * shift_in_lab(figure.palette.skin, -42, 12, 6),
        figure.skin,
    )
    composite_over(cel, color, lines)
    jaw = stroke_path(figure.canvas, [(figure.at(*JAW_LINE), figure.face_height * 0.011)])
    composite_over(
        cel,
        shift_in_lab(figure.palette.skin, -42, 12, 6),
        jaw * smoothstep(figure.skin, 0.2, 0.6) * np.float32(0.8),
    )


def _features(cel: BgrImage, figure: Figure) -> None:
    palette, ink = figure.palette, figure.palette.ink
    if figure.shows_features:
        composite_over(
            cel, np.clip(cel * (0.88, 0.84, 1.06), 0, 1), blush(figure, 0.06, 1.4) * np.float32(0.7)
        )
        composite_over(
            cel, darken(palette.hair, 0.5, 0.36), brow_strokes(figure, 0.021, 0.010) * np.float32(0.95)
        )
        composite_over(
            cel, shift_in_lab(palette.skin, -34, 12, 8), nose_tick(figure, 0.010) * np.float32(0.6)
        )
        composite_multiply(
            cel, np.clip(lip_color(figure) + 0.25, 0, 1), blur(lips_mask(figure), 1.2) * np.float32(0.45)
        )
        draw_open_mouth(cel, figure)
        line = shift_in_lab(palette.skin, -48, 12, 6)
        composite_over(cel, line, mouth_line(figure, 0.012) * np.float32(0.95))
        if figure.mouth_opening > 0.022:
            lower = stroke_path(
                figure.canvas, [(figure.at(*LOWER_LIP_INNER_EDGE), figure.face_height * 0.008)]
            )
            composite_over(cel, line, lower * np.float32(0.8))
    else:
        composite_over(cel, kuwahara(figure.image, 4), attention(figure) * figure.skin)
    if figure.shows_eyes:
        iris = np.clip(palette.iris * 1.2 + 0.02, 0, 1)
        draw_eyes(cel, figure, _EYES, EyePaint(iris, palette.skin, ink * 0.6))
    draw_eyewear(cel, figure)
