"""The few pixel operations that all else is built of. Arrays are those of `tasks.arrays`, float32."""

import cv2
import numpy as np
from numpy.typing import ArrayLike

from tasks.arrays import BgrImage, FloatArray, Mask, Plane

_LUMA = np.array([[0.114, 0.587, 0.299]], np.float32)
_COARSE_BLUR = 9.0  # above this sigma a blur at a quarter of the size looks the same


def as_float32(pixels: ArrayLike) -> FloatArray:
    """The same pixels as float32, without a copy where they already are."""
    return np.asarray(pixels, dtype=np.float32)


def blur(image: FloatArray, sigma: float) -> FloatArray:
    """A Gaussian blur of `sigma` pixels, of an image, mask or plane.

    Wide ones are made at a quarter of the size. Below 0.3 pixels nothing is blurred, and the same array
    comes back.
    """
    if sigma < 0.3:
        return image
    if sigma <= _COARSE_BLUR or min(image.shape[:2]) < 64:
        return as_float32(cv2.GaussianBlur(image, (0, 0), float(sigma)))
    return enlarge(as_float32(cv2.GaussianBlur(shrink(image, 4), (0, 0), sigma / 4)), image)


def shrink(image: FloatArray, factor: int) -> FloatArray:
    """The array at 1/factor of its height and width, averaged; at least one pixel is left."""
    height, width = image.shape[:2]
    size = (max(1, width // factor), max(1, height // factor))
    return as_float32(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def enlarge(image: FloatArray, like: FloatArray) -> FloatArray:
    """The array at the height and width of `like`, interpolated linearly."""
    height, width = like.shape[:2]
    return as_float32(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR))


def translate_mask(mask: Mask, right: int, down: int) -> Mask:
    """The mask moved right and down by whole pixels (not negative), 0 where it came from."""
    moved = np.zeros_like(mask)
    moved[down:, right:] = mask[: mask.shape[0] - down, : mask.shape[1] - right]
    return moved


def remap(image: FloatArray, columns: Plane, rows: Plane) -> FloatArray:
    """The array looked up at points, linearly, mirrored beyond its edges.

    Args:
        image: (H, W) or (H, W, 3).
        columns: x of the point to look up, for each pixel of the result.
        rows: y of it.
    """
    return as_float32(cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101))


def smoothstep(values: ArrayLike, low: float | FloatArray, high: float | FloatArray) -> FloatArray:
    """0 at `low`, 1 at `high`, smooth between; `low` may be above `high` for a falling step."""
    step = as_float32((np.asarray(values, np.float32) - low) / (np.asarray(high, np.float32) - low + 1e-9))
    np.clip(step, 0, 1, out=step)
    return step * step * (3 - 2 * step)


def mix(below: ArrayLike, above: ArrayLike, mask: Mask | float) -> FloatArray:
    """A new array: `above` where `mask` is 1, `below` where it is 0, in between in proportion.

    `below` and `above` are images or colors that broadcast; `mask` is (H, W) or one number, 0..1.
    """
    below, above = as_float32(below), as_float32(above)
    weight = mask[..., None] if isinstance(mask, np.ndarray) and mask.ndim == 2 else as_float32(mask)
    mixed = as_float32(above - below) * weight
    mixed += below
    return mixed


def luminance(image: BgrImage) -> Plane:
    """The gray value of every pixel of a BGR image (Rec. 601 weights), 0..1."""
    return as_float32(cv2.transform(np.ascontiguousarray(image), _LUMA))


def bounding_box(mask: Mask, above: float = 0.004) -> tuple[slice, slice] | None:
    """The smallest (rows, columns) window that holds every mask value above `above`."""
    x, y, width, height = cv2.boundingRect((mask > above).astype(np.uint8))
    return (slice(y, y + height), slice(x, x + width)) if width else None


def composite_over(image: BgrImage, paint: ArrayLike, mask: Mask) -> None:
    """Blend `paint` over `image`, in place.

    Args:
        image: (H, W, 3), 0..1; changed.
        paint: An image of that shape, read only where `mask` is above 0, or a color, (3,).
        mask: (H, W), the opacity of the paint, 0..1.
    """
    box = bounding_box(mask)
    if box is None:
        return
    paint = as_float32(paint)
    weight = mask[box][..., None]
    source = paint[box] if paint.ndim == 3 else paint
    image[box] += (source - image[box]) * weight


def composite_multiply(image: BgrImage, tint: ArrayLike, mask: Mask) -> None:
    """Multiply `image` by a tint, in place: transparent pigment over what is there.

    Args:
        image: (H, W, 3), 0..1; changed.
        tint: A color, (3,): 1 in a channel leaves it as it is.
        mask: (H, W), how much of the pigment there is, 0..1.
    """
    box = bounding_box(mask)
    if box is None:
        return
    image[box] *= 1 - mask[box][..., None] * (1 - as_float32(tint))
