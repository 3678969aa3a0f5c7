"""Are the weights here, and are they the right ones?"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from tasks.errors import ModelsMissing
from tasks.perception.weights.manifest import WEIGHTS, Weight
from tasks.perception.weights.settings import models_dir

FETCH_HINT = "Run `storykin models fetch` once, with a network."


@lru_cache(maxsize=64)
def _digest(path: str, size: int, modified_ns: int) -> str:
    # Size and time are arguments so that a replaced file is read again.
    with Path(path).open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def weight_is_good(weight: Weight, path: Path) -> bool:
    """True when the file is there and is, to the byte, the weight that the manifest names."""
    try:
        status = path.stat()
        if status.st_size != weight.size:
            return False
        return _digest(str(path), status.st_size, status.st_mtime_ns) == weight.sha256
    except OSError:
        return False


def missing_weights(weights: Sequence[Weight] = WEIGHTS) -> list[Weight]:
    """The weights that are absent or damaged, in the manifest's order."""
    folder = models_dir()
    return [weight for weight in weights if not weight_is_good(weight, folder / weight.name)]


def weight_path(weight: Weight) -> Path:
    """Where a weight lies. Raises `ModelsMissing` when it is absent or damaged."""
    path = models_dir() / weight.name
    if not path.is_file():
        raise ModelsMissing(f"The local engine's weights are not here yet. {FETCH_HINT}")
    if not weight_is_good(weight, path):
        raise ModelsMissing(f"A weight file of the local engine is damaged. {FETCH_HINT}")
    return path
