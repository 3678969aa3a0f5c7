"""Flat: a few bold shapes in even colors, set in a badge."""

import numpy as np

from tasks.arrays import BgrImage, Color, Plane
from tasks.face_mesh import BLUSH_CHEEKS, NOSTRILS
from tasks.renderer.badge import clip, make_badge, sprigs, stage
from tasks.renderer.brushwork import brush_along_flow
from tasks.renderer.choices import Choices
from tasks.renderer.color import bgr_from_hex, darken, lab_from_bgr, shift_in_lab, to_lab
from tasks.renderer.draw_eyes import EyeLook, EyePaint, draw_eyes
from tasks.renderer.draw_face import (
    attention,
    brow_strokes,
    draw_lips,
    draw_open_mouth,
    lip_color,
    mouth_line,
)
from tasks.renderer.draw_glasses import draw_eyewear
from tasks.renderer.draw_hair import StrandLook, comb_hair, draw_strands, hair_flow
from tasks.renderer.figure import Figure
from tasks.renderer.flow import flow_of
from tasks.renderer.kuwahara import kuwahara
from tasks.renderer.leaves import cover_cuts
from tasks.renderer.outlines import smooth_skin
from tasks.renderer.pixels import blur, composite_multiply, composite_over, mix, smoothstep
from tasks.renderer.shapes import stroke_path
from tasks.renderer.tones import flat_colors, shade_region, sharpen_mask, with_dark_kept

_EYES = EyeLook(stretch=(1.02, 1.08), iris_fill=0.50, lash=0.06, highlight=0.26, shaded=False, lower_line=0.0)
_LOCKS = StrandLook(inner=34, outer=0, length=0.42, width=6.5, contrast=0.13, opacity=1.0)
_TUFTS = StrandLook(inner=0, outer=16, fly_length=0.16, width=12, contrast=0.0, opacity=1.0)


def paint(figure: Figure, choices: Choices) -> BgrImage:
    """Draw the figure in flat shapes."""
    canvas, badge = figure.canvas, make_badge(figure.canvas, choices)
    image = smooth_skin(figure, 1.0)
    locks = hair_flow(figure)
    smooth = comb_hair(brush_along_flow(image, flow_of(image, 5.0), (9, 7), 6), figure, locks, 12, 4.2)
    body = flat_colors(smooth, figure.clothes, 5, 5.2, choices.rng)
    body = mix(body, _skin(figure, smooth, image), sharpen_mask(figure.skin, 3.0))
    body = mix(body, _hair(figure, smooth), sharpen_mask(figure.hair, 2.6))
    draw_strands(body, figure, locks, body, choices.rng, _LOCKS)
    outline = sharpen_mask(figure.person * smoothstep(figure.fade, 0.0, 0.25), 2.2)
    sheet = stage(canvas, badge, choices.rng)
    sheet = mix(sheet, body, outline * clip(canvas, badge))
    leaves = (bgr_from_hex(badge.scheme.leaf), bgr_from_hex(badge.scheme.leaf_light))
    cover_cuts(sheet, figure, leaves, choices.rng, size=0.2, crowd=260)
    draw_strands(sheet, figure, locks, body, choices.rng, _TUFTS)
    _features(sheet, figure)
    sprigs(sheet, canvas, badge, choices.rng)
    return np.clip(sheet, 0, 1)


def _skin(figure: Figure, smooth: BgrImage, image: BgrImage) -> BgrImage:
    """Skin in four tones; shade under chin and hair, the form of the face from the photo's own light."""
    lightness = blur(to_lab(smooth)[..., 0], max(3.5, figure.face_height * 0.016))
    base = _skin_base(figure, lightness)
    painted = shade_region(
        base, lightness, figure.skin, ((-0.95, (-6, 3.5, 3)), (-2.2, (-11, 5, 3))), edge=0.9
    )
    painted = with_dark_kept(painted, smooth, to_lab(smooth)[..., 0], figure.skin, base[0], crisp_edge=True)
    _detail(painted, figure, image)
    for cheek, side in zip(BLUSH_CHEEKS, (-1, 1), strict=True):
        seen = float(np.clip(1 - 1.6 * max(0.0, side * figure.yaw), 0, 1))
        distance = figure.canvas.distance(*figure.mesh[cheek].tolist())
        size = figure.face_height * 0.08
        composite_multiply(
            painted,
            np.array([0.88, 0.86, 1.0]),
            smoothstep(distance, size, size - 2.5) * np.float32(0.42 * seen),
        )
    return painted


def _skin_base(figure: Figure, lightness: Plane) -> tuple[float, float, float]:
    inside = figure.skin > 0.6
    middle = float(np.median(lightness[inside])) if inside.any() else 60.0
    light, red, yellow = figure.palette.skin_lab
    return min(92.0, light * 0.9 + middle * 0.1 + 2.5), red * 1.02, yellow * 1.04 + 0.8


def _detail(painted: BgrImage, figure: Figure, image: BgrImage) -> None:
    """The hollows that make this face this face, as two crisp rounded shades."""
    lightness = to_lab(image)[..., 0]
    hollow = blur(lightness, figure.face_height * 0.08) - blur(lightness, figure.face_height * 0.010)
    on_face = smoothstep(blur(figure.skin, 3), 0.6, 0.95)
    composite_multiply(painted, np.array([0.85, 0.87, 0.92]), smoothstep(hollow, 4.6, 5.8) * on_face)
    composite_multiply(painted, np.array([0.76, 0.78, 0.86]), smoothstep(hollow, 11.0, 12.6) * on_face)


def _hair(figure: Figure, smooth: BgrImage) -> BgrImage:
    lightness = blur(to_lab(smooth)[..., 0], 2.4)
    light, red, yellow = lab_from_bgr(figure.palette.hair).tolist()
    base = (max(13.0, light), red * 1.05, yellow * 1.05)
    return shade_region(
        base, lightness, figure.hair, ((-0.6, (-8, 1, 1)), (0.8, (9, 1, 3)), (1.9, (8, 0, 2))), edge=0.8
    )


def _features(sheet: BgrImage, figure: Figure) -> None:
    palette = figure.palette
    if figure.shows_features:
        composite_over(
            sheet, _brow_color(palette.hair), brow_strokes(figure, 0.026, 0.003) * np.float32(0.92)
        )
        draw_lips(sheet, figure, lip_color(figure), 0.85)
        draw_open_mouth(sheet, figure)
        composite_over(
            sheet, shift_in_lab(palette.skin, -38, 8, 4), mouth_line(figure, 0.009) * np.float32(0.9)
        )
        nose = stroke_path(figure.canvas, [(figure.at(*NOSTRILS), figure.face_height * 0.012)])
        composite_over(sheet, shift_in_lab(palette.skin, -28, 9, 8), nose * np.float32(0.9))
    else:
        composite_over(sheet, kuwahara(figure.image, 4), attention(figure) * figure.skin)
    if figure.shows_eyes:
        draw_eyes(sheet, figure, _EYES, EyePaint(palette.iris, palette.skin, palette.ink * 0.7))
    draw_eyewear(sheet, figure, shine=0.10)


def _brow_color(hair: Color) -> Color:
    return darken(hair, 0.62, 0.5)
