"""What is different between two versions of a profile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.profile import Profile, Swatch, Trait

LABELS: Mapping[str, str] = {
    "hair_colour": "Hair colour",
    "hair_length": "Hair length",
    "hair_texture": "Hair texture",
    "eyes": "Eyes",
    "skin": "Skin",
    "clothes": "Clothes",
    "clothes_pattern": "Pattern of the clothes",
    "garment": "Kind of clothes",
    "neckline": "Neckline",
    "sleeves": "Sleeves",
    "headwear": "Headwear",
    "glasses": "Glasses",
    "glasses_shape": "Shape of the glasses",
    "facial_hair": "Facial hair",
    "face_shape": "Face shape",
    "age_band": "Apparent age",
    "expression": "Expression",
}


@dataclass(frozen=True)
class Change:
    """One thing that is said otherwise: words for people, "" for nothing said, and its colours."""

    name: str
    label: str
    before: str
    after: str
    before_hex: str | None = None
    after_hex: str | None = None


def differences(before: Profile, after: Profile) -> tuple[Change, ...]:
    """From `before` to `after`, in the order of the table; how sure something is does not count."""
    found = []
    for name, label in LABELS.items():
        was: Trait = getattr(before.attributes, name)
        now: Trait = getattr(after.attributes, name)
        if (was.value, was.hex) != (now.value, now.hex):
            found.append(Change(name, label, was.value or "", now.value or "", was.hex, now.hex))
    if list(before.do_not_change) != list(after.do_not_change):
        found.append(
            Change(
                "do_not_change",
                "Must not change",
                "; ".join(before.do_not_change),
                "; ".join(after.do_not_change),
            )
        )
    if _palette(before.palette) != _palette(after.palette):
        found.append(Change("palette", "Palette", _palette(before.palette), _palette(after.palette)))
    if before.monochrome != after.monochrome:
        black_and_white = {True: "a black-and-white photo", False: "a photo in colour"}
        found.append(
            Change(
                "monochrome", "Photo", black_and_white[before.monochrome], black_and_white[after.monochrome]
            )
        )
    return tuple(found)


def _palette(swatches: Sequence[Swatch]) -> str:
    return ", ".join(f"{each.part} {each.name} {each.hex}" for each in swatches)
