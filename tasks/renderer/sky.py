"""Skies for the anime style: clear gradients, heaped clouds in two tones, petals and light in the air."""

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import BgrImage, Color, Mask
from tasks.renderer.canvas import Canvas
from tasks.renderer.choices import Choices
from tasks.renderer.color import bgr_from_hex, shift_in_lab
from tasks.renderer.dabs import make_leaves
from tasks.renderer.noise import Rng, clouds
from tasks.renderer.overlay import Overlay
from tasks.renderer.pixels import as_float32, blur, composite_over, enlarge, mix, smoothstep
from tasks.renderer.shapes import dot_window, fill_dot


@dataclass(frozen=True)
class Air:
    """The colors of one sky."""

    top: str
    middle: str
    low: str
    cloud: str
    cloud_shade: str
    petals: str | None = None
    stars: bool = False


_MEADOWS = ("#7cc36a", "#a5c77a", "#8a7fb0", "#3f5f8a", "#8ecb86")  # one for each sky
SKIES = (
    Air("#2f8fe0", "#7cc6f5", "#dff4ff", "#ffffff", "#bcdcf5"),
    Air("#f79bb8", "#ffc9d3", "#fff1e6", "#ffffff", "#ffd3da", petals="#ffb3c7"),
    Air("#5b5bb5", "#e58fb4", "#ffd9a8", "#ffe6d6", "#c98fc0"),
    Air("#182a5e", "#3f56a6", "#8fa6e0", "#7f92cf", "#5468b0", stars=True),
    Air("#58bfa4", "#a9e3c4", "#f4fbdc", "#ffffff", "#cdeed8", petals="#8fd08a"),
)


def sky(canvas: Canvas, choices: Choices) -> BgrImage:
    """The air behind the figure."""
    air, rng = choices.pick(SKIES), choices.rng
    height = canvas.rows / canvas.height
    sheet = mix(canvas.blank(bgr_from_hex(air.top)), bgr_from_hex(air.middle), smoothstep(height, 0.0, 0.55))
    sheet = mix(sheet, bgr_from_hex(air.low), smoothstep(height, 0.45, 0.95))
    if air.stars:
        _starlight(sheet, canvas, rng)
    _heap(sheet, canvas, air, rng, side=float(rng.choice([-1.0, 1.0])))
    _glow(sheet, canvas)
    _bokeh(sheet, canvas, rng)
    return np.clip(sheet, 0, 1)


def _starlight(sheet: BgrImage, canvas: Canvas, rng: Rng) -> None:
    for _ in range(150):
        place = (float(rng.uniform(0, canvas.width)), float(rng.uniform(0, canvas.height * 0.7)))
        fill_dot(
            sheet,
            place,
            float(rng.gamma(1.2, 0.8)) + 0.4,
            np.ones(3, np.float32),
            float(rng.uniform(0.4, 1.0)),
            0.7,
        )


