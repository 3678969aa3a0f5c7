"""The shape of a face and what it does, from the mesh alone."""

import numpy as np

from tasks.arrays import Points
from tasks.face_mesh import (
    LEFT_JAW,
    MOUTH_BOTTOM,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    MOUTH_TOP,
    RIGHT_JAW,
)
from tasks.perception.analysis import Reading
from tasks.perception.geometry import FaceAxes, head_yaw

# Height over width, and the jaw's width over the face's, beyond which a face differs from most. Between them
# it is like most faces, and no word says more.
_ROUND, _LONG = 1.13, 1.42
_BROAD_JAW, _NARROW_JAW = 0.83, 0.69
_FRONTAL = 0.3


def measure_shape(mesh: Points, axes: FaceAxes) -> Reading:
    """round, long, square or heart where a face is plainly so; unknown for the many others, and turned."""
    if abs(head_yaw(mesh)) > _FRONTAL:
        return Reading()
    aspect = axes.height / axes.width
    jaw = float(np.linalg.norm(mesh[RIGHT_JAW] - mesh[LEFT_JAW])) / axes.width
    if aspect < _ROUND and jaw > 0.78:
        return Reading("round", 0.5)
    if aspect > _LONG:
        return Reading("long", 0.5)
    if jaw > _BROAD_JAW:
        return Reading("square", 0.5)
    return Reading("heart", 0.5) if jaw < _NARROW_JAW else Reading()


def measure_expression(mesh: Points, axes: FaceAxes) -> Reading:
    """neutral, smile, big smile or open mouth."""
    heights, sideways = axes.of_points(mesh[[MOUTH_RIGHT, MOUTH_LEFT, MOUTH_TOP, MOUTH_BOTTOM]])
    width = abs(float(sideways[1] - sideways[0])) / (axes.width / axes.height)
    corners = float((heights[0] + heights[1]) / 2 - (heights[2] + heights[3]) / 2)
    opening = float(heights[2] - heights[3])
    smile = width * 2.2 + corners * 9 - 0.62
    # Talking or surprised: open higher than a laugh of that width, and the corners not drawn up by it.
    if opening > 0.07 and opening > 0.26 * width:
        return Reading("open mouth", 0.7)
    if smile > 0.36 and opening > 0.015:
        return Reading("big smile", 0.8)
    if smile > 0.30:
        return Reading("smile", 0.7)
    return Reading("neutral", 0.6)
