"""Storybook: opaque gouache in dabs along the form, warm light, a painted landscape around the figure."""

import numpy as np

from tasks.arrays import BgrImage, Plane
from tasks.design.shapes import CharacterDesign
from tasks.media.drawn import Model, begin, ground_shadow, lay_overlay
from tasks.media.flats import Flats, Look
from tasks.media.form import form_flow
from tasks.media.placement import Drawing, Placement
from tasks.media.strips import Painted, Strip, paint_in_strips
from tasks.media.wander import strayed, wander_of
from tasks.renderer.choices import Choices
from tasks.renderer.dabs import Dabs, colors_under, dab_map, scatter_dabs
from tasks.renderer.hatching import hatching_texture
from tasks.renderer.landscape import foreground, landscape
from tasks.renderer.noise import paper_grain
from tasks.renderer.pixels import as_float32, blur, composite_multiply, mix, smoothstep, translate_mask

_LOOK = Look(pen=0.9, hair_pen=0.35, shade=0.85, cast=0.9, soft_skin=0.9, edges=True)
_ALIKE = 0.13  # BGR distance within which a dab's color spreads over its neighbors'
_WAVER, _WAVER_SKIN = 0.040, 0.011  # by how much one dab differs from the next
_BRISTLES = 0.022
_POOLED = 0.13  # how much darker the edge of a wash dries
_SHADOW = np.array([0.66, 0.62, 0.62], np.float32)


def draw(design: CharacterDesign, placement: Placement, choices: Choices) -> Drawing:
    """Draw the design in gouache."""
    model, own = begin(design, placement, _LOOK), choices.again()
    canvas = Strip(model.screen, 0).canvas
    behind, front = landscape(canvas, own), foreground(canvas, own)
    flow = form_flow(design, model.screen, -0.9 + float(own.rng.uniform(-0.2, 0.2)), 1 - model.guide.skin)
    dabs = scatter_dabs(own.rng, flow.angle, 7.5, 25, 8)
    under = colors_under(dabs, model.guide.color)
    bristles = hatching_texture(own.rng, flow, canvas, 5, 1.7)
    wander = wander_of(own.rng, canvas.shape, 15, 0.9)
    grain = paper_grain(own.rng, canvas.shape) * np.float32(0.015 * choices.texture)

    def paint(strip: Strip) -> Painted:
        flats = strayed(model.flats(strip), strip, wander)
        body = _gouache(
            flats, dab_map(dabs, strip.canvas), dabs, under, strip.sampled(bristles) * choices.texture
        )
        sheet = np.array(strip.sampled(behind))
        _shadows(sheet, flats, model, strip)
        sheet = lay_overlay(mix(sheet, body, flats.alpha), front, strip)
        finish = 1 + strip.sampled(grain)[..., None]
        return Painted(sheet * finish * _vignette(strip), body * finish, flats.alpha)

    return paint_in_strips(placement, paint)


def _gouache(flats: Flats, covering: np.ndarray, dabs: Dabs, under: BgrImage, bristles: Plane) -> BgrImage:
    """The flats as dabs: each lays its own color over tones like it, and none is quite like the next."""
    sharp = np.clip(flats.feature * 1.5, 0, 1)
    taken = as_float32(under[covering])
    away = as_float32(taken - flats.color)
    alike = np.exp(-np.einsum("ijk,ijk->ij", away, away) / np.float32(_ALIKE**2)) * (1 - sharp)
    body = flats.color + away * alike[..., None]
    calm = np.clip(flats.skin, 0, 1)
    bright = flats.color.max(2)
    waver = dabs.shades[covering] * (_WAVER + (_WAVER_SKIN - _WAVER) * calm) * (1.25 - 0.75 * bright)
    waver = waver + bristles * np.float32(_BRISTLES) * (1 - 0.75 * calm)
    pooled = flats.edge * np.float32(_POOLED) * (1 - 0.45 * calm)
    tone = 1 + (waver - pooled) * (1 - sharp)
    warmth = np.array([-0.25, 0.0, 0.25], np.float32) * (waver * (1 - sharp) * (1 - calm))[..., None]
    return as_float32(np.clip(body * tone[..., None] + warmth * 0.5, 0, 1))


def _shadows(sheet: BgrImage, flats: Flats, model: Model, strip: Strip) -> None:
    """A soft shadow on the scene, so that the figure stands before it, and one on the ground."""
    zoom = strip.zoom
    if model.feet is None:
        fallen = blur(translate_mask(flats.alpha, round(9 * zoom), round(10 * zoom)), 9 * zoom)
        composite_multiply(sheet, _SHADOW, fallen * (1 - flats.alpha) * np.float32(0.6))
    composite_multiply(sheet, _SHADOW, ground_shadow(model, strip))


def _vignette(strip: Strip) -> BgrImage:
    canvas = strip.canvas
    away = np.hypot(canvas.columns / canvas.width - 0.5, canvas.rows / canvas.height - 0.48)
    dark = smoothstep(away, 0.45, 0.78)[..., None] * np.array([0.14, 0.125, 0.10], np.float32)
    return as_float32(1 - dark)
