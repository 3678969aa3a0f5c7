"""Who said each thing of a profile: measured from the pixels, told by a model, or by a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from db.models import HUMAN, CharacterProfile
from tasks.profile import Attributes, Trait
from tasks.profile_rows import profile_from_row

MEASURES = "local"  # the provider of vision that measures; the others are models that describe


class Said(StrEnum):
    """By whom."""

    PIXELS = "pixels"
    MODEL = "model"
    HUMAN = "human"


@dataclass(frozen=True)
class Source:
    """Who said it, and in which version it was said first, as it stands."""

    said: Said
    version: int
    by: str | None = None  # the user's id, of a person


def who_said(versions: Sequence[CharacterProfile]) -> Mapping[str, Source]:
    """By attribute, of the first of `versions`, which are newest first and without a gap.

    A version that leaves an attribute as it was says nothing of it: whoever said so before, did.
    """
    told: dict[str, Source] = {}
    newest, *earlier = versions
    for name in Attributes.model_fields:
        said = _trait(newest, name)
        first = newest
        for version in earlier:
            if first.source != HUMAN or _trait(version, name) != said:
                break  # a machine that looks anew says everything anew
            first = version
        told[name] = Source(_said(first.source), first.version, first.corrected_by)
    return told


def _trait(version: CharacterProfile, name: str) -> tuple[str | None, str | None]:
    trait: Trait = getattr(profile_from_row(version).attributes, name)
    return trait.value, trait.hex


def _said(source: str) -> Said:
    if source == HUMAN:
        return Said.HUMAN
    return Said.PIXELS if source == MEASURES else Said.MODEL
