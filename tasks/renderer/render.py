"""One drawing from start to finish, by whatever painter is handed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from tasks.arrays import BgrImage
from tasks.perception.analysis import PersonAnalysis
from tasks.renderer.canvas import Canvas
from tasks.renderer.choices import Choices, choices_of
from tasks.renderer.figure import Figure
from tasks.renderer.layout import StyleLayout
from tasks.renderer.placing import place_person


@dataclass(frozen=True)
class Painter:
    """What a style brings to a drawing."""

    seed_number: int  # goes into the seed: the styles of one character differ in more than their paint
    layout: StyleLayout
    paint: Callable[[Figure, Choices], BgrImage]


def render(analysis: PersonAnalysis, painter: Painter, seed: int, parameters: Mapping[str, Any]) -> bytes:
    """Draw a person. The same analysis, painter, seed and parameters give the same PNG, to the byte.

    Args:
        analysis: What was seen in the photo; left as it is.
        painter: The style's painter.
        seed: Any whole number.
        parameters: May hold `background` (int) and `texture` (float, 1 is usual); others are left alone.

    Returns:
        A PNG of 820x1024.
    """
    choices = choices_of(seed, painter.seed_number, parameters)
    figure = place_person(analysis, Canvas(), painter.layout, choices.nudge)
    return _as_png(painter.paint(figure, choices))


def placed_figure(
    analysis: PersonAnalysis, painter: Painter, seed: int, parameters: Mapping[str, Any]
) -> Figure:
    """The person as `render` puts them on the sheet, not yet painted."""
    nudge = choices_of(seed, painter.seed_number, parameters).nudge
    return place_person(analysis, Canvas(), painter.layout, nudge)


def _as_png(picture: BgrImage) -> bytes:
    pixels = np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    done, data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 4])
    assert done, "PNG encoding can't fail on a plain picture"
    return data.tobytes()
