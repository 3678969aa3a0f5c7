"""A design laid down in even tones: what every medium starts from."""

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import BgrImage, Color, Mask, Plane, Points
from tasks.design.pen import pen_color
from tasks.design.shapes import CharacterDesign, Material, Role, Shape
from tasks.media.clips import Clips
from tasks.media.placement import Placement
from tasks.media.raster import Patch, Window, moved, rasterize, rasterize_ribbon
from tasks.media.tones import CAST, LIGHT, paint, second_tone
from tasks.renderer.pixels import blur

_BLUSH_SOFT = 4.0  # head units: color without an edge
_WET_EDGE = 1.1  # head units: how far pigment gathers inside an edge


@dataclass(frozen=True)
class Look:
    """How a medium lays shapes down. Widths are in head units, the rest are factors."""

    outline: float = 0.0  # of a shape's own outline; 0 draws none
    ink: float = 1.0  # opacity of outlines
    pen: float = 1.0  # opacity of drawn lines
    hair_pen: float = 1.0  # opacity of lines in hair, besides
    shade: float = 1.0  # opacity of the crescents on the shaded side
    cast: float = 1.0  # opacity of cast shadows
    soft_skin: float = 0.0  # by which tones on skin are blurred
    blush: float = 1.0
    edges: bool = False  # whether `Flats.edge` is wanted


@dataclass(frozen=True)
class Flats:
    """The figure in even tones: (H, W, 3) and (H, W); colors are not multiplied by `alpha`."""

    color: BgrImage
    alpha: Mask
    skin: Mask  # how much of what shows is bare skin, features excepted
    hair: Mask
    feature: Mask  # eyes, lips, glasses, drawn lines: what must stay sharp
    edge: Plane  # how much pigment gathers at the inner edges of washes; all 0 unless the look wants it


def lay_flats(design: CharacterDesign, placement: Placement, look: Look) -> Flats:
    """Paint the shapes back to front in even tones. What is off the sheet is left out."""
    return _Layer(design, placement, look).painted()


# The planes of the stack that is painted on: each shape is laid over all of them at once.
_SKIN, _HAIR, _FEATURE, _EDGE = 3, 4, 5, 6


