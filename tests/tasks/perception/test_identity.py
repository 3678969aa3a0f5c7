"""The same face is the same face, and strangers are strangers."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.perception.faces import detect_faces
from tasks.perception.identity import cosine, embedding
from tests.tasks.perception.changed import gray, in_light, turned, with_glasses

Image = NDArray[np.uint8]
Portrait = Callable[[str], Image]


def identity(image: Image) -> NDArray[np.float32]:
    return embedding(image, detect_faces(image)[0])


def test_an_embedding_is_a_unit_vector(portrait: Portrait) -> None:
    vector = identity(portrait("astronaut"))
    assert vector.shape == (128,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert cosine(vector, vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("change", "least"),
    [
        (lambda image: turned(image, 20), 0.85),
        (lambda image: np.ascontiguousarray(image[:, ::-1]), 0.75),
        (gray, 0.7),
        (lambda image: in_light(image, 0.3), 0.7),
        (with_glasses, 0.45),
    ],
    ids=["turned", "mirrored", "grey", "dim", "glasses"],
)
def test_the_same_person_stays_the_same(
    portrait: Portrait, change: Callable[[Image], Image], least: float
) -> None:
    for name in ("astronaut", "obama", "biden"):
        assert cosine(identity(portrait(name)), identity(change(portrait(name)))) > least


def test_strangers_are_far_apart(portrait: Portrait) -> None:
    astronaut, obama, biden = (identity(portrait(name)) for name in ("astronaut", "obama", "biden"))
    assert max(cosine(astronaut, obama), cosine(astronaut, biden), cosine(obama, biden)) < 0.3
