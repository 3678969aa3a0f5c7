"""Skies for the anime style: clear gradients, heaped clouds in two tones, petals and light in the air."""

from dataclasses import dataclass

import numpy as np

from tasks.providers.local.brush.canvas import Canvas
from tasks.providers.local.brush.choices import Choices
from tasks.providers.local.brush.colour import hex_colour
from tasks.providers.local.brush.dabs import make_leaves, stamp
from tasks.providers.local.brush.figure import Figure
from tasks.providers.local.brush.noise import Rng
from tasks.providers.local.brush.pixels import Colour, FloatImage, as_image, lay, mix, smoothstep
from tasks.providers.local.brush.shapes import dot


@dataclass(frozen=True)
class Air:
    """The colours of one sky."""

    top: str
    middle: str
    low: str
    cloud: str
    cloud_shade: str
    petals: str | None = None
    stars: bool = False


SKIES = (
    Air("#2f8fe0", "#7cc6f5", "#dff4ff", "#ffffff", "#bcdcf5"),
    Air("#f79bb8", "#ffc9d3", "#fff1e6", "#ffffff", "#ffd3da", petals="#ffb3c7"),
    Air("#5b5bb5", "#e58fb4", "#ffd9a8", "#ffe6d6", "#c98fc0"),
    Air("#182a5e", "#3f56a6", "#8fa6e0", "#7f92cf", "#5468b0", stars=True),
    Air("#58bfa4", "#a9e3c4", "#f4fbdc", "#ffffff", "#cdeed8", petals="#8fd08a"),
)


def sky(canvas: Canvas, choices: Choices) -> FloatImage:
    """The air behind the figure."""
    air, rng = choices.pick(SKIES), choices.rng
    height = canvas.rows / canvas.height
    sheet = mix(canvas.blank(hex_colour(air.top)), hex_colour(air.middle), smoothstep(height, 0.0, 0.55))
    sheet = mix(sheet, hex_colour(air.low), smoothstep(height, 0.45, 0.95))
    if air.stars:
        _starlight(sheet, canvas, rng)
    _heap(sheet, canvas, air, rng, side=float(rng.choice([-1.0, 1.0])))
    _glow(sheet, canvas)
    _bokeh(sheet, canvas, rng)
    return np.clip(sheet, 0, 1)


def _starlight(sheet: FloatImage, canvas: Canvas, rng: Rng) -> None:
    for _ in range(150):
        place = (float(rng.uniform(0, canvas.width)), float(rng.uniform(0, canvas.height * 0.7)))
        dot(
            sheet,
            place,
            float(rng.gamma(1.2, 0.8)) + 0.4,
            np.ones(3, np.float32),
            float(rng.uniform(0.4, 1.0)),
            0.7,
        )


def _heap(sheet: FloatImage, canvas: Canvas, air: Air, rng: Rng, side: float) -> None:
    """Heaped clouds: towers at both sides, the higher one at `side`."""
    light, shade = hex_colour(air.cloud), hex_colour(air.cloud_shade)
    for tower, top in ((side, 0.30), (-side, 0.50)):
        centre = canvas.width * (0.5 + 0.44 * tower)
        for _ in range(46):
            level = float(rng.uniform(0, 1))
            y = canvas.height * (top + (0.92 - top) * level)
            x = centre + float(rng.normal(0, canvas.width * (0.07 + 0.22 * level)))
            _puff(sheet, (x, y), float(rng.uniform(24, 46)) * (0.8 + 0.9 * level), light, shade)
    for _ in range(40):
        place = (float(rng.uniform(0, canvas.width)), canvas.height * float(rng.uniform(0.86, 1.0)))
        _puff(sheet, place, float(rng.uniform(40, 75)), light, shade)
    for _ in range(3):
        _wisp(sheet, canvas, rng, light)


def _puff(sheet: FloatImage, at: tuple[float, float], radius: float, light: Colour, shade: Colour) -> None:
    x, y = at
    dot(sheet, (x, y), radius, shade, 0.95, 1.5)
    dot(sheet, (x - radius * 0.10, y - radius * 0.16), radius * 0.86, light, 0.95, 2.0)


def _wisp(sheet: FloatImage, canvas: Canvas, rng: Rng, light: Colour) -> None:
    """A thin high cloud."""
    x, y = rng.uniform(0.1, 0.9) * canvas.width, rng.uniform(0.05, 0.28) * canvas.height
    long, thin = rng.uniform(110, 210), rng.uniform(7, 13)
    distance = np.hypot((canvas.columns - x) / long, (canvas.rows - y + 0.05 * (canvas.columns - x)) / thin)
    lay(sheet, light, smoothstep(distance, 1.0, 0.55) * np.float32(0.6))


def _glow(sheet: FloatImage, canvas: Canvas) -> None:
    """A light behind the figure."""
    distance = canvas.distance(canvas.width / 2, canvas.height * 0.42, 0.95)
    lay(sheet, np.ones(3), np.exp(-((distance / 330) ** 2)) * np.float32(0.38))


def _bokeh(sheet: FloatImage, canvas: Canvas, rng: Rng) -> None:
    for _ in range(22):
        place = (float(rng.uniform(0, canvas.width)), float(rng.uniform(0, canvas.height)))
        radius = float(rng.uniform(5, 30))
        dot(
            sheet,
            place,
            radius,
            np.ones(3, np.float32),
            float(rng.uniform(0.08, 0.28)),
            max(1.0, radius * 0.10),
        )


def in_front(sheet: FloatImage, figure: Figure, choices: Choices) -> None:
    """Clouds over a cut side of the figure, and petals that drift before it. In place."""
    air, rng = choices.pick(SKIES), choices.rng
    _cloud_cover(sheet, figure, air, rng)
    if air.petals:
        _petals(sheet, figure, hex_colour(air.petals), rng)


def _cloud_cover(sheet: FloatImage, figure: Figure, air: Air, rng: Rng) -> None:
    canvas = figure.canvas
    below_chin = canvas.rows > figure.chin[1] + 0.18 * figure.face_height
    cut = (figure.person > 0.5) & (figure.fade < 0.75) & below_chin
    if cut.sum() < 400:
        return
    rows, columns = np.nonzero(np.maximum.accumulate(cut, axis=0))
    light, shade = hex_colour(air.cloud), hex_colour(air.cloud_shade)
    chosen = rng.choice(len(rows), min(260, max(60, len(rows) // 240)), replace=False)
    for index in chosen[np.argsort(rows[chosen], kind="stable")]:
        place = (float(columns[index] + rng.normal(0, 14)), float(rows[index] + rng.uniform(0, 40)))
        _puff(sheet, place, figure.face_height * float(rng.uniform(0.07, 0.15)), light, shade)


def _petals(sheet: FloatImage, figure: Figure, colour: Colour, rng: Rng) -> None:
    """Petals everywhere but on the face."""
    canvas, petals = figure.canvas, make_leaves(rng, 24, 7)
    face = figure.mesh.mean(0)
    for _ in range(26):
        x, y = int(rng.integers(canvas.width)), int(rng.integers(canvas.height))
        if np.hypot(x - face[0], y - face[1]) < 0.75 * figure.face_height:
            continue
        tint = as_image(np.clip(colour * rng.uniform(0.95, 1.08), 0, 1))
        stamp(sheet, petals[int(rng.integers(len(petals)))], (x, y), tint, float(rng.uniform(0.65, 0.95)))
