"""The designed character behind the pictures of a photo: worked out once, shared by its styles."""

from collections.abc import Mapping
from typing import Any

from tasks.design.compose import design_character
from tasks.design.shapes import CharacterDesign, Framing
from tasks.perception.measure_sheet import sheet_of_photo
from tasks.perception.shared_results import SharedResults
from tasks.providers.protocols import Photo
from tasks.seeds import design_seed

_FRAMING = "framing"


class _DesignKey:
    """A design is told from others by its photo's digest, its framing and its seed."""

    def __init__(self, photo: Photo, framing: Framing, seed: int) -> None:
        self.photo, self.framing, self.seed = photo, framing, seed
        self._identity = (photo.sha256, framing, seed)

    def __hash__(self) -> int:
        return hash(self._identity)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _DesignKey) and other._identity == self._identity


def _design(key: _DesignKey) -> CharacterDesign:
    return design_character(sheet_of_photo(key.photo), key.framing, key.seed)


_designs = SharedResults(_design, keep=4)


def design_of_photo(photo: Photo, style: str, seed: int, parameters: Mapping[str, Any]) -> CharacterDesign:
    """The design that a picture of the photo shows, by the picture's own style, seed and parameters.

    Raises:
        PhotoRefused: The photo shows nobody.
        ModelsMissing: The weights are not there.
    """
    return _designs.get(_DesignKey(photo, framing_of(parameters), design_seed(photo.sha256, style, seed)))


def framing_of(parameters: Mapping[str, Any]) -> Framing:
    """The framing that a picture's parameters name; a portrait if none."""
    return Framing(parameters.get(_FRAMING, Framing.PORTRAIT))
