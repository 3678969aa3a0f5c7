"""Where a beard grows, in the face mesh: jaw and cheeks, chin, upper lip."""

import numpy as np

from tasks.arrays import Points
from tasks.design.geometry import as_points, spline
from tasks.design.head.context import HeadContext
from tasks.face_mesh import CHIN, UPPER_LIP_EDGE

_RIGHT_JAW = (132, 58, 172, 136, 150, 149, 176, 148)  # from the ear to the chin, mesh points
_LEFT_JAW = (361, 288, 397, 365, 379, 378, 400, 377)
_CORNERS = (61, 291)  # of the mouth, right and left
_NOSE_BASE, _LIP_TOP = 2, 0
_BELOW = 3.0  # head units by which a beard hangs over the jaw
_CHEEK = 0.42  # of the way from the ear to the corner of the mouth, where the beard's edge is lowest
_LIP_SHARE = 0.72  # of the upper lip's height: a moustache covers its lower part
_WIDE = 4.5  # head units by which it stands out beside the mouth
_CHIN_WIDE = 0.62  # half a goatee, of the mouth's width


def moustache_zone(context: HeadContext) -> Points:
    """(N, 2), the loop above the upper lip, thin at its ends."""
    mesh, across, down = context.mesh, context.across, context.down
    right, left = (mesh[i] for i in _CORNERS)
    top = mesh[_NOSE_BASE] + (mesh[_LIP_TOP] - mesh[_NOSE_BASE]) * (1 - _LIP_SHARE)
    rise = np.asarray(mesh[_LIP_TOP] - top)
    lower = mesh[list(UPPER_LIP_EDGE)][1:-1] - down * 0.8
    ends = [right - across * _WIDE + down * 3.0, left + across * _WIDE + down * 3.0]
    shoulders = [
        0.5 * (right + mesh[_LIP_TOP]) - rise * 0.95 - across * 2.0,
        top - across * 4.5 - down * 0.3,
        top + down * 0.6,
        top + across * 4.5 - down * 0.3,
        0.5 * (left + mesh[_LIP_TOP]) - rise * 0.95 + across * 2.0,
    ]
    return spline(np.vstack([[ends[0]], shoulders, [ends[1]], lower[::-1]]), per_segment=5)


def goatee_zone(context: HeadContext) -> Points:
    """(N, 2), the loop around the chin, up to the corners of the mouth."""
    mesh, across, down = context.mesh, context.across, context.down
    right, left = (mesh[i] for i in _CORNERS)
    middle = (right + left) / 2
    half = _CHIN_WIDE * float(np.linalg.norm(left - right))
    chin = mesh[CHIN] + down * _BELOW
    tall = float((chin - middle) @ down)
    knots = [
        right - across * 3.2 - down * 1.0,
        right - across * 3.6 + down * 0.35 * tall,
        chin - across * half * 0.85 - down * 0.22 * tall,
        chin - across * half * 0.35 - down * 0.02 * tall,
        chin + across * half * 0.35 - down * 0.02 * tall,
        chin + across * half * 0.85 - down * 0.22 * tall,
        left + across * 3.6 + down * 0.35 * tall,
        left + across * 3.2 - down * 1.0,
        left + across * 0.4 + down * 0.3 * tall,
        mesh[17] + across * 4 + down * 2.2,
        mesh[17] - across * 4 + down * 2.2,
        right - across * 0.4 + down * 0.3 * tall,
    ]
    return spline(as_points(np.vstack(knots)), per_segment=6)


def beard_zone(context: HeadContext) -> Points:
    """(N, 2), the loop from ear to ear along the jaw, its upper edge from the sideburns to the mouth."""
    mesh, down = context.mesh, context.down
    right, left = mesh[list(_RIGHT_JAW)], mesh[list(_LEFT_JAW)]
    center = mesh[CHIN] - down * 45
    chin = mesh[CHIN] + down * (_BELOW + 1.0)

    def outward(points: Points) -> Points:
        away = points - center
        length = np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-3)
        grow = np.linspace(0, _BELOW, len(points))[:, None]
        return as_points(points + away / length * grow)

    def cheek(ear: Points, corner: Points) -> list[Points]:
        low = ear + (corner - ear) * _CHEEK + down * 9.0
        return [low, ear + (corner - ear) * 0.75 + down * 5.0, corner + (ear - corner) * 0.07 - down * 1.5]

    mouth_right, mouth_left = (mesh[i] for i in _CORNERS)
    inner_right = cheek(right[0], mouth_right)
    inner_left = cheek(left[0], mouth_left)
    knots = np.vstack(
        [outward(right), [chin], outward(left)[::-1], inner_left, [mesh[_LIP_TOP]], inner_right[::-1]]
    )
    return spline(knots, per_segment=6)
