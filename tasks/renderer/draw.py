"""One drawing from start to finish."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from tasks.errors import UsageError
from tasks.perception.analysis import PersonAnalysis
from tasks.renderer.canvas import Canvas
from tasks.renderer.choices import Choices, choices_of
from tasks.renderer.figure import Figure
from tasks.renderer.framing import StyleLayout
from tasks.renderer.pixels import FloatImage
from tasks.renderer.placing import place
from tasks.styles.anime import painter as anime
from tasks.styles.colored_pencil import painter as colored_pencil
from tasks.styles.flat import painter as flat
from tasks.styles.storybook import painter as storybook
from tasks.styles.watercolor import painter as watercolor


@dataclass(frozen=True)
class _Style:
    number: int  # part of the seed: the styles of one character differ in more than their paint
    layout: StyleLayout
    paint: Callable[[Figure, Choices], FloatImage]


_STYLES = {
    "watercolor": _Style(1, watercolor.TASTE, watercolor.paint),
    "storybook": _Style(2, storybook.TASTE, storybook.paint),
    "anime": _Style(3, anime.TASTE, anime.paint),
    "flat": _Style(4, flat.TASTE, flat.paint),
    "colored-pencil": _Style(5, colored_pencil.TASTE, colored_pencil.paint),
}
STYLES = tuple(_STYLES)


def draw(analysis: PersonAnalysis, style: str, seed: int, parameters: Mapping[str, Any]) -> bytes:
    """Draw a person. The same analysis, style, seed and parameters give the same PNG, 820x1024, to the byte.

    `parameters` may hold `background` (int) and `texture` (float, 1 is usual); others are left alone.
    Raises `UsageError` for an unknown style.
    """
    chosen = _style(style)
    choices = choices_of(seed, chosen.number, parameters)
    figure = place(analysis, Canvas(), chosen.layout, choices.nudge)
    return _as_png(chosen.paint(figure, choices))


def figure_of(analysis: PersonAnalysis, style: str, seed: int, parameters: Mapping[str, Any]) -> Figure:
    """The person as `draw` would put them on the sheet, not yet painted."""
    chosen = _style(style)
    nudge = choices_of(seed, chosen.number, parameters).nudge
    return place(analysis, Canvas(), chosen.layout, nudge)


def _style(name: str) -> _Style:
    chosen = _STYLES.get(name)
    if chosen is None:
        sentence = f"There is no style “{name}”. The styles are {', '.join(STYLES)}."
        raise UsageError(sentence, code="unknown_style")
    return chosen


def _as_png(picture: FloatImage) -> bytes:
    pixels = np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    done, data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 4])
    assert done, "PNG encoding can't fail on a plain picture"
    return data.tobytes()
