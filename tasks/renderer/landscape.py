"""Painted landscapes: sky, light, hills and trees behind the figure; grass and flowers before it."""

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import BgrImage, Color, Plane, Points
from tasks.renderer.canvas import Canvas
from tasks.renderer.choices import Choices
from tasks.renderer.color import bgr_from_hex
from tasks.renderer.dabs import make_leaves, paint_dabs, stamp
from tasks.renderer.noise import Rng, clouds, soft_noise
from tasks.renderer.overlay import Overlay
from tasks.renderer.pixels import as_float32, blur, composite_over, mix, smoothstep
from tasks.renderer.shapes import as_points, dot_window, fill_dot, fill_path
from tasks.renderer.strands import render_strands


@dataclass(frozen=True)
class Scene:
    """The colors and things of one landscape."""

    sky: tuple[str, str]  # above, at the horizon
    light: str  # of sun or moon
    hills: tuple[str, str, str]  # far, middle, near
    trees: tuple[str, str]  # shade, light
    grass: tuple[str, str]
    flowers: tuple[str, ...]
    night: bool = False
    clouds: bool = False
    pines: bool = False
    snow: bool = False


SCENES = (
    Scene(
        ("#8ec9dc", "#fdeec6"), "#fff8dc", ("#a9cfae", "#8dba78", "#6fa35c"), ("#4f8450", "#8fbf67"),
        ("#5b924c", "#86b65a"), ("#f6d55c", "#f27d72", "#fdf6e3", "#f2a1b3"), clouds=True,
    ),
    Scene(
        ("#33406f", "#f0a868"), "#ffeab6", ("#6d7399", "#4f6f72", "#3c5b4f"), ("#27433f", "#4a6f58"),
        ("#2f4f43", "#4d7757"), ("#ffd97a", "#f4a08a", "#fdeccb"), night=True, pines=True,
    ),
    Scene(
        ("#f2c193", "#ffecc7"), "#fff4d2", ("#dca77c", "#c9894f", "#a96d3c"), ("#a8552f", "#e39a45"),
        ("#9a7a35", "#c7a04a"), ("#e4572e", "#f3b61f", "#fff0cf"), clouds=True,
    ),
    Scene(
        ("#6a5a9c", "#f2b3b8"), "#fff0dc", ("#8d86b8", "#6a7aa8", "#48628a"), ("#3d4f7a", "#7487b0"),
        ("#41618a", "#6585a3"), ("#f6b8c8", "#fdf0d5", "#c9a7e8"), night=True, pines=True,
    ),
    Scene(
        ("#7fc0ba", "#fbf3cd"), "#fffbe4", ("#9cc7b4", "#79b08f", "#e0b46c"), ("#3f7f6d", "#7fb98a"),
        ("#6c9a5a", "#a3bf68"), ("#ef6f5c", "#fdf6e3", "#f4c95d"), clouds=True,
    ),
    Scene(
        ("#9db8d6", "#f6e6e6"), "#fffaf0", ("#c3cfe2", "#dbe4ef", "#eef3f8"), ("#52708a", "#9fb8c9"),
        ("#dfe8f1", "#ffffff"), ("#d94f4f", "#c23b4b"), pines=True, snow=True,
    ),
)  # fmt: skip


