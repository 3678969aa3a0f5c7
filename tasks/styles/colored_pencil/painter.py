"""Colored pencil: strokes along the form on toothy cream paper, a contour drawn twice, paper left bare."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import BgrImage, Mask, Plane
from tasks.design.shapes import CharacterDesign
from tasks.media.drawn import Model, begin, ground_shadow
from tasks.media.flats import Flats, Look
from tasks.media.form import form_flow
from tasks.media.placement import Drawing, Placement
from tasks.media.strips import Painted, Strip, paint_in_strips
from tasks.media.vignette import running_out
from tasks.media.wander import strayed, wander_of
from tasks.renderer.canvas import Canvas
from tasks.renderer.choices import Choices
from tasks.renderer.color import bgr_from_hex
from tasks.renderer.dabs import Dabs, dab_map, scatter_dabs
from tasks.renderer.hatching import hatching_texture
from tasks.renderer.noise import Rng, broad_clouds, soft_noise
from tasks.renderer.pixels import as_float32, mix, smoothstep

_LOOK = Look(outline=0.7, ink=0.7, pen=0.92, hair_pen=0.8, shade=0.8, cast=0.6, soft_skin=1.3)
_PAPER = np.array([0.925, 0.958, 0.972], np.float32)
_SHEETS = ("#9cc3e6", "#f2c29b", "#b4d6a5", "#dcb4d2", "#f1d98c", "#a5d3cf")
_GAPS, _GAPS_SKIN = 0.22, 0.15  # how far paper shows between strokes
_PRESSED, _PRESSED_SKIN = 0.20, 0.125  # by how much a stroke is darker than the color it makes


@dataclass(frozen=True)
class _Sheet:
    """What hand and paper do, on the screen's sheet."""

    tooth: Plane  # deviation 1
    along: Plane  # fine hatching along the form, deviation 1
    across: Plane  # and across it
    whole: Mask  # see `running_out`
    strokes: Dabs  # of the figure
    patch: Dabs  # behind it


def draw(design: CharacterDesign, placement: Placement, choices: Choices) -> Drawing:
    """Draw the design in colored pencil."""
    model, own = begin(design, placement, _LOOK), choices.again()
    canvas = Strip(model.screen, 0).canvas
    hand = float(np.deg2rad(-52 + own.rng.uniform(-12, 12)))
    sheet = _sheet(model, canvas, own, hand)
    wander = wander_of(own.rng, canvas.shape, 30, 0.8)
    color = bgr_from_hex(own.pick(_SHEETS))
    reach = broad_clouds(own.rng, canvas.shape, 70, 3) * np.float32(0.045)

    def paint(strip: Strip) -> Painted:
        flats = strayed(model.flats(strip), strip, wander)
        tooth = strip.sampled(sheet.tooth)
        stroke = sheet.strokes.shades[dab_map(sheet.strokes, strip.canvas)]
        alpha = flats.alpha * smoothstep(strip.sampled(sheet.whole) + 0.10 * stroke, 0.30, 0.42)
        figure = _pencils(flats, strip, sheet, tooth, stroke)
        ground = _patch(strip, sheet, model, color, strip.sampled(reach), tooth)
        paper = (1 + np.float32(0.013) * tooth)[..., None]
        return Painted(mix(ground, figure, alpha) * paper, figure * paper, alpha)

    return paint_in_strips(placement, paint)


def _sheet(model: Model, canvas: Canvas, choices: Choices, hand: float) -> _Sheet:
    rng, shape = choices.rng, canvas.shape
    flow = form_flow(model.design, model.screen, hand, 1 - 0.85 * model.guide.skin)
    flow = flow.turned(broad_clouds(rng, shape, 90, 2) * np.float32(0.08))
    return _Sheet(
        tooth=_fine_tooth(rng, shape) * np.float32(choices.texture),
        along=hatching_texture(rng, flow, canvas, 4, 1.7),
        across=hatching_texture(rng, flow.turned(-0.7), canvas, 3, 2.0),
        whole=running_out(model, canvas, rng, 0.05),
        strokes=scatter_dabs(rng, flow.angle, 6.5, 40, 3.0),
        patch=scatter_dabs(rng, np.full(shape, hand + 0.2, np.float32), 9.0, 95, 3.6),
    )


def _fine_tooth(rng: Rng, shape: tuple[int, int]) -> Plane:
    """Drawing paper is finer than watercolor paper."""
    tooth = soft_noise(rng, shape, 1.5) * 0.6 + soft_noise(rng, shape, 2.8) * 0.6
    return as_float32(tooth / tooth.std())


def _pencils(flats: Flats, strip: Strip, sheet: _Sheet, tooth: Plane, stroke: Plane) -> BgrImage:
    """The flats in strokes: darker where a pencil went, paper between, and the color they make the same."""
    skin, sharp = np.clip(flats.skin, 0, 1), np.clip(flats.feature, 0, 1)
    dark = 1 - flats.color.mean(2)
    hatch = 0.55 * strip.sampled(sheet.along) + 0.55 * stroke * (1 - 0.2 * skin) + 0.35 * tooth
    hatch = hatch + strip.sampled(sheet.across) * (0.20 + 0.35 * dark)
    hatch = np.clip(hatch * np.float32(0.8), -2.2, 2.2)
    calm = 1 - 0.72 * sharp
    gaps = np.maximum(hatch, 0) * (_GAPS + (_GAPS_SKIN - _GAPS) * skin) * calm
    pressed = np.maximum(-hatch, 0) * (_PRESSED + (_PRESSED_SKIN - _PRESSED) * skin) * calm
    gaps = gaps * (1 - 0.6 * dark)  # a dark is pressed harder: less paper shows
    figure = flats.color + (_PAPER - flats.color) * gaps[..., None]
    return as_float32(figure * (1 - (pressed[..., None] * (1.05 - flats.color))))


def _patch(
    strip: Strip, sheet: _Sheet, model: Model, color: BgrImage, reach: Plane, tooth: Plane
) -> BgrImage:
    """Loose hatching behind the figure, and denser under its feet."""
    canvas = strip.canvas
    middle = 0.42 if model.feet is None else 0.55
    away = np.hypot(
        (canvas.columns - 0.5 * canvas.width) / (0.56 * canvas.width),
        (canvas.rows - middle * canvas.height) / (0.52 * canvas.height),
    )
    inside = smoothstep(away + reach, 1.0, 0.80)
    drawn = sheet.patch.shades[dab_map(sheet.patch, strip.canvas)]
    grain = 0.35 + 0.65 * smoothstep(tooth, -0.9, 0.9)
    tint = inside * (0.14 + 0.5 * smoothstep(drawn + 2 * (inside - 1), -0.1, 0.5)) * grain
    tint = tint + 0.55 * ground_shadow(model, strip) * (0.5 + 0.5 * smoothstep(drawn, -0.8, 0.6)) * grain
    return as_float32(_PAPER * (1 - np.clip(tint, 0, 1)[..., None] * (1 - color)))
