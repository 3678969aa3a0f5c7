"""`python -m tests.support.look_at_design PHOTO… OUT.png`: what is designed of photos, as a contact sheet.

Each photo gives two rows: the photo, the bare design, and the portrait in five styles with one full body.
`--plain` gives one row: the photo, the design in even tones, inked, and as full body.
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
from tasks.perception.analyze import analyze
from tasks.styles.drawing import draw_design
from tasks.styles.packs import drawn_locally

_GROUND = np.array([0.86, 0.90, 0.88], np.float32)
LOOKS = (Look(), Look(outline=1.0))
SHEETS = "tasks.perception.measure_sheet"
SEED = 1
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


def _designs(photo: Path) -> tuple[BgrBytes, dict[Framing, CharacterDesign]]:
    compose, sheets = import_module("tasks.design.compose"), import_module(SHEETS)
    read = cv2.imread(str(photo))
    assert read is not None, photo
    sheet = sheets.measure_sheet(analyze(np.asarray(read, np.uint8)))
    designs = {framing: compose.design_character(sheet, framing, SEED) for framing in Framing}
    return np.asarray(read, np.uint8), designs


def _plain_row(photo: Path) -> list[BgrBytes]:
    read, designs = _designs(photo)
    portraits = [sheet_of(designs[Framing.PORTRAIT], look) for look in LOOKS]
    return [read, *portraits, sheet_of(designs[Framing.FULL_BODY], LOOKS[1])]


def _styled_rows(photo: Path) -> list[BgrBytes]:
    read, designs = _designs(photo)
    portrait, full = designs[Framing.PORTRAIT], designs[Framing.FULL_BODY]
    drawn = [draw_design(portrait, style, SEED, {}).sheet for style in drawn_locally()]
    return [read, sheet_of(portrait), *drawn, draw_design(full, "storybook", SEED, {}).sheet]


def main(photos: list[str], out: str, plain: bool) -> None:
    """Draw every photo's rows; one that fails is told and left out."""
    cv2.setNumThreads(1)
    pictures: list[BgrBytes] = []
    for photo in photos:
        try:
            pictures += (_plain_row if plain else _styled_rows)(Path(photo))
        except Exception:
            print(photo)
            traceback.print_exc()
    cv2.imwrite(out, contact_sheet(pictures, 4))


if __name__ == "__main__":
    given = [each for each in sys.argv[1:] if each != "--plain"]
    main(given[:-1], given[-1], "--plain" in sys.argv)
