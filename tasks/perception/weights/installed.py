"""Are the weights here, and are they the right ones?"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from tasks.errors import ModelsMissing, WeightLeftOut
from tasks.perception.weights.manifest import WEIGHTS, Weight
from tasks.perception.weights.settings import Weights, local_engine_settings, models_dir

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


WEAKER = (
    "STORYKIN_WEIGHTS is permissive, so some of the local engine is weaker: hair and clothes are found by "
    "their colors and hats are not seen, ages are not guessed, and whether a picture shows the same face is "
    "not measured."
)


def is_left_out(weight: Weight) -> bool:
    """True for a weight that this installation does not use (STORYKIN_WEIGHTS)."""
    return weight.research_only and local_engine_settings().weights is Weights.PERMISSIVE


def what_is_weaker() -> str | None:
    """A sentence on what the engine does less well without the weights that are left out; None with all."""
    return WEAKER if any(map(is_left_out, WEIGHTS)) else None


def weights_in_use() -> list[Weight]:
    """The manifest's weights without those that are left out."""
    return [weight for weight in WEIGHTS if not is_left_out(weight)]


def missing_weights(weights: Sequence[Weight] | None = None) -> list[Weight]:
    """The weights in use, or those given, that are absent or damaged; in the manifest's order."""
    folder = models_dir()
    weights = weights_in_use() if weights is None else weights
    return [weight for weight in weights if not weight_is_good(weight, folder / weight.name)]


def weight_path(weight: Weight) -> Path:
    """Where a weight lies. Raises `ModelsMissing`: it is absent, damaged or, `WeightLeftOut`, not used."""
    if is_left_out(weight):
        raise WeightLeftOut("STORYKIN_WEIGHTS=permissive leaves out the weights that this needs.")
    path = models_dir() / weight.name
    if not path.is_file():
        raise ModelsMissing(f"The local engine's weights are not here yet. {FETCH_HINT}")
    if not weight_is_good(weight, path):
        raise ModelsMissing(f"A weight file of the local engine is damaged. {FETCH_HINT}")
    return path
