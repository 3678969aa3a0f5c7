"""What one drawing may vary: chance, background, texture. All of it from the seed."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from tasks.arrays import Points
from tasks.renderer.noise import Rng

_SEEDS = 2**63
_Option = TypeVar("_Option")


@dataclass(frozen=True)
class Choices:
    """The choices of one drawing. `rng` is its only source of chance: a painter rolls no other dice."""

    rng: Rng
    scene: int  # which background; taken modulo what a style has
    texture: float  # 0 smooth .. 1.6 rough
    nudge: Points  # relative face size and sideways shift, -1..1

    def again(self) -> "Choices":
        """The same choices, with the same dice not yet rolled any further."""
        return replace(self, rng=deepcopy(self.rng))

    def pick(self, options: tuple[_Option, ...]) -> _Option:
        """The option that this drawing's background means; at least one must be given."""
        return options[self.scene % len(options)]


def choices_of(seed: int, style_number: int, parameters: Mapping[str, Any]) -> Choices:
    """The choices that follow from a seed, always the same.

    Args:
        seed: Any whole number.
        style_number: The style's own number, so that its drawings differ from other styles'.
        parameters: May fix `background` (int) and scale `texture` (float, 1 is usual).
    """
    rng = np.random.default_rng([seed % _SEEDS, style_number])
    nudge = rng.uniform(-1, 1, 2).astype(np.float32)
    texture = float(parameters.get("texture", 1.0)) * float(rng.uniform(0.85, 1.2))
    scene = parameters.get("background", seed)
    return Choices(rng, int(scene) % _SEEDS, float(np.clip(texture, 0, 1.6)), nudge)
