"""The arrays that seeing and drawing hand to each other, and their conventions, stated once.

Axes: an image is (row, column, channel), origin at the top left. A point is (x, y), that is (column, row),
in pixels; whole numbers are the centers of pixels, as OpenCV has it. Angles are in radians unless a name says
degrees; the y axis points down, so a positive angle turns clockwise. Matrices are named target from source:
`image_from_crop` takes points of the crop to points of the image.

Channels: BGR, as OpenCV has it; `RgbBytes` at the border to Pillow and nowhere else.

Ranges: bytes 0..255, floats 0..1, CIE Lab as L 0..100 with a and b around 0. Floats are float32, in sRGB, not
linear light.

Shapes are written as here, (H, W, 3), in docstrings too; nothing checks them at run time. numpy's types say
only the kind of number, so several names below mean the same type: they are for the reader.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]  # any shape; float32 in fact, which numpy's types lose in arithmetic

BgrBytes = NDArray[np.uint8]  # (H, W, 3), 0..255: a photo
RgbBytes = NDArray[np.uint8]  # (H, W, 3), 0..255: what a decoder gives
BgrImage = FloatArray  # (H, W, 3), 0..1: a drawing
LabImage = FloatArray  # (H, W, 3), CIE Lab
Mask = FloatArray  # (H, W), 0..1: how much of a pixel belongs
BoolMask = NDArray[np.bool_]  # (H, W): whether a pixel belongs
Plane = FloatArray  # (H, W), one value a pixel in a unit that its name or docstring tells
Labels = NDArray[np.uint8]  # (H, W), a class a pixel

Color = FloatArray  # (3,), BGR 0..1
Points = FloatArray  # (N, 2), x and y in pixels; (2,) for one point
Matrix = NDArray[np.float64]  # (2, 3), an affine map