def landscape(canvas: Canvas, choices: Choices) -> BgrImage:
    """The scene behind the figure, in broad dabs; painted at half size, it is meant to be soft."""
    rng, scene = choices.rng, choices.pick(SCENES)
    small = Canvas(canvas.width // 2, canvas.height // 2)
    sheet = _sky(small, scene, rng)
    ridges = [
        _hill(sheet, small, bgr_from_hex(color), level, height, rng, scene)
        for color, level, height in zip(scene.hills, (0.57, 0.68, 0.80), (26, 22, 16), strict=True)
    ]
    direction = as_float32(np.arctan2(soft_noise(rng, small.shape, 80) * 0.5, 1))
    sheet = blur(
        paint_dabs(rng, sheet, direction, 6.5, (22, 9), 0.028), 0.7
    )  # soft, and no stairs when enlarged
    _light(sheet, small, scene, rng)
    for depth, ridge in enumerate(ridges[1:], start=1):
        _trees(sheet, small, ridge, scene, rng, size=12 + 14 * depth)
    if scene.night or scene.snow:
        _stars(sheet, small, rng, bgr_from_hex(scene.light))
    sheet = np.clip(sheet, 0, 1)
    return as_float32(cv2.resize(sheet, (canvas.width, canvas.height), interpolation=cv2.INTER_CUBIC))


def _sky(canvas: Canvas, scene: Scene, rng: Rng) -> BgrImage:
    top, horizon = (bgr_from_hex(text) for text in scene.sky)
    sheet = mix(canvas.blank(top), horizon, smoothstep(canvas.rows / canvas.height, 0.05, 0.66))
    if scene.clouds:
        _cloud_bank(sheet, canvas, rng)
    return sheet


def _light(sheet: BgrImage, canvas: Canvas, scene: Scene, rng: Rng) -> None:
    """The sun or the moon in its glow, at one side of the head."""
    light = bgr_from_hex(scene.light)
    x, y = canvas.width * float(rng.choice([0.15, 0.86])), canvas.height * float(rng.uniform(0.11, 0.19))
    distance = canvas.distance(x, y) + 1.2 * soft_noise(rng, canvas.shape, 12)
    composite_over(sheet, light, np.exp(-((distance / 105) ** 2)) * np.float32(0.55))
    composite_over(sheet, light, smoothstep(distance, 31, 29))
    if scene.night:
        composite_over(sheet, light * 0.93, smoothstep(canvas.distance(x - 9, y - 6), 6, 5) * np.float32(0.7))


def _cloud_bank(sheet: BgrImage, canvas: Canvas, rng: Rng) -> None:
    """A few flat-bottomed clouds, light above and a little warm below."""
    for _ in range(4):
        x, y = rng.uniform(0.02, 0.98) * canvas.width, rng.uniform(0.10, 0.46) * canvas.height
        width = rng.uniform(45, 85)
        mask = canvas.mask()
        for _ in range(7):
            puff = rng.uniform(-0.8, 0.8)
            radius = width * 0.34 * (1.15 - abs(puff)) * rng.uniform(0.8, 1.15)
            found = dot_window(canvas.shape, (x + puff * width, y - radius * 0.35), radius, 3)
            if found is not None:
                np.maximum(mask[found[0]], found[1], out=mask[found[0]])
        mask = mask * smoothstep(canvas.rows, y + 6, y - 4)
        lift = smoothstep(canvas.rows, y + 4, y - width * 0.4)[..., None]
        composite_over(
            sheet,
            sheet * 0.15 + 0.85 * (np.array([0.80, 0.90, 0.97]) * (1 - lift) + lift),
            mask * np.float32(0.9),
        )


def _stars(sheet: BgrImage, canvas: Canvas, rng: Rng, light: Color) -> None:
    """Stars, or flakes of snow."""
    for _ in range(46):
        x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height * 0.5)
        fill_dot(sheet, (x, y), float(rng.uniform(0.4, 1.5)), light, 0.85, 0.6)


def _hill(
    sheet: BgrImage, canvas: Canvas, color: Color, level: float, height: float, rng: Rng, scene: Scene
) -> Plane:
    """One range of hills; returns the row of its ridge for every column."""
    x = np.arange(canvas.width, dtype=np.float32) / canvas.width * 2 * np.pi
    phase = rng.uniform(0, 6, 3)
    ridge = canvas.height * level + height * np.sin(x * 0.8 + phase[0])
    ridge += 0.4 * height * np.sin(x * 2.1 + phase[1]) + 0.12 * height * np.sin(x * 5.3 + phase[2])
    mask = smoothstep(canvas.rows, ridge[None] - 1, ridge[None] + 1)
    below = smoothstep(canvas.rows - ridge[None], 0, 140)
    shade = (1.07 - (0.10 if scene.snow else 0.24) * below) * (1 + 0.03 * clouds(rng, canvas.shape, 60, 2))
    composite_over(sheet, np.clip(color * shade[..., None], 0, 1), mask)
    return as_float32(ridge)


def _trees(sheet: BgrImage, canvas: Canvas, ridge: Plane, scene: Scene, rng: Rng, size: float) -> None:
    """A few trees along a ridge, mostly towards the sides where the figure leaves room."""
    for _ in range(8):
        side = float(rng.beta(0.55, 0.55)) * (canvas.width - 1)
        foot = (side, float(ridge[int(side)]) + rng.uniform(2, 26))
        tall = size * float(rng.uniform(0.8, 1.5))
        (_pine if scene.pines else _round_tree)(sheet, canvas, as_points([foot])[0], tall, scene, rng)


