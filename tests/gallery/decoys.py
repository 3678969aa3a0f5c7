"""The drawn strangers that a drawing is lined up with: drawn, reduced to their features, thrown away."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.design.compose import design_character
from tasks.design.shapes import Framing
from tasks.perception.analyze import analyze
from tasks.perception.faces import detect_faces
from tasks.perception.identity import embedding
from tasks.perception.likeness import decoys
from tasks.perception.measure_sheet import measure_sheet
from tasks.styles.drawing import draw_design
from tasks.styles.packs import drawn_locally
from tests.gallery.strangers import Source, source, stranger

SOURCES = Path(__file__).resolve().parents[1] / "photos"
PUBLIC_DOMAIN = ("obama.jpg", "biden.jpg", "astronaut.jpg")
STRANGERS = 72  # each in two styles


def make_decoys(file: Path | None = None, processes: int | None = None) -> int:
    """Draw every stranger in two styles and write their features, (N, 128) float16.

    As many at a time as there are processors, unless `processes` says how many.
    """
    vectors: list[NDArray[np.float32]] = []
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for number, found in enumerate(pool.map(_features_of, range(STRANGERS)), 1):
            vectors += found
            print(f"{number} of {STRANGERS} strangers drawn", flush=True)
    target = file or Path(decoys.__file__).parent / decoys.FILE
    with target.open("wb") as out:
        np.save(out, np.asarray(vectors, np.float16), allow_pickle=False)
    print(f"{len(vectors)} decoys in {target.name}")
    return 0


@cache
def _sources() -> list[Source]:
    return [source(np.asarray(cv2.imread(str(SOURCES / name)), np.uint8)) for name in PUBLIC_DOMAIN]


def _features_of(number: int) -> list[NDArray[np.float32]]:
    """The features, (128,) each, of one stranger as two styles draw them."""
    analysis = analyze(stranger(_sources(), number))
    design = design_character(measure_sheet(analysis), Framing.PORTRAIT, number)
    vectors = []
    for style in _two_of(drawn_locally(), number):
        picture = draw_design(design, style, number, {}).sheet
        faces = detect_faces(picture)
        if faces:
            vectors.append(embedding(picture, faces[0]))
    return vectors


def _two_of(styles: Sequence[str], number: int) -> tuple[str, str]:
    """Every pair of neighbors in turn."""
    return styles[number % len(styles)], styles[(number + 1) % len(styles)]
