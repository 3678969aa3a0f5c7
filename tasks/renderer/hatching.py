"""What a pencil leaves: hatching as a texture, and single strokes."""

import numpy as np

from tasks.arrays import Plane
from tasks.renderer.canvas import Canvas
from tasks.renderer.flow import Flow, blur_along
from tasks.renderer.noise import Rng, soft_noise

_KNOTS = 5


def hatching_texture(rng: Rng, flow: Flow, canvas: Canvas, steps: int, fine: float) -> Plane:
    """Noise drawn out along a flow: the texture of many close strokes, mean 0, deviation 1."""
    texture = blur_along(soft_noise(rng, canvas.shape, fine), flow, canvas, steps, 3.4, sigma=steps * 0.7)
    texture -= texture.mean()
    texture /= texture.std() + np.float32(1e-6)
    return texture
