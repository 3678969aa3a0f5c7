"""Watercolor: washes that bloom and dry with darker edges, pigment that settles in the paper, white sheet."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import BgrImage, Mask, Plane
from tasks.design.shapes import CharacterDesign
from tasks.media.drawn import Model, begin, ground_shadow
from tasks.media.flats import Flats, Look
from tasks.media.placement import Drawing, Placement
from tasks.media.strips import Painted, Strip, paint_in_strips
from tasks.media.vignette import running_out
from tasks.media.wander import strayed, wander_of
from tasks.renderer.canvas import Canvas
from tasks.renderer.choices import Choices
from tasks.renderer.color import bgr_from_hex
from tasks.renderer.noise import broad_clouds, clouds, paper_grain
from tasks.renderer.pixels import as_float32, blur, mix, smoothstep
from tasks.renderer.shapes import multiply_dot

_LOOK = Look(outline=0.5, ink=0.4, pen=0.85, hair_pen=0.35, shade=0.7, cast=0.55, soft_skin=1.8, edges=True)
_HUES = ("#8fb8de", "#f0b98d", "#a8cf9a", "#d9a7c7", "#f3d27a", "#9fd0cf")
_PAPER = np.array([0.955, 0.978, 0.988], np.float32)
_CALM_SKIN = 0.85  # of the stains that are left out on skin: at most a fifth of elsewhere may stay
_WET_EDGE, _WET_EDGE_SKIN = 0.80, 0.30  # densities
_GRANULATION = 0.07
_POOLED = 0.26  # density: a wash on skin is deeper towards its edges, where a face turns away
_POOL = 11.0  # screen pixels over which
_CALM_FIGURE = 0.42  # of the turbulence is left in the washes of a figure, so that its forms stay one form
_EDGE_OF_WHITE = 1.6  # white cloth is told from white paper by the edge of its wash
_DILUTED = 0.10  # how far a wash other than skin goes towards the white of the paper


@dataclass(frozen=True)
class _Wetness:
    """What water did, on the screen's sheet."""

    turbulence: Plane  # how much more pigment there is, as a density
    hue: Plane  # where one color ran into another, deviation 1
    paper: Plane  # the tooth of the paper, deviation 1
    whole: Mask  # how far the figure goes, see `running_out`


def draw(design: CharacterDesign, placement: Placement, choices: Choices) -> Drawing:
    """Draw the design in watercolor."""
    model, own = begin(design, placement, _LOOK), choices.again()
    canvas = Strip(model.screen, 0).canvas
    wet = _wetness(model, canvas, own)
    behind = _background(model, canvas, own, wet)
    wander = wander_of(own.rng, canvas.shape, 22, 1.3)

    def paint(strip: Strip) -> Painted:
        flats = strayed(model.flats(strip), strip, wander)
        paper = strip.sampled(wet.paper)
        whole = strip.sampled(wet.whole)
        figure = _washes(flats, strip, wet, paper, whole)
        alpha = flats.alpha * smoothstep(whole, 0.16, 0.24)
        # Here and there the wash behind runs up to the figure: a white rim all around would be a sticker's.
        spared = smoothstep(strip.sampled(wet.hue), -0.9, 0.5)
        gap = 1 - smoothstep(blur(flats.alpha, 2.2 * strip.zoom), 0.02, 0.25) * (whole > 0.2) * spared
        ground = strip.sampled(behind) * gap[..., None] + (1 - gap[..., None])
        ground = ground * (1 - ground_shadow(model, strip)[..., None] * (1 - np.array([0.86, 0.78, 0.76])))
        sheet = _on_paper(mix(ground, figure, alpha), paper)
        return Painted(sheet, _on_paper(figure, paper), alpha)

    return paint_in_strips(placement, paint)


def _wetness(model: Model, canvas: Canvas, choices: Choices) -> _Wetness:
    rng, shape = choices.rng, canvas.shape
    turbulence = broad_clouds(rng, shape, 95, 3) * np.float32(0.20)
    turbulence += clouds(rng, shape, 22, 2) * np.float32(0.05)
    wander = broad_clouds(rng, shape, 45, 3) * np.float32(15)
    for _ in range(6):
        _backrun(turbulence, wander, canvas, choices)
    return _Wetness(
        as_float32(turbulence * min(choices.texture, 1.2)),
        broad_clouds(rng, shape, 150, 3),
        paper_grain(rng, shape) * np.float32(choices.texture),
        running_out(model, canvas, rng, 0.10),
    )