class _Layer:
    def __init__(self, design: CharacterDesign, placement: Placement, look: Look) -> None:
        shape = (placement.height, placement.width)
        self._design, self._placement, self._look = design, placement, look
        self._stack = np.zeros((7 if look.edges else 6, *shape), np.float32)
        self._alpha = np.zeros(shape, np.float32)
        self._clips = Clips(design, placement)

    def painted(self) -> Flats:
        for shape in self._design.shapes:
            self._lay(shape)
        color = cv2.merge([np.ascontiguousarray(plane) for plane in self._stack[:3]])
        edge = self._stack[_EDGE] if self._look.edges else np.zeros((1, 1), np.float32)
        skin, hair, feature = self._stack[_SKIN], self._stack[_HAIR], self._stack[_FEATURE]
        return Flats(np.asarray(color, np.float32), self._alpha, skin, hair, feature, edge)

    def _lay(self, shape: Shape) -> None:
        scale, look = self._placement.scale, self._look
        reach = self._softness(shape)
        patch = rasterize(shape.loops, self._placement, scale * (shape.cast + 2.5 * reach))
        if patch is None:
            return
        mask = self._clips.clipped(shape, patch)
        if mask is None:
            return
        window, away = patch.window, _away_from_seam(shape, patch.window, self._placement)
        if shape.cast and look.cast:
            self._cast(window, mask, shape.cast * scale, away)
        if reach:
            mask = self._softened(shape, mask, window, reach * scale)
        planes = self._values(shape)
        self._over(window, planes, mask * np.float32(self._opacity(shape)), shape.clip is not None)
        if look.edges and _is_wash(shape):
            self._gather(window, mask, shape)
        if shape.shade and look.shade:
            fall = shape.shade * scale
            deep = mask * (1 - moved(mask, -LIGHT[0] * fall, -LIGHT[1] * fall)) * away
            planes[:3] = paint(second_tone(shape.lab))
            self._over(window, planes, deep * np.float32(look.shade * shape.opacity), True)
        if shape.role is Role.FILL:
            self._clips.keep(shape, Patch(window, mask))
        if shape.outline and look.outline:
            self._outline(shape)

    def _values(self, shape: Shape) -> Color:
        """What a shape is in every plane of the stack."""
        values = np.zeros(len(self._stack), np.float32)
        values[:3] = paint(shape.lab)
        pen = shape.role is Role.PEN
        values[_SKIN] = shape.material is Material.SKIN and not pen
        values[_HAIR] = shape.material is Material.HAIR
        values[_FEATURE] = shape.material in (Material.FEATURE, Material.GLASS) or (
            pen and (shape.material is not Material.HAIR or _is_brow(shape))
        )
        return values

    def _opacity(self, shape: Shape) -> float:
        look, opacity = self._look, shape.opacity
        if shape.role is Role.PEN:
            strand = shape.material is Material.HAIR and shape.clip and not _is_brow(shape)
            return opacity * look.pen * (look.hair_pen if strand else 1)
        return opacity * look.blush if shape.role is Role.BLUSH else opacity

    def _softness(self, shape: Shape) -> float:
        """Blush has no edge, and in some media the tones of skin have a soft one. Head units."""
        if shape.role is Role.BLUSH:
            return _BLUSH_SOFT
        tone = shape.material is Material.SKIN and shape.role in (Role.SHADE, Role.LIGHT)
        return self._look.soft_skin if tone else 0.0

    def _softened(self, shape: Shape, mask: Mask, window: Window, sigma: float) -> Mask:
        soft = np.asarray(blur(mask, sigma), np.float32)
        held = self._clips.mask_of(shape.clip, window)
        return soft if held is None else soft * held

    def _cast(self, window: Window, mask: Mask, reach: float, away: Plane) -> None:
        fallen = moved(mask, LIGHT[0] * reach, LIGHT[1] * reach) * away * np.float32(self._look.cast)
        for plane, dimmed in zip(self._stack[:3], 1 - CAST, strict=True):
            plane[window] *= 1 - fallen * dimmed

    def _gather(self, window: Window, mask: Mask, shape: Shape) -> None:
        """Pigment at the inner edge of a wash; each wash hides the edges of those below it."""
        inner = np.clip(mask - blur(mask, _WET_EDGE * self._placement.scale), 0, 0.5) * 2
        plane = self._stack[_EDGE][window]
        strength = shape.opacity if shape.clip is None else 0.6 * shape.opacity
        np.maximum(plane, inner * np.float32(strength), out=plane)

    def _outline(self, shape: Shape) -> None:
        width = shape.outline * self._look.outline * self._placement.scale
        loops = [loop for loop in shape.loops if len(loop) > 2]
        patch = rasterize_ribbon(loops, [_pen_widths(loop, width) for loop in loops], self._placement)
        mask = self._clips.clipped(shape, patch) if patch else None
        if patch is None or mask is None:
            return
        planes = np.zeros(len(self._stack), np.float32)
        planes[:3], planes[_FEATURE] = paint(pen_color(shape.lab)), 1
        away = _away_from_seam(shape, patch.window, self._placement)
        self._over(patch.window, planes, mask * away * np.float32(self._look.ink), shape.clip is not None)

    def _over(self, window: Window, planes: Color, mask: Mask, inside: bool) -> None:
        """Lay even values over the stack; what is laid `inside` a shape adds nothing to the figure."""
        alpha = self._alpha[window]
        after = np.maximum(alpha, mask) if inside else alpha + (1 - alpha) * mask
        share = mask / np.maximum(after, np.float32(1e-6))
        if not inside:
            alpha[:] = after
        touched = _EDGE if inside else len(self._stack)  # tones within a wash leave its edge as it is
        for plane, value in zip(self._stack[:touched], planes[:touched].tolist(), strict=True):
            part = plane[window]
            part += (np.float32(value) - part) * share


def _is_wash(shape: Shape) -> bool:
    """What dries with an edge of its own; the dark of hair is laid into it while it is wet."""
    if shape.material is Material.FEATURE or shape.role not in (Role.FILL, Role.SHADE):
        return False
    return shape.role is Role.FILL or shape.material is not Material.HAIR


def _is_brow(shape: Shape) -> bool:
    """Hair that is a feature of the face: on a turned head it ends where the head does, and is as dark."""
    return shape.name.startswith("brow")


def _away_from_seam(shape: Shape, window: Window, placement: Placement) -> Plane:
    """0 around a shape's seam, 1 away from it; where there is none, one 1."""
    if shape.seam is None:
        return np.ones((1, 1), np.float32)
    (x, y), reach = placement.pixels(shape.seam[0]).ravel(), max(shape.seam[1] * placement.scale, 1e-3)
    rows = np.arange(window[0].start, window[0].stop, dtype=np.float32)[:, None] - np.float32(y)
    columns = np.arange(window[1].start, window[1].stop, dtype=np.float32)[None] - np.float32(x)
    away = (np.hypot(rows, columns) - reach) / np.float32(0.3 * reach)
    return np.asarray(np.clip(away + 0.5, 0, 1), np.float32)


def _pen_widths(loop: Points, width: float) -> Plane:
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
