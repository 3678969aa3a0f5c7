"""The drawn strangers that a drawing is lined up with: drawn, reduced to their features, thrown away."""

from pathlib import Path

import cv2
import numpy as np

from tasks.perception.analyze import analyze
from tasks.perception.faces import detect_faces
from tasks.perception.identity import embedding
from tasks.perception.likeness import decoys
from tasks.styles.drawing import draw
from tasks.styles.packs import drawn_locally
from tests.gallery.strangers import source, stranger

SOURCES = Path(__file__).resolve().parents[1] / "photos"
PUBLIC_DOMAIN = ("obama.jpg", "biden.jpg", "astronaut.jpg")
STRANGERS = 64  # each in every style


def make_decoys(file: Path | None = None) -> int:
    """Draw every stranger in every style and write their features, (N, 128) float16."""
    photos = [cv2.imread(str(SOURCES / name)) for name in PUBLIC_DOMAIN]
    sources = [source(np.asarray(photo, np.uint8)) for photo in photos]
    vectors = []
    for number in range(STRANGERS):
        analysis = analyze(stranger(sources, number))
        for style in drawn_locally():
            picture = cv2.imdecode(
                np.frombuffer(draw(analysis, style, number, {}), np.uint8), cv2.IMREAD_COLOR
            )
            faces = detect_faces(np.asarray(picture, np.uint8))
            if faces:
                vectors.append(embedding(np.asarray(picture, np.uint8), faces[0]))
        print(f"{number + 1} of {STRANGERS} strangers drawn", flush=True)
    target = file or Path(decoys.__file__).parent / decoys.FILE
    with target.open("wb") as out:
        np.save(out, np.asarray(vectors, np.float16), allow_pickle=False)
    print(f"{len(vectors)} decoys in {target.name}")
    return 0