def _pine(sheet: BgrImage, canvas: Canvas, foot: Points, tall: float, scene: Scene, rng: Rng) -> None:
    shade, light = (bgr_from_hex(text) for text in scene.trees)
    x, y = foot.tolist()
    color = mix(shade, light, float(rng.uniform(0, 0.6)))
    for tier in range(4):
        half, base = tall * (0.46 - 0.09 * tier), y - tall * 0.40 * tier
        top = base - tall * 0.8
        tip = fill_path(
            canvas, as_points([(x - half, base), (x, top), (x + half, base), (x, base + half * 0.25)])
        )
        composite_over(sheet, color * (0.9 + 0.06 * tier), tip)
        if scene.snow:
            edge = top + (base - top) * 0.5
            cap = as_points(
                [(x - half * 0.5, edge), (x, top), (x + half * 0.5, edge), (x, edge - tall * 0.1)]
            )
            composite_over(sheet, np.ones(3) * 0.98, fill_path(canvas, cap) * np.float32(0.9))


def _round_tree(sheet: BgrImage, canvas: Canvas, foot: Points, tall: float, scene: Scene, rng: Rng) -> None:
    """A trunk and a crown of many small leaves, lit from above."""
    shade, light = (bgr_from_hex(text) for text in scene.trees)
    x, y = foot.tolist()
    half = tall * 0.05
    trunk = as_points([(x - half, y), (x - half / 2, y - tall), (x + half / 2, y - tall), (x + half, y)])
    composite_over(sheet, np.array([0.26, 0.34, 0.44]), fill_path(canvas, trunk))
    leaves = make_leaves(rng, max(6.0, tall * 0.30), max(2.0, tall * 0.10))
    for index in range(70):
        angle, away = rng.uniform(0, 2 * np.pi), tall * 0.62 * float(np.sqrt(rng.uniform(0, 1)))
        px, py = x + away * np.cos(angle), y - tall * 1.35 + away * np.sin(angle) * 0.85
        lit = float(
            np.clip(0.45 - 0.6 * (py - y + tall * 1.35) / tall + rng.normal(0, 0.15) + 0.003 * index, 0, 1)
        )
        leaf = leaves[int(rng.integers(len(leaves)))]
        stamp(sheet, leaf, (int(px), int(py)), as_float32(mix(shade, light, lit)), 0.95)


def foreground(canvas: Canvas, choices: Choices) -> Overlay:
    """Grass and flowers before the figure."""
    scene, rng, overlay = choices.pick(SCENES), choices.rng, Overlay(canvas.shape)
    _grass(overlay, canvas, scene, rng)
    _flowers(overlay, canvas, scene, rng)
    return overlay


def _ground_height(canvas: Canvas, x: float) -> float:
    """How high grass reaches at a column: low in the middle, higher at the sides."""
    aside = abs(x / canvas.width - 0.5) * 2
    return canvas.height * (0.035 + 0.065 * aside**2)


def _grass(overlay: Overlay, canvas: Canvas, scene: Scene, rng: Rng) -> None:
    dark, light = (bgr_from_hex(text) for text in scene.grass)
    paths, tones, widths = [], [], []
    for x in np.sort(rng.uniform(-10, canvas.width + 10, 330)):
        tall = _ground_height(canvas, float(x)) * float(rng.uniform(0.55, 1.35))
        lean, root = float(rng.normal(0, 0.35)), canvas.height + 4
        share = np.linspace(0, 1, 7)[:, None]
        paths.append(as_points(np.hstack([x + lean * tall * share**1.8, root - tall * share])))
        tones.append(np.clip(mix(dark, light, float(rng.uniform(0, 1))) * rng.uniform(0.9, 1.06), 0, 1))
        widths.append(float(rng.uniform(3, 7)))
    order = rng.permutation(len(paths))
    drawn = render_strands(
        [paths[i] for i in order],
        as_float32([tones[i] for i in order]),
        [widths[i] for i in order],
        canvas.shape,
    )
    overlay.paint(drawn.window, drawn.colors, drawn.mask)


def _flowers(overlay: Overlay, canvas: Canvas, scene: Scene, rng: Rng) -> None:
    for _ in range(30):
        x = float(rng.beta(0.6, 0.6)) * canvas.width
        y = canvas.height - _ground_height(canvas, x) * float(rng.uniform(0.2, 1.15))
        petal, size = bgr_from_hex(str(rng.choice(scene.flowers))), float(rng.uniform(3.0, 6.0))
        turn = rng.uniform(0, 2 * np.pi)
        for step in range(5):
            angle = turn + step * 2 * np.pi / 5
            place = (x + size * float(np.cos(angle)), y + size * float(np.sin(angle)) * 0.8)
            overlay.dot(place, size * 0.62, petal * float(rng.uniform(0.92, 1.0)), 0.95)
        overlay.dot((x, y), size * 0.5, bgr_from_hex("#f9d97c"), 0.95)
