"""Put a mark's number into a picture's pixels, so that it isn't seen and yet outlives copies of the picture.

The carrier's tile is repeated over the picture, as brightness: a little in flat places, more where texture
hides it, and none where there is only white paper, nor where nothing is drawn.
"""

import cv2
import numpy as np

from tasks.arrays import BgrBytes, FloatArray
from tasks.marks.carrier import TILE, carrier_of

# Standard deviation of what is added, in grey levels.
_EDGE = 1.3  # beside an edge in a flat picture, where more would be seen as a band of grain
_BUSY = 3.0
_TEXTURE = 4.0  # the texture, in grey levels, from which on a place is busy
_ALIKE = 1.6  # the least within even texture, against its mean
_PAPER = (246.0, 254.0)  # white fades the mark out between these grey levels


def embed(pixels: BgrBytes, mark_id: int, key: bytes) -> BgrBytes:
    """The picture with the number `mark_id` (64 bits) in it; the same bytes for the same arguments.

    Args:
        pixels: (H, W, 3) or, with alpha, (H, W, 4): alpha stays as it is.
        mark_id: The number.
        key: The installation's; a reader needs it.
    """
    height, width = pixels.shape[:2]
    pattern = carrier_of(key).tile(mark_id)
    repeats = (height // TILE + 1, width // TILE + 1)
    added = np.tile(pattern, repeats)[:height, :width] * strength(pixels[..., :3])
    if pixels.shape[2] == 4:
        added *= pixels[..., 3] > 0
    marked = pixels.copy()
    marked[..., :3] = np.clip(np.rint(pixels[..., :3] + added[..., None]), 0, 255).astype(np.uint8)
    return marked


def strength(pixels: BgrBytes) -> FloatArray:
    """How much each place of (H, W, 3) takes, in grey levels: (H, W)."""
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float32)
    detail = gray - cv2.GaussianBlur(gray, (0, 0), 2)  # texture hides a mark; shading doesn't
    texture = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), 4))
    # Texture all around, not only an edge nearby: its least within a few pixels.
    close = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), 2))
    around = cv2.GaussianBlur(cv2.erode(close, np.ones((9, 9), np.uint8)), (0, 0), 3)
    taken = np.maximum(
        _EDGE * np.clip(texture / _TEXTURE, 0, 1), _BUSY * np.clip(around * _ALIKE / _TEXTURE, 0, 1)
    )
    paper = np.clip((cv2.GaussianBlur(gray, (0, 0), 1.5) - _PAPER[0]) / (_PAPER[1] - _PAPER[0]), 0, 1)
    return np.asarray(taken * (1 - paper), np.float32)
