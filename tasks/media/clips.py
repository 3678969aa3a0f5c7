"""What shapes are clipped to: the union of the filled shapes of a name that were laid before."""

import numpy as np

from tasks.arrays import Mask
from tasks.design.shapes import CharacterDesign, Shape
from tasks.media.placement import Placement
from tasks.media.raster import Patch, Window


class Clips:
    """The masks of one sheet by the names of their shapes; only names that something is clipped to."""

    def __init__(self, design: CharacterDesign, placement: Placement) -> None:
        self._wanted = {shape.clip for shape in design.shapes if shape.clip is not None}
        self._shape = (placement.height, placement.width)
        self._masks: dict[str, Mask] = {}

    def keep(self, shape: Shape, patch: Patch) -> None:
        """Remember a filled shape under its name."""
        if shape.name not in self._wanted:
            return
        mask = self._masks.setdefault(shape.name, np.zeros(self._shape, np.float32))
        np.maximum(mask[patch.window], patch.mask, out=mask[patch.window])

    def mask_of(self, name: str | None, window: Window) -> Mask | None:
        """What is filled of that name in a window; None for no name, and for one that isn't laid."""
        mask = self._masks.get(name) if name is not None else None
        return None if mask is None else mask[window]

    def clipped(self, shape: Shape, patch: Patch) -> Mask | None:
        """The patch's mask within what the shape is clipped to; None where nothing is left."""
        if shape.clip is None:
            return patch.mask
        held = self.mask_of(shape.clip, patch.window)
        return None if held is None else patch.mask * held
