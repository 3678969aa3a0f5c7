"""Where the eyes are in a photo or a variant, so that pictures can be laid over each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from db.log import Log
from tasks.arrays import Points
from tasks.design.serialize import BadDesign
from tasks.design.shapes import CharacterDesign
from tasks.errors import DecoderBusy, StorykinError
from tasks.media.design_chunk import design_of
from tasks.perception.faces import detect_faces
from tasks.perception.finished_picture import finished_pixels
from tasks.styles.drawing import placement_of

log = Log("review")

_LOOKED_AT = 1280  # pixels of the longer side; eyes are found as well in less


@dataclass(frozen=True)
class Eyes:
    """The middles of the eye on the left of the picture and of that on its right, as shares of its width and
    height.
    """

    left: tuple[float, float]
    right: tuple[float, float]


def eyes_in(
    data: bytes, *, style: str = "", seed: int = 0, parameters: Mapping[str, Any] | None = None
) -> Eyes | None:
    """The eyes in an encoded picture; None where none are found, or it can't be looked at.

    A variant that this machine drew says it itself, by its design and by what it was drawn with (`style`,
    `seed`, `parameters`); in everything else the face detector looks. Raises DecoderBusy.
    """
    try:
        return _designed(data, style, seed, parameters or {}) or _detected(data)
    except DecoderBusy:
        raise
    except StorykinError as error:
        log.info("no eyes found", code=error.code)
        return None


def _designed(data: bytes, style: str, seed: int, parameters: Mapping[str, Any]) -> Eyes | None:
    try:
        design = design_of(data) if style else None
    except BadDesign:
        return None
    middles = _of_design(design) if design else None
    if design is None or middles is None:
        return None
    sheet = placement_of(design, style, seed, parameters)
    return _eyes(sheet.pixels(middles), sheet.width, sheet.height)


def _of_design(design: CharacterDesign) -> Points | None:
    """2x2, head units; None for eyes that are shut or hidden."""
    found = {each.name: each.loops[0] for each in design.shapes if each.loops}
    if not {"eye_right", "eye_left"} <= found.keys():
        return None
    extents = [found[name] for name in ("eye_right", "eye_left")]
    return np.array([(each.min(0) + each.max(0)) / 2 for each in extents], np.float32)


def _detected(data: bytes) -> Eyes | None:
    pixels = finished_pixels(data)
    step = max(1, max(pixels.shape[:2]) // _LOOKED_AT)
    pixels = np.ascontiguousarray(pixels[::step, ::step])
    face = next(iter(detect_faces(pixels)), None)
    return _eyes(face.landmarks[:2], pixels.shape[1], pixels.shape[0]) if face else None


def _eyes(middles: Points, width: int, height: int) -> Eyes:
    (x1, y1), (x2, y2) = sorted((float(x) / width, float(y) / height) for x, y in middles)
    return Eyes((round(x1, 4), round(y1, 4)), (round(x2, 4), round(y2, 4)))
