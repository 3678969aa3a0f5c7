"""Anime: an inked line that swells and thins, two crisp tones, the ring of light on the hair, a wide sky."""

import numpy as np

from tasks.arrays import Mask
from tasks.design.shapes import CharacterDesign
from tasks.media.drawn import Model, begin, ground_shadow, lay_overlay
from tasks.media.flats import Flats, Look
from tasks.media.placement import Drawing, Placement
from tasks.media.strips import Painted, Strip, paint_in_strips
from tasks.renderer.choices import Choices
from tasks.renderer.color import saturate
from tasks.renderer.noise import soft_noise
from tasks.renderer.pixels import as_float32, blur, composite_multiply, composite_over, mix, smoothstep
from tasks.renderer.sky import meadow, petals, sky

_LOOK = Look(outline=1.0, hair_pen=0.6)
_VIVID = 1.14  # chroma of everything but skin
_RING_OPACITY = 0.42
_RING_GAIN, _RING_LIFT = 1.5, 0.045  # the ring is the hair's own color in light, not a gray veil over it
_RING = (0.30, 0.44)  # where the ring of light lies between crown and hairline
_FULL_HAIR = 16.0  # head units of hair above the forehead that a ring needs
_SHADOW = np.array([0.60, 0.62, 0.50], np.float32)


def draw(design: CharacterDesign, placement: Placement, choices: Choices) -> Drawing:
    """Draw the design as a cel."""
    model = begin(design, placement, _LOOK)
    own = choices.again()
    canvas = Strip(model.screen, 0).canvas
    behind = sky(canvas, own)
    if model.feet is not None:
        meadow(behind, canvas, own, model.feet)
    shine = _ring_of_light(model, own)
    front = petals(canvas, own, model.guide.alpha)

    def paint(strip: Strip) -> Painted:
        flats = model.flats(strip)
        cel = _cel(flats, None if shine is None else strip.sampled(shine))
        sheet = np.array(strip.sampled(behind))
        rim = smoothstep(blur(flats.alpha, 4.0 * strip.zoom), 0.05, 0.5) * (1 - flats.alpha)
        composite_multiply(sheet, _SHADOW, ground_shadow(model, strip) * np.float32(0.8))
        composite_over(sheet, np.ones(3), rim * np.float32(0.75))
        sheet = mix(sheet, cel, flats.alpha)
        return Painted(lay_overlay(sheet, front, strip), cel, flats.alpha)

    return paint_in_strips(placement, paint)


def _cel(flats: Flats, shine: Mask | None) -> np.ndarray:
    amount = as_float32(1 + (_VIVID - 1) * (1 - flats.skin))
    cel = saturate(flats.color, amount)
    if shine is not None:
        lit = shine * flats.hair * (1 - flats.feature) * np.float32(_RING_OPACITY)
        composite_over(cel, np.clip(cel * _RING_GAIN + _RING_LIFT, 0, 1), lit)
    return cel


def _ring_of_light(model: Model, choices: Choices) -> Mask | None:
    """The band across a full head of hair, (1024, 820) on the screen; None where too little is there."""
    canvas, unit = Strip(model.screen, 0).canvas, model.screen.scale
    x, y = (float(value) for value in model.face)
    column = model.guide.hair[:, int(np.clip(x, 0, canvas.width - 1))] > 0.5
    column[int(max(y, 0)) :] = False
    rows = np.flatnonzero(column)
    if len(rows) < _FULL_HAIR * unit:
        return None
    top, bottom = float(rows[0]), float(rows[-1])
    center = y + 8 * unit
    near, far = (center - top - share * (bottom - top) for share in _RING)
    jagged = soft_noise(choices.rng, canvas.shape, 13) * np.float32(2.0 * unit)
    away = np.hypot((canvas.columns - x) * np.float32(0.92), canvas.rows - center)
    band = smoothstep(away + 0.4 * jagged, near + 1, near - 1) * smoothstep(away - jagged, far - 1, far + 1)
    sides = smoothstep(np.abs(canvas.columns - x + 10 * unit), 44 * unit, 12 * unit)
    return as_float32(band * sides * smoothstep(canvas.rows, y - 4 * unit, y - 22 * unit))
