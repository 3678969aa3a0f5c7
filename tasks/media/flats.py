"""A design laid down in even tones: what every medium starts from."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import BgrImage, Color, Mask, Plane
from tasks.design.shapes import CharacterDesign, Material, Role, Shape
from tasks.media.clips import Clips
from tasks.media.placement import Placement
from tasks.media.raster import Patch, Window, moved, rasterize, rasterize_ribbon
from tasks.media.tones import CAST, LIGHT, paint, pen_color, second_tone
from tasks.renderer.pixels import blur

_BLUSH_SOFT = 5.0  # head units: color without an edge


@dataclass(frozen=True)
class Look:
    """How a medium lays shapes down."""

    outline: float = 0.0  # of a shape's own outline; 0 draws none
    pen: float = 1.0  # opacity of drawn lines
    shade: float = 1.0  # opacity of the crescents on the shaded side
    cast: float = 1.0  # opacity of cast shadows
    soft_skin: float = 0.0  # head units by which tones on skin are blurred
    blush: float = 1.0


@dataclass(frozen=True)
class Flats:
    """The figure in even tones: (H, W, 3) and (H, W); colors are not multiplied by `alpha`."""

    color: BgrImage
    alpha: Mask
    skin: Mask  # how much of what shows is bare skin, features excepted
    hair: Mask
    line: Mask  # how much of it is drawn line


def lay_flats(design: CharacterDesign, placement: Placement, look: Look) -> Flats:
    """Paint the shapes back to front in even tones. What is off the sheet is left out."""
    return _Layer(design, placement, look).painted()


class _Layer:
    def __init__(self, design: CharacterDesign, placement: Placement, look: Look) -> None:
        shape = (placement.height, placement.width)
        self._design, self._placement, self._look = design, placement, look
        self._color = np.zeros((*shape, 3), np.float32)
        self._alpha, self._skin = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._hair, self._line = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._clips = Clips(design, placement)

    def painted(self) -> Flats:
        for shape in self._design.shapes:
            self._lay(shape)
        return Flats(self._color, self._alpha, self._skin, self._hair, self._line)

    def _lay(self, shape: Shape) -> None:
        scale = self._placement.scale
        patch = rasterize(shape.loops, self._placement, scale * (shape.cast + 2 * shape.outline))
        if patch is None:
            return
        mask = self._clips.clipped(shape, patch)
        if mask is None:
            return
        window, edges = patch.window, _away_from_seam(shape, patch.window, self._placement)
        if shape.cast and self._look.cast:
            self._cast(window, mask, shape.cast * scale, edges)
        mask = self._softened(shape, mask, window)
        self._over(window, paint(shape.lab), mask * np.float32(self._opacity(shape)), shape)
        if shape.shade and self._look.shade:
            reach = shape.shade * scale
            deep = mask * (1 - moved(mask, -LIGHT[0] * reach, -LIGHT[1] * reach)) * edges
            tone = paint(second_tone(shape.lab))
            self._over(window, tone, deep * np.float32(self._look.shade * shape.opacity), shape)
        if shape.role is Role.FILL:
            self._clips.keep(shape, Patch(window, mask))
        if shape.outline and self._look.outline:
            self._outline(shape)

    def _opacity(self, shape: Shape) -> float:
        if shape.role is Role.PEN:
            return shape.opacity * self._look.pen
        return shape.opacity * (self._look.blush if shape.role is Role.BLUSH else 1.0)

    def _softened(self, shape: Shape, mask: Mask, window: Window) -> Mask:
        """Blush has no edge, and in some media the tones of skin have a soft one."""
        reach = 0.0
        if shape.role is Role.BLUSH:
            reach = _BLUSH_SOFT
        elif shape.material is Material.SKIN and shape.role in (Role.SHADE, Role.LIGHT):
            reach = self._look.soft_skin
        if not reach:
            return mask
        soft = np.asarray(blur(mask, reach * self._placement.scale), np.float32)
        held = self._clips.mask_of(shape.clip, window)
        return soft if held is None else soft * held

    def _cast(self, window: Window, mask: Mask, reach: float, edges: Plane) -> None:
        fallen = moved(mask, LIGHT[0] * reach, LIGHT[1] * reach) * edges * np.float32(self._look.cast)
        self._color[window] *= 1 - fallen[..., None] * (1 - CAST)

    def _outline(self, shape: Shape) -> None:
        width = shape.outline * self._look.outline * self._placement.scale
        halves = [_pen_widths(loop, width) for loop in shape.loops if len(loop) > 2]
        loops = [loop for loop in shape.loops if len(loop) > 2]
        patch = rasterize_ribbon(loops, halves, self._placement)
        if patch is None:
            return
        mask = self._clips.clipped(shape, patch)
        if mask is not None:
            mask = mask * _away_from_seam(shape, patch.window, self._placement)
            self._over(patch.window, paint(pen_color(shape.lab)), mask, None)

    def _over(self, window: Window, color: Color, mask: Mask, shape: Shape | None) -> None:
        """Lay one color over the figure; `shape` None is a drawn line."""
        alpha = self._alpha[window]
        inside = shape is not None and shape.clip is not None  # adds nothing to the figure's outline
        after = np.maximum(alpha, mask) if inside else alpha + (1 - alpha) * mask
        share = mask / np.maximum(after, np.float32(1e-6))
        self._color[window] += (color - self._color[window]) * share[..., None]
        if not inside:
            alpha[:] = after
        line = shape is None or shape.role is Role.PEN
        material = None if shape is None else shape.material
        for plane, belongs in (
            (self._skin, material is Material.SKIN and not line),
            (self._hair, material is Material.HAIR),
            (self._line, line),
        ):
            plane[window] += (np.float32(belongs) - plane[window]) * mask


def _away_from_seam(shape: Shape, window: Window, placement: Placement) -> Plane:
    """0 around a shape's seam, 1 away from it; where there is none, one 1."""
    if shape.seam is None:
        return np.ones((1, 1), np.float32)
    (x, y), reach = placement.pixels(shape.seam[0]).ravel(), max(shape.seam[1] * placement.scale, 1e-3)
    rows = np.arange(window[0].start, window[0].stop, dtype=np.float32)[:, None] - np.float32(y)
    columns = np.arange(window[1].start, window[1].stop, dtype=np.float32)[None] - np.float32(x)
    away = (np.hypot(rows, columns) - reach) / np.float32(0.3 * reach)
    return np.asarray(np.clip(away + 0.5, 0, 1), np.float32)


def _pen_widths(loop: np.ndarray, width: float) -> Plane:
    """Half the width of a line along a loop: it swells and thins, and is heavier on the shaded side."""
    along = np.roll(loop, -1, 0) - np.roll(loop, 1, 0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)
    turn = np.sign(np.sum(loop[:, 0] * np.roll(loop[:, 1], -1) - np.roll(loop[:, 0], -1) * loop[:, 1])) or 1.0
    shaded = (
        turn * (along[:, 1] * LIGHT[0] - along[:, 0] * LIGHT[1]) / length
    )  # outward normal along the light
    steps = np.hypot(*(np.roll(loop, -1, 0) - loop).T)
    way = np.cumsum(steps) / max(float(steps.sum()), 1e-6)
    waves = max(1, round(float(steps.sum()) / 60))
    swell = 0.78 + 0.22 * np.sin(2 * np.pi * waves * way + 1.0) + 0.30 * shaded
    return np.asarray(width / 2 * np.clip(swell, 0.35, 1.3), np.float32)
