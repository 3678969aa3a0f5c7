"""The photos of a folder, and what the local engine draws of them. Nothing is kept or sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tasks.arrays import BgrBytes
from tasks.errors import StorykinError
from tasks.perception.analysis import PersonAnalysis
from tasks.perception.analyze import analyze
from tasks.perception.character_sheet import CharacterSheet
from tasks.perception.measure_sheet import measure_sheet
from tasks.styles.drawing import draw

ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True)
class Person:
    """One photo of the folder, looked at."""

    name: str
    data: bytes  # the photo's file
    photo: BgrBytes
    analysis: PersonAnalysis
    sheet: CharacterSheet

    def drawn(self, style: str) -> bytes:
        """The picture in a style, seed 0: a PNG."""
        return draw(self.analysis, style, 0, {})


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
