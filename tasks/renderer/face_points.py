"""Which point of the face mesh is what (MediaPipe's 468), as the artist names them."""

import numpy as np

from tasks.arrays import Points
from tasks.renderer.shapes import as_points

OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
BROWS = (
    ((70, 63, 105, 66, 107), (46, 53, 52, 65, 55)),
    ((300, 293, 334, 296, 336), (276, 283, 282, 295, 285)),
)  # upper edge, lower edge; the person's right brow first
LIP_TOP = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LIP_BOTTOM = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
MOUTH_TOP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
MOUTH_BOTTOM = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
JAW = (361, 397, 379, 400, 152, 176, 150, 172, 132)
NOSTRILS = (98, 97, 2, 326, 327)
EYE_CORNERS = ((33, 133), (263, 362))  # outer, inner
CHEEKS = (50, 280)
FOREHEAD, CHIN, NOSE_TIP, NOSE_BASE, NOSE_BRIDGE = 10, 152, 4, 2, 168
MOUTH_CORNERS = (61, 291)
TEMPLES = (234, 454)


def lids(contour: Points) -> tuple[Points, Points]:
    """Upper and lower lid of a 16-point eye contour, both from the outer to the inner corner."""
    return as_points(np.vstack([contour[0], contour[9:16], contour[8]])), contour[:9]


def eye_width(contour: Points) -> float:
    """Corner to corner, pixels."""
    return float(np.linalg.norm(contour[0] - contour[8]))


def eye_opening(contour: Points) -> float:
    """Height of the open eye as a share of its width; below about 0.13 it is shut."""
    upper, lower = lids(contour)
    return float(np.linalg.norm(upper[4] - lower[4])) / max(eye_width(contour), 1e-3)
