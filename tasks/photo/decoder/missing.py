"""What of a picture is there at all, when its file ends too early."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.photo.decoder.packed import Packed, Rejected

FEWEST_ROWS = 16
# Adam7's passes from the second on: where their pixels lie, and how far off the pixel that stands in for one.
_STAND_INS = (
    (4, 0, 8, 8, 4, 0),
    (0, 4, 4, 8, 0, 4),
    (2, 0, 4, 4, 2, 0),
    (0, 2, 2, 4, 0, 2),
    (1, 0, 2, 2, 1, 0),
    (0, 1, 1, 2, 0, 1),
)


def what_is_there(image: Any, other: Any, packed: Packed) -> Any:
    """The part of `image` that is in the file: `other` is the same with other bytes for what is missing.

    Adds `cut_short` to the notes when that is not all. Rejected `truncated` when it is next to nothing.
    """
    if packed.rows is not None:
        return _top(image, packed.rows, packed)
    if other is None:
        _note(packed)
        return image
    one, two = np.asarray(image), np.asarray(other)
    differs = one != two
    if differs.ndim == 3:
        differs = differs.any(axis=2)
    if not differs.any():
        return image
    if packed.interlaced:
        return _top(_with_stand_ins(image, one, differs), _rows_begun(differs), packed)
    if packed.coarse:
        _note(packed)
        return image
    return _top(image, int(differs.any(axis=1).argmax()), packed)


def _top(image: Any, rows: int, packed: Packed) -> Any:
    if rows < FEWEST_ROWS:
        raise Rejected("truncated")
    _note(packed)
    if rows >= image.height:
        return image
    part = image.crop((0, 0, image.width, rows))
    part.info.update(image.info)
    return part


def _note(packed: Packed) -> None:
    if "cut_short" not in packed.notes:
        packed.notes.append("cut_short")


def _rows_begun(differs: NDArray[np.bool_]) -> int:
    """How many rows the first pass of an interlaced picture covers."""
    first = differs[::8, ::8].any(axis=1)
    return int(first.argmax()) * 8 if first.any() else differs.shape[0]


def _with_stand_ins(image: Any, pixels: NDArray[np.uint8], missing: NDArray[np.bool_]) -> Any:
    filled = pixels.copy()
    for x, y, dx, dy, left, up in _STAND_INS:
        part, gaps = filled[y::dy, x::dx], missing[y::dy, x::dx]
        source = filled[y - up :: dy, x - left :: dx][: part.shape[0], : part.shape[1]]
        part[gaps] = source[gaps]
    whole = image.copy()
    whole.frombytes(filled.tobytes())
    return whole
