"""Beards: the part of the "skin" that is dark all around the mouth, which styles must paint as hair."""

import numpy as np

from tasks.providers.local.brush.canvas import Canvas
from tasks.providers.local.brush.colour import to_lab
from tasks.providers.local.brush.landmarks import (
    CHIN,
    FOREHEAD,
    LIP_BOTTOM,
    LIP_TOP,
    NOSE_BASE,
    OVAL,
    TEMPLES,
)
from tasks.providers.local.brush.pixels import FloatImage, as_image, blur, smoothstep
from tasks.providers.local.brush.shapes import Points, between, filled, points

# Lightness, as a share of the cheek's above it, where beard begins and is sure. Only dark, full beards pass:
# to paint one on somebody who has none would be worse than to miss one.
_MAYBE, _SURELY = 0.66, 0.50
_SHARE = 0.42  # of the lower face that must be dark, on both sides: a shadow falls on one

_LIT = 45.0  # lightness of a cheek below which beard and shadow can't be told apart


def find_beard(
    canvas: Canvas, image: FloatImage, skin: FloatImage, mesh: Points, face_height: float
) -> FloatImage:
    """A mask of the beard in canvas pixels; empty where there is none."""
    lips = filled(canvas, between(mesh[list(LIP_TOP)], mesh[list(LIP_BOTTOM)]))
    face = filled(canvas, mesh[list(OVAL)])
    above_nose_base = _along(canvas, mesh[NOSE_BASE], mesh[FOREHEAD] - mesh[CHIN]) / face_height
    aside = _along(canvas, mesh[NOSE_BASE], mesh[TEMPLES[1]] - mesh[TEMPLES[0]])
    lightness = blur(to_lab(image)[..., 0], max(1.2, 0.008 * face_height))
    below_nose = smoothstep(above_nose_base, 0.0, -0.04)
    cheeks = (face > 0.5) & (above_nose_base > 0.02) & (above_nose_base < 0.22)
    lower_face = (face * below_nose * (1 - lips) * skin) > 0.5
    beard = canvas.mask()
    for half in (aside < 0, aside >= 0):
        if not (cheeks & half).any() or not (lower_face & half).any():
            return canvas.mask()
        cheek = float(np.median(lightness[cheeks & half]))
        if cheek < _LIT:
            return canvas.mask()
        dark = smoothstep(lightness, _MAYBE * cheek, _SURELY * cheek)
        if float(dark[lower_face & half].mean()) < _SHARE:
            return canvas.mask()
        beard[half] = dark[half]
    return blur(beard, 0.006 * face_height) * _reach(canvas, mesh) * below_nose * skin * (1 - blur(lips, 1.5))


def _along(canvas: Canvas, origin: Points, direction: Points) -> FloatImage:
    """How far each pixel is from `origin` in a direction."""
    unit = direction / (np.linalg.norm(direction) + 1e-6)
    return as_image((canvas.columns - origin[0]) * unit[0] + (canvas.rows - origin[1]) * unit[1])


def _reach(canvas: Canvas, mesh: Points) -> FloatImage:
    """Where a beard can be: the face, a little wider and well below the chin."""
    outline = mesh[list(OVAL)]
    centre = outline.mean(0)
    return filled(canvas, points(centre + (outline - centre) * (1.18, 1.55)))