def _heap(sheet: BgrImage, canvas: Canvas, air: Air, rng: Rng, side: float) -> None:
    """Heaped clouds: towers at both sides, the higher one at `side`, and a bank below. In place."""
    small = Canvas(canvas.width // 2, canvas.height // 2)
    puffs: list[tuple[float, float, float]] = []
    for tower, top in ((side, 0.34), (-side, 0.56)):
        for level in rng.uniform(0, 1, 40).tolist():
            spread = small.width * (0.05 + 0.20 * level)
            x = small.width * (0.5 + 0.45 * tower) + spread * float(np.clip(rng.normal(), -1.6, 1.6))
            puffs.append(
                (
                    x,
                    small.height * (top + (0.95 - top) * level),
                    14 + 26 * level * float(rng.uniform(0.7, 1.2)),
                )
            )
    for x in rng.uniform(0, small.width, 34).tolist():
        puffs.append((x, small.height * float(rng.uniform(0.88, 1.0)), float(rng.uniform(24, 44))))
    _paint_clouds(sheet, small, puffs, air, rng)
    for _ in range(3):
        _wisp(sheet, canvas, rng, bgr_from_hex(air.cloud))


def _paint_clouds(
    sheet: BgrImage, small: Canvas, puffs: list[tuple[float, float, float]], air: Air, rng: Rng
) -> None:
    """Clouds as one bumpy surface, lit from the upper left in three even tones. Worked out at half size."""
    height = small.mask()
    for x, y, radius in [*puffs, *_smaller_ones(puffs, rng)]:
        window = dot_window(small.shape, (x, y), radius, 0.0)
        if window is not None:
            box, _ = window
            rounded = 1 - (small.distance_in(box, x, y) / np.float32(radius)) ** 2
            height[box] = np.maximum(height[box], np.sqrt(np.maximum(rounded, 0)) * np.float32(radius / 40))
    height = blur(height, 1.5) + 0.05 * clouds(rng, small.shape, 26, 3) * smoothstep(height, 0.0, 0.3)
    slope_x, slope_y = cv2.Sobel(height, -1, 1, 0), cv2.Sobel(height, -1, 0, 1)
    light = blur(as_float32(0.55 * slope_x + 0.85 * slope_y), 2.2)
    tones = mix(
        bgr_from_hex(air.cloud_shade), bgr_from_hex(air.cloud), smoothstep(light, -0.06, -0.03)[..., None]
    )
    tones = mix(tones, np.ones(3), smoothstep(light, 0.10, 0.14) * np.float32(0.85))
    mask = smoothstep(height, 0.10, 0.19)
    composite_over(sheet, enlarge(tones, sheet), enlarge(mask, sheet) * np.float32(0.97))


def _smaller_ones(puffs: list[tuple[float, float, float]], rng: Rng) -> list[tuple[float, float, float]]:
    """Two or three lesser puffs on the upper side of each, so that none is a ball."""
    lesser = []
    for x, y, radius in puffs:
        for _ in range(3):
            angle, share = float(rng.uniform(-np.pi * 1.15, np.pi * 0.15)), float(rng.uniform(0.45, 0.7))
            lesser.append((x + radius * np.cos(angle), y + 0.8 * radius * np.sin(angle), radius * share))
    return lesser


def _wisp(sheet: BgrImage, canvas: Canvas, rng: Rng, light: Color) -> None:
    """A thin high cloud, feathered at one end."""
    x, y = float(rng.uniform(0.1, 0.9)) * canvas.width, float(rng.uniform(0.05, 0.28)) * canvas.height
    long, thin = float(rng.uniform(120, 230)), float(rng.uniform(10, 20))
    bend = 0.0006 * (canvas.columns - x) ** 2
    distance = np.hypot(
        (canvas.columns - x) / long, (canvas.rows - y + bend + 0.06 * (canvas.columns - x)) / thin
    )
    ragged = np.maximum(1 + 0.30 * clouds(rng, canvas.shape, 50, 3), 0.6)
    composite_over(sheet, light, smoothstep(distance * ragged, 1.0, 0.2) * np.float32(0.45))


def _glow(sheet: BgrImage, canvas: Canvas) -> None:
    """A light behind the figure."""
    distance = canvas.distance(canvas.width / 2, canvas.height * 0.42, 0.95)
    composite_over(sheet, np.ones(3), np.exp(-((distance / 330) ** 2)) * np.float32(0.38))


def _bokeh(sheet: BgrImage, canvas: Canvas, rng: Rng) -> None:
    for _ in range(22):
        place = (float(rng.uniform(0, canvas.width)), float(rng.uniform(0, canvas.height)))
        radius = float(rng.uniform(5, 30))
        fill_dot(
            sheet,
            place,
            radius,
            np.ones(3, np.float32),
            float(rng.uniform(0.08, 0.28)),
            max(1.0, radius * 0.10),
        )


def petals(canvas: Canvas, choices: Choices, figure: Mask) -> Overlay | None:
    """Petals that drift by, hardly any before the figure; None in still air."""
    air, rng = choices.pick(SKIES), choices.rng
    if not air.petals:
        return None
    color, shapes, overlay = bgr_from_hex(air.petals), make_leaves(rng, 24, 7), Overlay(canvas.shape)
    for _ in range(34):
        x, y = int(rng.integers(canvas.width)), int(rng.integers(canvas.height))
        if figure[y, x] > 0:
            continue
        tint = as_float32(np.clip(color * rng.uniform(0.95, 1.08), 0, 1))
        petal = shapes[int(rng.integers(len(shapes)))]
        overlay.stamp(petal, (x, y), tint, float(rng.uniform(0.65, 0.95)))
    return overlay


def meadow(sheet: BgrImage, canvas: Canvas, choices: Choices, feet: float) -> None:
    """A hill to stand on, in the light of the sky, with its crest a little above the `feet`. In place."""
    air, rng = choices.pick(SKIES), choices.rng
    green = _MEADOWS[choices.scene % len(SKIES)]
    phase = rng.uniform(0, 6, 2)
    x = canvas.columns / canvas.width * 2 * np.pi
    crest = feet - 70 + 16 * np.sin(0.7 * x + phase[0]) + 5 * np.sin(2.3 * x + phase[1])
    for down, lift, edge in ((-26, 9, 0.5), (0, 0, 1.0), (46, -8, 1.0)):
        tone = mix(shift_in_lab(bgr_from_hex(green), lift), bgr_from_hex(air.low), 0.25 if down < 0 else 0.0)
        wave = 6 * np.sin(1.3 * x + down) + 3 * np.sin(9 * x + phase[1])
        composite_over(sheet, tone, smoothstep(canvas.rows - crest - down - wave * (1 - edge), -1, 1))
