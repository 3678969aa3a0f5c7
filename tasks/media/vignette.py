"""How a bust ends on open paper: the wash runs out towards the foot of the sheet."""

import numpy as np

from tasks.arrays import Mask
from tasks.media.drawn import Model
from tasks.renderer.canvas import Canvas
from tasks.renderer.noise import Rng, broad_clouds
from tasks.renderer.pixels import as_float32

_BELOW_CHIN = 34.0  # head units under the chin where nothing fades yet
_START, _END = 0.80, 0.985  # of the sheet's height


def running_out(model: Model, canvas: Canvas, rng: Rng, ragged: float) -> Mask:
    """1 where the figure is whole, falling to 0 at its foot and beyond, on the screen's sheet.

    A painter cuts it where it likes, at 0.5 for one. All 1 for a full body. `ragged` is how uneven it is.
    """
    torn = broad_clouds(rng, canvas.shape, 110, 4) * np.float32(ragged)
    if model.feet is not None:
        return np.ones(canvas.shape, np.float32)
    chin = float(model.screen.origin[1])
    start = max(_START * canvas.height, chin + _BELOW_CHIN * model.screen.scale)
    end = max(_END * canvas.height, start + 90)
    aside = np.abs(canvas.columns - model.screen.origin[0]) / np.float32(canvas.width / 2)
    bowl = canvas.rows + 80 * np.minimum(aside, 1.4) ** 2.5  # a bust ends higher at its sides
    inside = (end - bowl) / (end - start)
    return as_float32(np.clip(np.clip(inside, -0.5, 1.5) + torn, 0, 1))
