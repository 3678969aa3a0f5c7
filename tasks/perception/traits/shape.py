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


def measure_shape(mesh: Points, axes: FaceAxes) -> Reading:
    """round, long, square, heart or oval; less sure of a turned face."""
    aspect = axes.height / axes.width
    jaw = float(np.linalg.norm(mesh[RIGHT_JAW] - mesh[LEFT_JAW])) / axes.width
    if aspect < 1.15 and jaw > 0.78:
        word = "round"
    elif aspect > 1.42:
        word = "long"
    elif jaw > 0.83:
        word = "square"
    else:
        word = "heart" if jaw < 0.70 else "oval"
    return Reading(word, float(np.clip(0.6 - abs(head_yaw(mesh)), 0.1, 0.6)))


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
