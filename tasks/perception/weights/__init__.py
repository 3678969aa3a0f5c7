"""The weights of the local engine: what they are, where they lie, which are missing, how they come here."""

from tasks.perception.weights.fetch import fetch_weights
from tasks.perception.weights.installed import missing_weights, what_is_weaker
from tasks.perception.weights.manifest import WEIGHTS, Distribution, Weight
from tasks.perception.weights.settings import models_dir

__all__ = [
    "WEIGHTS",
    "Distribution",
    "Weight",
    "fetch_weights",
    "missing_weights",
    "models_dir",
    "what_is_weaker",
]
