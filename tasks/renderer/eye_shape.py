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


def eye_opening(contour: Points) -> float:
    """Height of the open eye as a share of its width; below about 0.13 it is shut."""
    upper, lower = lids(contour)
    return float(np.linalg.norm(upper[4] - lower[4])) / max(eye_width(contour), 1e-3)
