"""`python -m tests.support.look_at_design PHOTO… OUT`: designs as a contact sheet, flat and inked.

Each photo gives a row: the photo, the flat design and the outlined one as portrait, and the full body.
"""

import sys
import traceback
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np

from tasks.arrays import BgrBytes
from tasks.design.shapes import CharacterDesign, Framing
from tasks.media.flats import Look, lay_flats
from tasks.media.place import place_design
from tasks.media.placement import SCREEN

_GROUND = np.array([0.86, 0.90, 0.88], np.float32)
LOOKS = (Look(), Look(outline=1.0))
SHEETS = "tasks.perception.sheets"
CELL = (410, 512)


def sheet_of(design: CharacterDesign, look: Look = LOOKS[0], size: tuple[int, int] = SCREEN) -> BgrBytes:
    """(H, W, 3): the design in even tones on a plain ground."""
    flats = lay_flats(design, place_design(design, *size), look)
    picture = _GROUND + (flats.color - _GROUND) * flats.alpha[..., None]
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def contact_sheet(pictures: list[BgrBytes], columns: int) -> BgrBytes:
    """Pictures side by side, each fitted into a cell."""
    cells = [_fitted(picture) for picture in pictures]
    cells += [np.full((CELL[1], CELL[0], 3), 255, np.uint8)] * (-len(cells) % columns)
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    return np.vstack(rows)


def _fitted(picture: BgrBytes) -> BgrBytes:
    share = min(CELL[0] / picture.shape[1], CELL[1] / picture.shape[0])
    size = (max(1, int(picture.shape[1] * share)), max(1, int(picture.shape[0] * share)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    cell = np.full((CELL[1], CELL[0], 3), 255, np.uint8)
    cell[: size[1], : size[0]] = small
    return cell


def _row(photo: Path) -> list[BgrBytes]:
    design_character = import_module("tasks.design.compose").design_character
    sheet_of_photo = import_module(SHEETS).sheet_of_photo
    read = cv2.imread(str(photo))
    assert read is not None, photo
    row: list[BgrBytes] = [np.asarray(read, np.uint8)]
    sheet = sheet_of_photo(photo.read_bytes())
    portrait = design_character(sheet, Framing.PORTRAIT, 1)
    row += [sheet_of(portrait, look) for look in LOOKS]
    return [*row, sheet_of(design_character(sheet, Framing.FULL_BODY, 1), LOOKS[1])]


def main(photos: list[str], out: str) -> None:
    """Draw every photo's row; one that fails is told and left out."""
    cv2.setNumThreads(1)
    pictures: list[BgrBytes] = []
    for photo in photos:
        try:
            pictures += _row(Path(photo))
        except Exception:
            print(photo)
            traceback.print_exc()
    cv2.imwrite(out, contact_sheet(pictures, 4))


if __name__ == "__main__":
    main(sys.argv[1:-1], sys.argv[-1])