def _backrun(density: Plane, wander: Plane, canvas: Canvas, choices: Choices) -> None:
    """A bloom where a wet drop pushed the pigment away: into the density, in place."""
    rng = choices.rng
    x, y = float(rng.uniform(0.08, 0.92)) * canvas.width, float(rng.uniform(0.25, 1.0)) * canvas.height
    radius = float(rng.uniform(35, 90))
    reach = int(radius + 60)
    rows = slice(max(0, int(y) - reach), max(0, int(y) + reach))
    box = (rows, slice(max(0, int(x) - reach), max(0, int(x) + reach)))
    away = canvas.distance_in(box, x, y) + wander[box]
    density[box] += np.exp(-(((away - radius) / 5) ** 2)) * np.float32(0.16)
    density[box] -= smoothstep(away, radius, radius * 0.5) * np.float32(0.15)


def _washes(flats: Flats, strip: Strip, wet: _Wetness, paper: Plane, whole: Mask) -> BgrImage:
    """The flats as pigment: light passes through it twice, so a density of d turns the color c into c^d."""
    skin, sharp = np.clip(flats.skin, 0, 1), np.clip(flats.feature * 1.3, 0, 1)
    other = (1 - skin) * (1 - sharp)
    color = flats.color + (1 - flats.color) * (np.float32(_DILUTED) * other)[..., None]
    dark = 1 - color.mean(2)
    hue = strip.sampled(wet.hue) * other * (0.25 + 0.75 * dark)
    color = color * (1 + hue[..., None] * np.array([0.06, 0.0, -0.06], np.float32))
    density = (
        strip.sampled(wet.turbulence)
        * np.float32(_CALM_FIGURE)
        * (1.15 - 0.65 * dark)
        * (1 - 0.35 * flats.hair)
    )
    density += flats.edge * np.float32(_WET_EDGE)
    density += paper * np.float32(_GRANULATION)
    density *= (1 - skin * _CALM_SKIN) * (1 - 0.9 * sharp)
    density += flats.edge * skin * np.float32(_WET_EDGE_SKIN)
    density += skin * (1 - blur(skin, _POOL * strip.zoom)) * np.float32(_POOLED)
    density -= 0.8 * (1 - smoothstep(whole, 0.2, 0.85))  # water runs out into the paper
    density += 1
    np.clip(density, 0.06, 2.4, out=density)
    density += flats.edge * other * np.float32(_EDGE_OF_WHITE) * (1 - dark) ** 2
    painted = np.exp(np.log(np.clip(color, 0.02, 0.985)) * density[..., None])
    return as_float32(painted)


def _background(model: Model, canvas: Canvas, choices: Choices, wet: _Wetness) -> BgrImage:
    """Loose color behind the figure, in two hues that run into each other, and a few drops."""
    rng, shape = choices.rng, canvas.shape
    first, second = (bgr_from_hex(_HUES[(choices.scene + step) % len(_HUES)]) for step in (0, 2))
    middle = 0.42 if model.feet is None else 0.60
    away = np.hypot(
        (canvas.columns - 0.5 * canvas.width) / (0.44 * canvas.width),
        (canvas.rows - middle * canvas.height) / (0.42 * canvas.height),
    )
    inside = 1.06 - away + 0.20 * broad_clouds(rng, shape, 230, 5)
    wash = smoothstep(inside, 0.0, 0.10)
    strength = 0.58 + 0.22 * np.clip(broad_clouds(rng, shape, 120, 4), -2, 2) + 0.5 * wet.turbulence
    strength = strength + 0.28 * smoothstep(inside, 0.0, 0.05) * smoothstep(inside, 0.13, 0.05)
    color = 1 - (1 - first) * strength[..., None]
    meeting = smoothstep(broad_clouds(rng, shape, 260, 3), -0.6, 0.9) * 0.65
    color = mix(color, 1 - (1 - second) * 0.62, meeting)
    sheet = mix(canvas.blank(1.0), np.clip(color, 0, 1), wash)
    for _ in range(38):
        x, y = rng.uniform(0, canvas.width - 1), rng.uniform(0, canvas.height - 1)
        drop = bgr_from_hex(_HUES[(choices.scene + int(rng.integers(0, 3))) % len(_HUES)])
        multiply_dot(sheet, (x, y), rng.gamma(1.4, 1.7) + 0.8, drop, 0.65, 0.7)
    return sheet


def _on_paper(sheet: BgrImage, paper: Plane) -> BgrImage:
    relief = np.clip(np.roll(paper, 1, 0) - np.roll(paper, -1, 1), -2.5, 2.5) * np.float32(0.011)
    return as_float32(np.clip(sheet * _PAPER * (1 + relief)[..., None] + paper[..., None] * 0.006, 0, 1))
