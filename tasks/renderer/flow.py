"""Which way things run in a picture, and filters that follow: structure tensor, LIC, flow lines (FDoG)."""

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import BgrImage, FloatArray, Plane
from tasks.renderer.canvas import Canvas
from tasks.renderer.pixels import as_float32, blur, luminance, remap


@dataclass(frozen=True)
class Flow:
    """A unit vector along the edges at every pixel, and how sure it is (0..1)."""

    x: Plane
    y: Plane
    strength: Plane

    @property
    def angle(self) -> Plane:
        """The direction at every pixel in radians, clockwise from the x axis."""
        return as_float32(np.arctan2(self.y, self.x))

    def turned(self, radians: float | Plane) -> "Flow":
        """The same flow, turned clockwise everywhere."""
        cosine, sine = as_float32(np.cos(radians)), as_float32(np.sin(radians))
        return Flow(self.x * cosine - self.y * sine, self.x * sine + self.y * cosine, self.strength)


def flow_of(image: BgrImage, sigma: float) -> Flow:
    """The direction of edges in an image, from its structure tensor smoothed over `sigma` pixels."""
    plane = blur(luminance(image) if image.ndim == 3 else image, 0.8)
    across, down = as_float32(cv2.Scharr(plane, -1, 1, 0)) / 16, as_float32(cv2.Scharr(plane, -1, 0, 1)) / 16
    xx, xy, yy = (blur(product, sigma) for product in (across * across, across * down, down * down))
    angle = as_float32(0.5 * np.arctan2(2 * xy, xx - yy))
    strength = np.sqrt((xx - yy) ** 2 + 4 * xy * xy) / (xx + yy + 1e-7)
    return Flow(-np.sin(angle), np.cos(angle), as_float32(strength))


def blur_along(
    image: FloatArray, flow: Flow, canvas: Canvas, steps: int, stride: float = 1.0, sigma: float | None = None
) -> FloatArray:
    """Blur along the flow (line integral convolution).

    Args:
        image: (H, W) or (H, W, 3).
        flow: Of the same height and width.
        canvas: The sheet they lie on.
        steps: How many samples are taken each way.
        stride: Pixels from one sample to the next.
        sigma: Deviation of the Gaussian weights, in samples; half the steps if None.
    """
    sigma = sigma or steps * 0.5
    total, weights = image.copy(), 1.0
    for side in (np.float32(1), np.float32(-1)):
        along_x, along_y = flow.x * side, flow.y * side
        x, y = canvas.columns + stride * along_x, canvas.rows + stride * along_y
        for step in range(1, steps + 1):
            weight = float(np.exp(-0.5 * (step / sigma) ** 2))
            cv2.scaleAdd(remap(image, x, y), weight, total, total)
            weights += weight
            if step < steps:
                along_x, along_y = _continued(flow, x, y, along_x, along_y)
                cv2.scaleAdd(along_x, stride, x, x)
                cv2.scaleAdd(along_y, stride, y, y)
    total /= np.float32(weights)
    return total


def _continued(flow: Flow, x: Plane, y: Plane, along_x: Plane, along_y: Plane) -> tuple[Plane, Plane]:
    """The flow at (x, y), turned to go on the way we came."""
    here_x, here_y = (
        as_float32(cv2.remap(plane, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT_101))
        for plane in (flow.x, flow.y)
    )
    forward = here_x * along_x
    forward += here_y * along_y
    np.copysign(np.float32(1), forward, out=forward)
    here_x *= forward
    here_y *= forward
    return here_x, here_y
