"""The photos of a folder, and what the local engine draws of them. Nothing is kept or sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tasks.arrays import BgrBytes
from tasks.design.compose import design_character
from tasks.design.shapes import Framing
from tasks.errors import StorykinError
from tasks.perception.analysis import PersonAnalysis
from tasks.perception.analyze import analyze
from tasks.perception.character_sheet import CharacterSheet
from tasks.perception.measure_sheet import measure_sheet
from tasks.styles.drawing import draw, draw_design

ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True)
class Person:
    """One photo of the folder, looked at."""

    name: str
    data: bytes  # the photo's file
    photo: BgrBytes
    analysis: PersonAnalysis
    sheet: CharacterSheet

    def drawn(self, style: str, framing: Framing | None = None) -> bytes:
        """The picture in a style, seed 0, a PNG: as the local engine draws it, or from a design so framed."""
        if framing is None:
            return draw(self.analysis, style, 0, {})
        sheet = draw_design(design_character(self.sheet, framing, 0), style, 0, {}).sheet
        done, data = cv2.imencode(".png", sheet)
        assert done, "PNG encoding can't fail on a plain picture"
        return data.tobytes()


def people(folder: Path) -> Iterator[Person]:
    """Everybody in `folder`, by file name; a photo that can't be drawn from is told and left out."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    for number, path in enumerate(files, 1):
        print(f"{number} of {len(files)}: {path.name}", flush=True)
        data = path.read_bytes()
        photo = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        if photo is None:
            print("  left out: no picture that OpenCV knows")
            continue
        image = np.asarray(photo, np.uint8)
        try:
            analysis = analyze(image)
            yield Person(path.stem, data, image, analysis, measure_sheet(analysis))
        except StorykinError as error:
            print(f"  left out: {error.sentence}")
