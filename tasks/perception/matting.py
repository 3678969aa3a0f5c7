"""Who is a person: a soft mask from the segmentation network, sharpened by the picture's own edges."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, FloatArray, Mask, Plane
from tasks.perception import nets
from tasks.perception.geometry import FaceAxes

# Crops around the face, in face heights: the network sees 256x256 pixels, so a closer look sees more.
_LOOKS = (6.4, 3.6)
_FACE_FROM_TOP = 0.36
_WORTH_HALVING = 4  # pixels of radius
_FADE = 0.10  # of a crop's side: where its answer gives way to the wider one


def guided_filter(guide: Plane, mask: Mask, radius: int, tolerance: float) -> Mask:
    """The guided filter (He et al., 2010): `mask` with its edges moved to the edges of `guide`.

    Args:
        guide: (H, W), 0..1, the picture's lightness.
        mask: (H, W), 0..1.
        radius: Of the windows that one line is fitted in, pixels.
        tolerance: Variance of the guide below which it is taken for even.

    Returns:
        (H, W), about 0..1: it may leave that range a little, see `clip_mask`.

    The line that maps guide to mask changes slowly, so it is found at half the size where that is fine
    enough: a quarter of the work, the same picture.
    """
    if radius < _WORTH_HALVING:
        slope, offset = _guiding_line(guide, mask, radius, tolerance)
        return slope * guide + offset
    rows, columns = guide.shape
    half = ((columns + 1) // 2, (rows + 1) // 2)
    small_guide, small_mask = (
        cv2.resize(values, half, interpolation=cv2.INTER_AREA) for values in (guide, mask)
    )
    line = _guiding_line(_floats(small_guide), _floats(small_mask), (radius + 1) // 2, tolerance)
    slope, offset = (_floats(cv2.resize(part, (columns, rows))) for part in line)
    return slope * guide + offset


def _floats(values: NDArray[Any]) -> FloatArray:
    return np.asarray(values, np.float32)


def _guiding_line(guide: Plane, mask: Mask, radius: int, tolerance: float) -> tuple[Plane, Plane]:
    """Slope and offset at each pixel, so that slope x guide + offset is closest to the mask around it."""
    size = (2 * radius + 1, 2 * radius + 1)

    def mean(values: Plane) -> Plane:
        return _floats(cv2.blur(values, size))

    guide_mean, mask_mean = mean(guide), mean(mask)
    spread = mean(guide * guide) - guide_mean * guide_mean + np.float32(tolerance)
    slope = _floats((mean(guide * mask) - guide_mean * mask_mean) / spread)
    return mean(slope), mean(mask_mean - slope * guide_mean)


def clip_mask(mask: Mask) -> Mask:
    """The mask, held between 0 and 1."""
    return np.asarray(np.clip(mask, 0, 1), np.float32)


def gray_plane(image: BgrBytes) -> Plane:
    """The gray value of every pixel (Rec. 601), 0..1."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.float32) / np.float32(255)


def _look(image: BgrBytes, left: int, top: int, right: int, bottom: int) -> Mask:
    probability = nets.person_probability(image[top:bottom, left:right])
    size = (right - left, bottom - top)
    return np.asarray(cv2.resize(probability, size, interpolation=cv2.INTER_CUBIC), np.float32)


def _trust(shape: tuple[int, int], open_sides: tuple[bool, bool, bool, bool]) -> Mask:
    """1 inside a crop, fading to 0 at the sides (left, top, right, bottom) that are not the photo's own."""
    fade = int(_FADE * min(shape))
    left, top, right, bottom = (fade if is_open else 0 for is_open in open_sides)
    trust = np.zeros(shape, np.float32)
    trust[top : shape[0] - bottom, left : shape[1] - right] = 1
    return np.asarray(cv2.blur(trust, (2 * fade + 1, 2 * fade + 1)), np.float32) if fade else trust


def person_matte(image: BgrBytes, axes: FaceAxes) -> Mask:
    """How much of each pixel belongs to a person, whoever it is; most carefully around the given face.

    Raises ModelsMissing.
    """
    height, width = image.shape[:2]
    whole = _look(image, 0, 0, width, height)
    for heights in _LOOKS:
        side = heights * axes.height
        left, right = int(max(0, axes.middle[0] - side / 2)), int(min(width, axes.middle[0] + side / 2))
        top = int(max(0, axes.middle[1] - side * _FACE_FROM_TOP))
        bottom = int(min(height, axes.middle[1] + side * (1 - _FACE_FROM_TOP)))
        if right - left < 8 or bottom - top < 8 or (right - left) * (bottom - top) > 0.9 * width * height:
            continue
        trust = _trust((bottom - top, right - left), (left > 0, top > 0, right < width, bottom < height))
        part = whole[top:bottom, left:right]
        part += trust * (_look(image, left, top, right, bottom) - part)
    return _sharpened(image, clip_mask(whole))


def _sharpened(image: BgrBytes, probability: Mask) -> Mask:
    radius = max(3, max(image.shape[:2]) // 170)
    return clip_mask(guided_filter(gray_plane(image), probability, radius, 1e-3))


def resize_mask(mask: Mask, size: tuple[int, int]) -> Mask:
    """A mask at another size, (width, height) in pixels: averaged when smaller, interpolated when larger."""
    shrinking = size[0] < mask.shape[1]
    how = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(mask, size, interpolation=how), np.float32)
