"""Analyses of photos that are not there: the same person, the photo cropped, scaled, or cut."""

import dataclasses
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.perception.analysis import PersonAnalysis

Plane = NDArray[Any]
MASKS = ("person", "skin", "hair", "clothes")


def _altered(
    analysis: PersonAnalysis,
    plane: Callable[[Plane], Plane],
    point: Callable[[Plane], Plane],
    share: float = 1.0,
) -> PersonAnalysis:
    """The analysis with every picture and mask, and every point, put through a function."""
    changes: dict[str, Any] = {name: plane(getattr(analysis, name)) for name in ("image", *MASKS)}
    changes["mesh"] = point(analysis.mesh)
    changes["irises"] = tuple((point(center), radius * share) for center, radius in analysis.irises)
    changes["eye_contours"] = tuple(point(contour) for contour in analysis.eye_contours)
    changes["face_height"] = analysis.face_height * share
    changes["face_width"] = analysis.face_width * share
    return dataclasses.replace(analysis, **changes)


def cropped(analysis: PersonAnalysis, left: int, top: int, right: int, bottom: int) -> PersonAnalysis:
    """The photo cropped to columns left..right and rows top..bottom."""
    corner = np.array([left, top], np.float32)
    return _altered(analysis, lambda plane: plane[top:bottom, left:right].copy(), lambda at: at - corner)


def only_the_face(analysis: PersonAnalysis, margin: float) -> PersonAnalysis:
    """The photo cropped to the face, with `margin` face heights around it."""
    room = margin * analysis.face_height
    left, top = np.maximum(analysis.mesh.min(0) - room, 0).astype(int).tolist()
    right, bottom = (analysis.mesh.max(0) + room).astype(int).tolist()
    return cropped(analysis, left, top, right, bottom)


def scaled(analysis: PersonAnalysis, share: float) -> PersonAnalysis:
    """The same photo at another size."""

    def resized(plane: Plane) -> Plane:
        return np.asarray(cv2.resize(plane, None, fx=share, fy=share, interpolation=cv2.INTER_AREA))

    return _altered(analysis, resized, lambda at: at * np.float32(share), share)


def cut_at(analysis: PersonAnalysis, side: float) -> PersonAnalysis:
    """As it comes out of a tight group: all that is left of a column belongs to somebody else.

    `side` is in face widths from the middle of the face.
    """
    mine = np.ones(analysis.image.shape[1], np.float32)
    mine[: column_beside_face(analysis, side)] = 0
    changes: dict[str, Any] = {name: getattr(analysis, name) * mine for name in MASKS}
    return dataclasses.replace(analysis, **changes)


def column_beside_face(analysis: PersonAnalysis, side: float) -> int:
    """The column `side` face widths from the middle of the face."""
    return int(analysis.mesh[:, 0].mean() + side * analysis.face_width)
