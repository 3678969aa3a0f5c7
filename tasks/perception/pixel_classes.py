"""The four classes of pixel, and small tools for masks of them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BoolMask
from tasks.perception.geometry import ellipse_kernel

BACKGROUND, SKIN, HAIR, CLOTHES = range(4)


def connected_components(mask: BoolMask) -> tuple[int, NDArray[np.int32], NDArray[np.int32]]:
    """The connected pieces of a mask.

    Returns:
        How many there are with the background, which is piece 0; the piece of each pixel, (H, W); the area
        of each piece in pixels, (count,).
    """
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return count, np.asarray(pieces, np.int32), np.asarray(stats[:, cv2.CC_STAT_AREA], np.int32)


def open_mask(mask: BoolMask, size: int) -> BoolMask:
    """Morphological opening: the mask without what is thinner than `size` pixels."""
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, ellipse_kernel(size)) > 0


def close_mask(mask: BoolMask, size: int) -> BoolMask:
    """Morphological closing: the mask with gaps narrower than `size` pixels filled."""
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, ellipse_kernel(size)) > 0


def fill_holes(mask: BoolMask, smaller_than: float) -> BoolMask:
    """The mask with every enclosed hole of less than `smaller_than` pixels of area filled."""
    _, pieces, areas = connected_components(~mask)
    outside = np.unique(np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]]))
    small = areas < smaller_than
    small[outside] = False
    small[0] = False
    return np.asarray(mask | small[pieces], np.bool_)
