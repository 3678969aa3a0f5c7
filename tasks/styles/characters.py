"""The designed character behind the pictures of a photo: worked out once, shared by its styles."""

from collections.abc import Mapping
from typing import Any

from tasks.design.compose import design_character
from tasks.design.corrected_sheet import corrected_sheet
from tasks.design.corrections import NONE, Corrections
from tasks.design.shapes import CharacterDesign, Framing
from tasks.perception.measure_sheet import sheet_of_photo
from tasks.perception.shared_results import SharedResults
from tasks.providers.protocols import Photo
from tasks.seeds import design_seed

_FRAMING = "framing"


class _DesignKey:
    """A design is told from others by its photo's digest, its framing, its seed and what was corrected."""

    def __init__(self, photo: Photo, framing: Framing, seed: int, wanted: Corrections) -> None:
        self.photo, self.framing, self.seed, self.wanted = photo, framing, seed, wanted
        self._identity = (photo.sha256, framing, seed, wanted)

    def __hash__(self) -> int:
        return hash(self._identity)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _DesignKey) and other._identity == self._identity


def _design(key: _DesignKey) -> CharacterDesign:
    return design_character(corrected_sheet(sheet_of_photo(key.photo), key.wanted), key.framing, key.seed)


_designs = SharedResults(_design, keep=4)


def design_of_photo(
    photo: Photo, style: str, seed: int, parameters: Mapping[str, Any], wanted: Corrections = NONE
) -> CharacterDesign:
    """The design that a picture of the photo shows, by the picture's own style, seed and parameters.

    `wanted` is what a person has corrected of the photo's profile.

    Raises:
        PhotoRefused: The photo shows nobody.
        ModelsMissing: The weights are not there.
    """
    own_seed = design_seed(photo.sha256, style, seed)
    return _designs.get(_DesignKey(photo, framing_of(parameters), own_seed, wanted))


def framing_of(parameters: Mapping[str, Any]) -> Framing:
    """The framing that a picture's parameters name; a portrait if none."""
    return Framing(parameters.get(_FRAMING, Framing.PORTRAIT))
