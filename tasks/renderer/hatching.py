"""What a pencil leaves: hatching as a texture, and single strokes."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import BgrImage, Color, Plane
from tasks.renderer.canvas import Canvas
from tasks.renderer.flow import Flow, blur_along
from tasks.renderer.noise import Rng, soft_noise
from tasks.renderer.pixels import as_float32
from tasks.renderer.shapes import as_points
from tasks.renderer.strands import StrandLayer, render_strands

_KNOTS = 5


@dataclass(frozen=True)
class PencilLook:
    """Single strokes: how many on a sheet that is dense everywhere, their length and width in pixels."""

    count: int
    length: float
    width: float
    wobble: float = 0.10  # radians


def hatching_texture(rng: Rng, flow: Flow, canvas: Canvas, steps: int, fine: float) -> Plane:
    """Noise drawn out along a flow: the texture of many close strokes, mean 0, deviation 1."""
    texture = blur_along(soft_noise(rng, canvas.shape, fine), flow, canvas, steps, 3.4, sigma=steps * 0.7)
    texture -= texture.mean()
    texture /= texture.std() + np.float32(1e-6)
    return texture


def pencil_strokes(
    rng: Rng, color: BgrImage | Color, density: Plane, angle: float, look: PencilLook
) -> StrandLayer | None:
    """Strokes scattered where `density` is, about `angle` radians; in one color, or that under each."""
    height, width = density.shape
    rows, columns = rng.integers(0, height, look.count * 2), rng.integers(0, width, look.count * 2)
    kept = rng.random(look.count * 2) < density[rows, columns]
    rows, columns = rows[kept][: look.count], columns[kept][: look.count]
    if len(rows) == 0:
        return None
    direction = angle + rng.normal(0, look.wobble, len(rows))
    lengths = look.length * rng.uniform(0.5, 1.2, len(rows))
    bends = rng.normal(0, 0.06, len(rows))
    share = np.linspace(-0.5, 0.5, _KNOTS)
    along = lengths[:, None] * share
    across = lengths[:, None] * bends[:, None] * (share**2 * 4 - 0.5)
    x = columns[:, None] + along * np.cos(direction)[:, None] - across * np.sin(direction)[:, None]
    y = rows[:, None] + along * np.sin(direction)[:, None] + across * np.cos(direction)[:, None]
    paths = [as_points(path) for path in np.stack([x, y], 2)]
    widths = (look.width * rng.uniform(0.6, 1.15, len(rows))).tolist()
    tones = color[rows, columns] if color.ndim == 3 else np.tile(color, (len(rows), 1))
    return render_strands(paths, as_float32(tones), widths, (height, width))
