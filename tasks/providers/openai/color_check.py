"""The model's claim beside the pixels: colours are measured here, and a disagreement is said, not hidden."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from db.log import Log
from tasks.perception.analysis import Lab, PersonAnalysis
from tasks.perception.analyze import analyze_photo
from tasks.perception.color_words import CLOTHES, HAIR, SKIN
from tasks.perception.lab import color_difference, hex_of_lab, lab_of_pixels
from tasks.profile import Attributes, Profile, Swatch, Trait
from tasks.providers.local.vision import MIN_CONFIDENCE
from tasks.providers.protocols import Photo

log = Log("color_check")

UNMEASURED = "The colours are as the model says: this machine could not measure them."


@dataclass(frozen=True)
class _Part:
    trait: str
    swatch: Literal["skin", "hair", "clothes"]
    words: Mapping[str, Lab]
    plain: float  # CIEDE2000 from which on two colours are told apart as words, not as shades


# Hair and cloth have light and shadow in them, so they differ from one sample to the next more than skin.
_PARTS = (
    _Part("skin", "skin", SKIN, 12.0),
    _Part("hair_colour", "hair", HAIR, 16.0),
    _Part("clothes", "clothes", CLOTHES, 22.0),
)


def check_colors(profile: Profile, photo: Photo) -> Profile:
    """`compare_with_pixels` on the photo itself. A photo that can't be measured leaves a note, and whatever
    goes wrong here raises nothing: the answer is paid for.
    """
    try:
        return compare_with_pixels(profile, analyze_photo(photo))
    except Exception as error:
        log.error("colours not measured", error=error)
        return profile.model_copy(update={"notes": [*profile.notes, UNMEASURED]})


def compare_with_pixels(profile: Profile, analysis: PersonAnalysis) -> Profile:
    """Skin, hair and clothes as measured beside what the model says. The measured hex wins in the palette
    and in the attribute; the model's words stay, with a note where the pixels say otherwise.
    """
    if analysis.monochrome:
        return _without_colors(profile)
    attributes, palette, said = profile.attributes, list(profile.palette), []
    for part in _PARTS:
        measured = _measured(part, analysis)
        if not measured:
            continue
        trait: Trait = getattr(attributes, part.trait)
        sentence = _disagreement(part, trait, palette, measured, analysis)
        if sentence:
            said.append(sentence)
        palette = _with_measured(part, palette, measured, differs=bool(sentence))
        if trait.value is not None:
            hexed = trait.model_copy(update={"hex": hex_of_lab(measured[0][0])})
            attributes = attributes.model_copy(update={part.trait: hexed})
    return _updated(profile, attributes, palette, said)


def _measured(part: _Part, analysis: PersonAnalysis) -> list[tuple[Lab, float]]:
    """The part's colours and shares, largest first; nothing where the measurement is a guess."""
    if getattr(analysis.traits, part.trait).confidence < MIN_CONFIDENCE:
        return []
    if part.swatch == "clothes":
        return list(analysis.colors.clothes)
    lab = analysis.colors.skin if part.swatch == "skin" else analysis.colors.hair
    return [(lab, 1.0)] if lab is not None else []


def _disagreement(
    part: _Part,
    trait: Trait,
    palette: list[Swatch],
    measured: list[tuple[Lab, float]],
    analysis: PersonAnalysis,
) -> str:
    """A sentence when every colour claimed for the part is plainly another than every measured one."""
    claimed = _claimed(part, trait, palette)
    gaps = [float(color_difference(one, other)) for one in claimed for other, _ in measured]
    if not gaps or min(gaps) <= part.plain:
        return ""
    word = getattr(analysis.traits, part.trait).value or "another colour"
    claim = trait.value or "another colour"
    return (
        f"The model says {part.swatch}: {claim}; the pixels say {word} ({hex_of_lab(measured[0][0])}). "
        "Please look."
    )


def _claimed(part: _Part, trait: Trait, palette: list[Swatch]) -> list[Lab]:
    """The colours that the model gives the part: in hex, or else by a word that we know."""
    hexes = [trait.hex] if trait.hex else []
    hexes += [each.hex for each in palette if each.part == part.swatch]
    if hexes:
        return [_lab_of_hex(each) for each in hexes]
    known = part.words.get((trait.value or "").lower())
    return [known] if known else []


def _with_measured(
    part: _Part, palette: list[Swatch], measured: list[tuple[Lab, float]], *, differs: bool
) -> list[Swatch]:
    """The palette with this part's swatches measured, each named as the model names the nearest one."""
    others = [each for each in palette if each.part != part.swatch]
    own = [each for each in palette if each.part == part.swatch]
    fresh = [
        Swatch(
            part=part.swatch,
            name=_name(part, lab, own, differs=differs),
            hex=hex_of_lab(lab),
            share=round(min(share, 1.0), 2),
        )
        for lab, share in measured
    ]
    return [*fresh, *others]


def _name(part: _Part, lab: Lab, own: list[Swatch], *, differs: bool) -> str:
    gaps = {each.name: float(color_difference(lab, _lab_of_hex(each.hex))) for each in own}
    near = min(gaps, key=lambda name: gaps[name], default="")
    if not differs and near and gaps[near] <= part.plain:
        return near
    words = {word: float(color_difference(lab, known)) for word, known in part.words.items()}
    return min(words, key=lambda word: words[word])


def _without_colors(profile: Profile) -> Profile:
    said = []
    if not profile.monochrome:
        said.append("The model names colours, but the photo is black and white: they are not used.")
    kept = profile.model_copy(update={"monochrome": True, "palette": []})
    return _updated(kept, kept.attributes, [], said)


def _updated(profile: Profile, attributes: Attributes, palette: list[Swatch], said: list[str]) -> Profile:
    return profile.model_copy(
        update={"attributes": attributes, "palette": palette, "notes": [*profile.notes, *said]}
    )


def _lab_of_hex(hexed: str) -> Lab:
    red, green, blue = bytes.fromhex(hexed.removeprefix("#"))
    lightness, a, b = lab_of_pixels(np.array([[blue, green, red]], np.uint8))[0]
    return float(lightness), float(a), float(b)
