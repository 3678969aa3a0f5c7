"""A line-up: would the photo pick its own drawing among drawings of other people?

A drawing scores lower with a network that was trained on photos, without being less like. So the question
is not how high, but whether anybody else's drawing scores higher. The others are `decoys.npy`: features of
drawn people who don't exist, made by `python -m tests.gallery decoys` from public-domain photos that were
mixed, bent and recolored. The line is full of the kin of those three people, who so have a hard time here.
"""

from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

FILE = "decoys.npy"


@lru_cache
def decoys() -> NDArray[np.float32]:
    """Embeddings of drawn strangers, (N, 128), each of length 1."""
    with (files(__package__) / FILE).open("rb") as packed:
        vectors = np.load(packed, allow_pickle=False).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def rank_among_decoys(photo: NDArray[np.float32], identity: float) -> int:
    """The place of a drawing among the decoys, by how near they are to the photo: 1 is the nearest of all.

    Args:
        photo: The photo's embedding, (128,), of length 1.
        identity: The cosine between the photo and its drawing.
    """
    return 1 + int((decoys() @ photo > identity).sum())
