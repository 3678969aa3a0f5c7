"""Smooth, flowing patches of paint: the ground that every painted style stands on."""

import cv2
import numpy as np

from tasks.arrays import BgrImage
from tasks.renderer.canvas import Canvas
from tasks.renderer.flow import Flow, blur_along
from tasks.renderer.kuwahara import kuwahara
from tasks.renderer.pixels import as_float32, shrink


def brush_along_flow(image: BgrImage, flow: Flow, radii: tuple[int, ...], length: float) -> BgrImage:
    """The picture as strokes: patches `radii` pixels wide, drawn out `length` pixels along the flow.

    Worked out at half the size, which can't be told apart after so much smoothing.
    """
    small = shrink(image, 2)
    for radius in radii:
        small = kuwahara(small, max(3, round(radius / 2)))
    steps = max(2, round(length / 3))
    small = blur_along(small, flow.halved(), Canvas(small.shape[1], small.shape[0]), steps, 1.4)
    size = (image.shape[1], image.shape[0])
    return np.clip(as_float32(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)), 0, 1)
