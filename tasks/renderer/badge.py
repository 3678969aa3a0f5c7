"""The flat style's stage: a disc of color that holds the figure, leaves and small things around it."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import BgrImage, Color, Mask, Points
from tasks.renderer.canvas import Canvas
from tasks.renderer.choices import Choices
from tasks.renderer.color import bgr_from_hex, shift_in_lab
from tasks.renderer.noise import Rng
from tasks.renderer.pixels import composite_over, mix, smoothstep
from tasks.renderer.shapes import as_points, ellipse_outline, fill_path, spline, stroke_path


@dataclass(frozen=True)
class Scheme:
    """The colors of a badge."""

    sheet: str
    disc: str
    accent: str
    leaf: str
    leaf_light: str


SCHEMES = (
    Scheme("#fbe9d7", "#f4b183", "#e8744f", "#3f7d6e", "#7db8a2"),
    Scheme("#e3f1ee", "#8ecac2", "#f2a65a", "#2f6f73", "#f4d58d"),
    Scheme("#fdf3d1", "#f6cf5f", "#ee7b58", "#4c8c5b", "#9cc77f"),
    Scheme("#efe8f8", "#c3aee6", "#f29ab2", "#5d5aa6", "#9fb4e8"),
    Scheme("#e2eefa", "#93bfe8", "#f7c873", "#35659b", "#8fd0c3"),
    Scheme("#fbe1e0", "#f2a29b", "#f7cf7e", "#8c4a63", "#d97f8e"),
)


@dataclass(frozen=True)
class Badge:
    """Where the disc is, and its colors."""

    center: tuple[float, float]
    radius: float
    scheme: Scheme


def make_badge(canvas: Canvas, choices: Choices) -> Badge:
    """The badge of a drawing."""
    return Badge((canvas.width * 0.5, canvas.height * 0.585), canvas.width * 0.452, choices.pick(SCHEMES))


def stage(canvas: Canvas, badge: Badge, rng: Rng) -> BgrImage:
    """The sheet with its disc and the small things that float around it."""
    scheme = badge.scheme
    sheet = canvas.blank(bgr_from_hex(scheme.sheet))
    distance = canvas.distance(*badge.center)
    disc = bgr_from_hex(scheme.disc)
    composite_over(
        sheet,
        shift_in_lab(disc, 7),
        smoothstep(distance, badge.radius + 19, badge.radius + 17) * np.float32(0.45),
    )
    composite_over(sheet, disc, smoothstep(distance, badge.radius + 1, badge.radius - 1))
    _sun_or_hill(sheet, canvas, badge, rng)
    _confetti(sheet, canvas, badge, rng)
    return sheet


def _sun_or_hill(sheet: BgrImage, canvas: Canvas, badge: Badge, rng: Rng) -> None:
    """Large quiet shapes inside the disc."""
    inside = smoothstep(canvas.distance(*badge.center), badge.radius + 1, badge.radius - 1)
    disc, (x, y) = bgr_from_hex(badge.scheme.disc), badge.center
    side = float(rng.choice([-1.0, 1.0]))
    sun = smoothstep(canvas.distance(x + side * badge.radius * 0.52, y - badge.radius * 0.50), 67, 65)
    composite_over(sheet, shift_in_lab(disc, 10, 0, 6), sun * inside)
    for level, shade in ((0.20, -5), (0.42, -10)):
        wave = badge.radius * 0.10 * np.sin(canvas.columns / badge.radius * 2.6 + rng.uniform(0, 6))
        hill = smoothstep(
            canvas.rows, y + badge.radius * level + wave - 1, y + badge.radius * level + wave + 1
        )
        composite_over(sheet, shift_in_lab(disc, shade, 0, -2), hill * inside)


def _confetti(sheet: BgrImage, canvas: Canvas, badge: Badge, rng: Rng) -> None:
    """Dots, rings, plus signs and drops on the free sheet."""
    colors = [
        bgr_from_hex(text) for text in (badge.scheme.accent, badge.scheme.leaf_light, badge.scheme.disc)
    ]
    for index in range(15):
        angle = rng.uniform(-np.pi, 0) if index < 10 else rng.uniform(0, np.pi)
        away = badge.radius * float(rng.uniform(1.10, 1.38))
        x, y = badge.center[0] + away * float(np.cos(angle)), badge.center[1] + away * float(np.sin(angle))
        size, color = float(rng.uniform(5, 13)), colors[index % 3]
        composite_over(sheet, color, _little_thing(canvas, (x, y), size, int(rng.integers(4)), float(angle)))


def _little_thing(canvas: Canvas, at: tuple[float, float], size: float, kind: int, angle: float) -> Mask:
    x, y = at
    if kind == 0:
        return fill_path(canvas, ellipse_outline(at, (size, size)))
    if kind == 1:
        ring = fill_path(canvas, ellipse_outline(at, (size * 1.2, size * 1.2)))
        return ring - fill_path(canvas, ellipse_outline(at, (size * 0.7, size * 0.7)))
    if kind == 2:
        arms = [
            as_points([(x - size, y), (x, y), (x + size, y)]),
            as_points([(x, y - size), (x, y), (x, y + size)]),
        ]
        return stroke_path(canvas, [(arm, size * 0.55) for arm in arms], blunt=1.0)
    return fill_path(canvas, _leaf(as_points([at])[0], angle + 0.8, size * 3.0, size * 0.8))


def clip(canvas: Canvas, badge: Badge) -> Mask:
    """What of the figure may show: what the disc holds, and above its middle a bowl that opens upwards."""
    disc = smoothstep(canvas.distance(*badge.center), badge.radius + 1, badge.radius - 1)
    aside = np.abs(canvas.columns - badge.center[0])
    height = np.maximum(badge.center[1] - canvas.rows, 0)
    rim = badge.radius + 0.8 * height
    return np.maximum(disc, smoothstep(aside, rim + 1, rim - 1) * (canvas.rows < badge.center[1]))


def sprigs(sheet: BgrImage, canvas: Canvas, badge: Badge, rng: Rng, gap: float = 0.0) -> None:
    """Two leafy branches that rise along the disc's lower rim, over the figure. In place.

    `gap` leaves so many radians free on either side of the lowest point, for feet.
    """
    dark, light = bgr_from_hex(badge.scheme.leaf), bgr_from_hex(badge.scheme.leaf_light)
    for side in (-1.0, 1.0):
        reach = float(rng.uniform(1.05, 1.35))
        angles = np.linspace(np.pi / 2 - side * gap, np.pi / 2 - side * (reach + 0.5 * gap), 9)
        rim = badge.radius * np.linspace(1.00, 1.05, 9)
        stem = as_points(
            np.stack([badge.center[0] + rim * np.cos(angles), badge.center[1] + rim * np.sin(angles)], 1)
        )
        _branch(sheet, canvas, stem, (dark, light), rng)
    if gap:
        return
    berries = bgr_from_hex(badge.scheme.accent)
    for _ in range(3):
        x = badge.center[0] + float(rng.uniform(-26, 26))
        y = badge.center[1] + badge.radius + float(rng.uniform(-14, 12))
        composite_over(sheet, berries, fill_path(canvas, ellipse_outline((x, y), (11, 11))))


def _branch(sheet: BgrImage, canvas: Canvas, stem: Points, colors: tuple[Color, Color], rng: Rng) -> None:
    dark, light = colors
    composite_over(sheet, dark, stroke_path(canvas, [(stem, 6.0)], blunt=0.5))
    curve = spline(stem, 4)
    for index in range(2, len(curve) - 1, 2):
        heading = float(np.arctan2(*(curve[index] - curve[index - 1])[::-1]))
        size = 84 * (1 - 0.45 * index / len(curve)) * float(rng.uniform(0.85, 1.1))
        side = 1 if index % 4 == 0 else -1
        leaf = _leaf(curve[index], heading + side * float(rng.uniform(0.6, 0.9)), size, size * 0.22)
        color = mix(dark, light, float(rng.choice([0.0, 0.35, 1.0])))
        composite_over(sheet, color, fill_path(canvas, leaf))
        vein = as_points([leaf[0], (leaf[0] + leaf[len(leaf) // 2]) / 2, leaf[len(leaf) // 2]])
        composite_over(sheet, shift_in_lab(color, -9), stroke_path(canvas, [(vein, 2.2)]) * np.float32(0.7))


def _leaf(foot: Points, angle: float, length: float, half_width: float) -> Points:
    """A pointed leaf that starts at `foot`."""
    share = np.linspace(0, 1, 14)
    belly = half_width * np.sin(np.pi * share**0.85)
    along = np.concatenate([share, share[::-1]]) * length
    across = np.concatenate([belly, -belly[::-1]])
    x = foot[0] + along * np.cos(angle) - across * np.sin(angle)
    y = foot[1] + along * np.sin(angle) + across * np.cos(angle)
    return as_points(np.stack([x, y], 1))
