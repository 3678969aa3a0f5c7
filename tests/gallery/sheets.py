"""Contact sheets: each photo of a folder beside its five styles, so that anyone can look."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from tasks.arrays import BgrBytes
from tasks.design.shapes import Framing
from tasks.styles.packs import drawn_locally
from tests.gallery.people import Person, people

CELL = (320, 400)  # width, height of a picture on a sheet
ROWS = 4  # photos a sheet
_LABEL = 26  # pixels above each picture
_PAPER = (246, 246, 246)


def make_sheets(folder: Path, out: Path, framing: Framing | None, *, single: bool = False) -> int:
    """Draw everybody in `folder` and write `sheet-01.png` and so on into `out`.

    Drawn as the local engine does it, or from designs so framed. With `single`, each drawing is also
    written at its full size.
    """
    out.mkdir(parents=True, exist_ok=True)
    rows: list[BgrBytes] = []
    written = 0
    for person in people(folder):
        rows.append(_row(person, framing, out if single else None))
        if len(rows) == ROWS:
            written += 1
            _write(rows, out / f"sheet-{written:02}.png")
            rows.clear()
    if rows:
        written += 1
        _write(rows, out / f"sheet-{written:02}.png")
    print(f"{written} sheets in {out}")
    return 0 if written else 1


def _row(person: Person, framing: Framing | None, out: Path | None) -> BgrBytes:
    cells = [_cell(person.photo, person.name)]
    for style in drawn_locally():
        data = person.drawn(style, framing)
        if out is not None:
            (out / f"{person.name}.{style}.png").write_bytes(data)
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None  # ours
        cells.append(_cell(np.asarray(picture, np.uint8), style))
    return np.hstack(cells)


def _cell(picture: BgrBytes, label: str) -> BgrBytes:
    """The picture, whole, in the middle of a cell, its label above."""
    width, height = CELL
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    cell = np.full((height + _LABEL, width + 4, 3), _PAPER, np.uint8)
    top, left = _LABEL + (height - size[1]) // 2, 2 + (width - size[0]) // 2
    cell[top : top + size[1], left : left + size[0]] = small
    cv2.putText(cell, label, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (60, 60, 60), 1, cv2.LINE_AA)
    return cell


def _write(rows: Sequence[BgrBytes], path: Path) -> None:
    done, data = cv2.imencode(".png", np.vstack(rows))
    assert done, "PNG encoding can't fail on a plain picture"
    path.write_bytes(data.tobytes())
    print(f"  wrote {path.name}", flush=True)
