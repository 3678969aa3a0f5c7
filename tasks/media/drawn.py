"""What the painters of drawn styles share: flats for each strip, what lies under and before a figure."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import BgrImage, Mask, Points
from tasks.design.shapes import CharacterDesign
from tasks.media.flats import Flats, Look, lay_flats
from tasks.media.placement import Placement
from tasks.media.strips import Strip, on_screen
from tasks.renderer.overlay import Overlay
from tasks.renderer.pixels import as_float32

_FEET = 24.0  # head units above the ground that count as feet
FACE_MIDDLE = (0.0, -50.0)


@dataclass(frozen=True)
class Model:
    """A design on its way to the sheet: what it is at the screen's size, which strips take as a guide."""

    design: CharacterDesign
    placement: Placement  # of the sheet that is asked for
    look: Look
    screen: Placement
    guide: Flats  # at the screen's size

    def flats(self, strip: Strip) -> Flats:
        """The flats of a strip."""
        return (
            self.guide
            if strip.placement == self.screen
            else lay_flats(self.design, strip.placement, self.look)
        )

    @property
    def face(self) -> Points:
        """The middle of the face, in the screen's pixels."""
        return self.screen.pixels(np.array(FACE_MIDDLE, np.float32))

    @property
    def feet(self) -> float | None:
        """The row of the ground, in the screen's pixels."""
        return (
            None
            if self.design.feet is None
            else float(self.screen.origin[1] + self.design.feet * self.screen.scale)
        )


def begin(design: CharacterDesign, placement: Placement, look: Look) -> Model:
    """Lay the flats that all strips take as their guide."""
    screen = on_screen(placement)
    return Model(design, placement, look, screen, lay_flats(design, screen, look))


def ground_shadow(model: Model, strip: Strip) -> Mask:
    """Where a full body's shadow lies on the ground, (H, W); all 0 for a portrait."""
    canvas, feet = strip.canvas, model.feet
    if feet is None:
        return canvas.mask()
    near = [
        loop[loop[:, 1] > (model.design.feet or 0) - _FEET]
        for shape in model.design.shapes
        for loop in shape.loops
        if shape.clip is None
    ]
    x = model.screen.pixels(np.vstack([np.zeros((0, 2), np.float32), *near]))[:, 0]
    if not len(x):
        return canvas.mask()
    unit, left, right = model.screen.scale, float(x.min()), float(x.max())
    middle, half = (left + right) / 2 + 6 * unit, (right - left) / 2 + 14 * unit
    away = np.hypot((canvas.columns - middle) / half, (canvas.rows - feet) / (7 * unit))
    return as_float32(np.clip((1.15 - away) / 0.5, 0, 1))


def lay_overlay(sheet: BgrImage, overlay: Overlay | None, strip: Strip) -> BgrImage:
    """What is in front of the figure, laid over the sheet."""
    if overlay is None:
        return sheet
    cover = np.clip(strip.sampled(overlay.cover), 0, 1)
    return as_float32(sheet * (1 - cover[..., None]) + strip.sampled(overlay.color))
