"""The shape of an eye on the sheet, from its 16-point contour (`PersonAnalysis.eye_contours`)."""

import numpy as np

from tasks.arrays import Points
from tasks.renderer.shapes import as_points


def lids(contour: Points) -> tuple[Points, Points]:
    """Upper and lower lid of a 16-point eye contour, both from the outer to the inner corner."""
    return as_points(np.vstack([contour[0], contour[9:16], contour[8]])), contour[:9]


def eye_width(contour: Points) -> float:
    """Corner to corner, pixels."""
    return float(np.linalg.norm(contour[0] - contour[8]))
