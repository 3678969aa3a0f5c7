"""The pixels of a picture that is finished, whoever drew it."""

import cv2
import numpy as np

from tasks.arrays import BgrBytes
from tasks.photo.pixels import picture_pixels


def finished_pixels(data: bytes) -> BgrBytes:
    """The pixels of an encoded picture, (H, W, 3). CallFailed (`bad_output`) if it is no picture."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:  # broken beside the pixels, or of a kind that OpenCV doesn't know
        return np.ascontiguousarray(picture_pixels(data)[..., ::-1])
    return np.asarray(image, np.uint8)
