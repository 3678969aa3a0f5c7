"""The local vision provider: a photo in, a profile in the schema of every provider out."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from tasks.noun_phrases import GARMENTS, NECKLINES, do_not_change
from tasks.perception.analysis import Lab, PersonAnalysis, Reading
from tasks.perception.character_sheet import CharacterSheet
from tasks.perception.lab import hex_of_lab
from tasks.perception.measure_sheet import sheet_of_photo
from tasks.perception.sheet_traits.colors import cloth_word, clothes_color_words, hair_color
from tasks.perception.traits.light import light_of
from tasks.profile import CHOOSE_SKIN, Attributes, Profile, Swatch, Trait
from tasks.providers.protocols import Photo, VisionAnswer, nothing_to_check

# Below this a word is a guess, and the profile says unknown.
MIN_CONFIDENCE = 0.3
# Median lightness of the skin's picture below which colors can't be trusted, whoever it is.
_DIM = 30.0
_TURNED = 0.5


def _trait(reading: Reading, color: Lab | None = None) -> Trait:
    confidence = round(min(1.0, max(0.0, reading.confidence)), 2)
    if reading.value is None or confidence < MIN_CONFIDENCE:
        return Trait(value=None, confidence=confidence)
    return Trait(
        value=reading.value, confidence=confidence, hex=hex_of_lab(color) if color is not None else None
    )


def _named(reading: Reading, words: Mapping[str, str]) -> Reading:
    """A reading in the profile's word for it; unknown where it has none."""
    return replace(reading, value=next((word for word, own in words.items() if own == reading.value), None))


def _attributes(sheet: CharacterSheet) -> Attributes:
    """The words: of shapes, hair and clothes as the sheet has them, so that profile and drawing agree."""
    analysis, seen = sheet.analysis, sheet.traits
    traits, colors = analysis.traits, analysis.colors
    clothes = sheet.colors.clothes[0][0] if sheet.colors.clothes else None
    return Attributes(
        hair_colour=_trait(*hair_color(sheet)),
        hair_length=_trait(seen.hair_length),
        eyes=_trait(Reading() if seen.glasses.value == "sunglasses" else traits.eyes, colors.eyes),
        skin=_trait(traits.skin, colors.skin),
        clothes=_trait(clothes_color_words(sheet), clothes),
        glasses=_trait(seen.glasses),
        facial_hair=_trait(seen.facial_hair),
        face_shape=_trait(traits.face_shape),
        age_band=_trait(seen.age_band),
        expression=_trait(seen.expression),
        headwear=_trait(seen.headwear, None if analysis.monochrome else sheet.colors.headwear),
        hair_texture=_trait(seen.hair_texture),
        glasses_shape=_trait(seen.rims),
        clothes_pattern=_trait(seen.pattern),
        garment=_trait(_named(seen.garment, GARMENTS)),
        neckline=_trait(_named(seen.neckline, NECKLINES)),
        sleeves=_trait(seen.sleeves),
    )


def _palette(sheet: CharacterSheet, known: Attributes) -> list[Swatch]:
    """The measured colors, of the parts whose color is known; those of clothes in the sheet's order."""
    colors, own, light = sheet.analysis.colors, sheet.colors, light_of(sheet.analysis.image)
    swatches = []
    if known.skin.value:
        swatches.append(Swatch(part="skin", name=known.skin.value, hex=hex_of_lab(colors.skin)))
    if known.hair_colour.value and known.hair_colour.hex:
        swatches.append(Swatch(part="hair", name=known.hair_colour.value, hex=known.hair_colour.hex))
    if known.eyes.value and colors.eyes:
        swatches.append(Swatch(part="eyes", name=known.eyes.value, hex=hex_of_lab(colors.eyes)))
    for lab, share in own.clothes if known.clothes.value else ():
        name = cloth_word(light, lab).value or "unknown"
        swatches.append(Swatch(part="clothes", name=name, hex=hex_of_lab(lab), share=round(share, 2)))
    return swatches


def _notes(analysis: PersonAnalysis, known: Attributes) -> list[str]:
    notes = []
    if analysis.monochrome:
        notes.append("The photo is black and white: its colours say nothing.")
    elif analysis.exposure < _DIM:
        notes.append("The face is dark in the photo: its colours may be lighter in truth.")
    elif known.skin.value is None:
        notes.append(CHOOSE_SKIN)
    if abs(analysis.yaw) > _TURNED:
        notes.append("The face is turned to the side: its shape can't be told for sure.")
    if analysis.face_count > 1:
        notes.append(f"There are {analysis.face_count} people in the photo: this is the largest one.")
    if known.glasses.value == "sunglasses":
        notes.append("The eyes are hidden by sunglasses.")
    return notes


def profile_of(sheet: CharacterSheet) -> Profile:
    """The profile of a measured person. What isn't seen clearly is unknown, not guessed."""
    analysis, attributes = sheet.analysis, _attributes(sheet)
    return Profile(
        attributes=attributes,
        palette=_palette(sheet, attributes),
        do_not_change=do_not_change(attributes),
        monochrome=analysis.monochrome,
        notes=_notes(analysis, attributes),
    )


class LocalVision:
    """Looks at a photo on this machine: free, offline, the same answer every time."""

    name = "local"
    model = "local-vision-4"
    charges = False
    answer_seconds = 600.0  # on a slow machine under load
    earlier_models = ("local-vision-3", "local-vision-2", "local-vision-1")

    def estimate_microusd(self, photo: Photo) -> int:
        """0: this machine looks free of charge."""
        return 0

    def describe(
        self, photo: Photo, call_id: str = "", last_check: Callable[[], None] = nothing_to_check
    ) -> VisionAnswer:
        """The profile of the photo's main person. Raises `PhotoRefused` or `ModelsMissing`."""
        return VisionAnswer(profile=profile_of(sheet_of_photo(photo)), model=self.model)
