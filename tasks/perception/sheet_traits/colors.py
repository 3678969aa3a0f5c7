"""Words for the colors of hair and clothes: of the sheet's own colors, so that profile and drawing agree."""

from dataclasses import replace

import numpy as np

from tasks.perception.analysis import Lab, Reading
from tasks.perception.character_sheet import FACE_PIXELS, CharacterSheet, FaceClass
from tasks.perception.color_words import CLOTHES, GRAY_HAIR, nearest_word
from tasks.perception.lab import color_difference
from tasks.perception.traits.age import apparent_years
from tasks.perception.traits.hair import hair_word
from tasks.perception.traits.light import Light, light_of

_SURE = 0.6  # a pixel of this probability is of its class
_MUCH_HAIR, _LEAST_HAIR = 0.25, 0.02  # square face heights: surely enough of it; hardly any
_UNDER_HEADWEAR = 0.12  # the same beside headwear, where cloth is taken for hair
_GRAYS = 45.0  # apparent years
_LEAST_CLOTH = 0.15  # square face heights
_LIKE_SKIN = 14.0  # CIEDE2000 up to which a second color is a hand or a throat
_GRAY, _WHITE_FROM = 8.0, 83.0  # a and b, L*: cloth that is white in a little shade
_SHADES = ("white", "light grey", "grey")


def hair_color(sheet: CharacterSheet) -> tuple[Reading, Lab | None]:
    """The word and the color; unknown of bald heads, under headwear and in black-and-white photos.

    What grows gray is taken from its lit parts, as the analysis measures them: in its shade it looks blond.
    """
    analysis, traits, color = sheet.analysis, sheet.traits, sheet.colors.hair
    if color is None or analysis.monochrome or traits.hair_length.value == "bald or shaved":
        return Reading(), None
    area = float((sheet.classes[FaceClass.HAIR] > _SURE).sum()) / FACE_PIXELS**2
    if area < (_LEAST_HAIR if traits.headwear.value in (None, "none") else _UNDER_HEADWEAR):
        return Reading(), None
    age = apparent_years(analysis.year_chances)
    if age and age[0] > _GRAYS and analysis.traits.hair_colour.value in GRAY_HAIR:
        return analysis.traits.hair_colour, analysis.colors.hair
    light = light_of(analysis.image)
    word = light.trusted(hair_word(light.judged(color), age[0] if age else None))
    return replace(word, confidence=word.confidence * min(1.0, area / _MUCH_HAIR + 0.3)), color


def clothes_color_words(sheet: CharacterSheet) -> Reading:
    """One color or two; unknown where too little cloth is seen, and in black-and-white photos."""
    area = float((sheet.classes[FaceClass.CLOTH] > _SURE).sum()) / FACE_PIXELS**2
    if sheet.analysis.monochrome or area < _LEAST_CLOTH or not sheet.colors.clothes:
        return Reading()
    light = light_of(sheet.analysis.image)
    first, *others = (lab for lab, _ in sheet.colors.clothes)
    said = [cloth_word(light, lab) for lab in (first, *_unlike_skin(others, sheet.colors.skin))]
    names = list(dict.fromkeys(str(each.value) for each in said))
    if names[0] in _SHADES and "white" in names:  # the folds of a white shirt may be most of it
        names = ["white", *(name for name in names if name not in _SHADES)]
    apart = names[:1] + [name for name in names[1:] if name.split()[-1] != names[0].split()[-1]]
    return Reading(" and ".join(apart[:2]), said[0].confidence)  # "dark blue" beside "blue" is its shade


def cloth_word(light: Light, lab: Lab) -> Reading:
    """The word for one color of cloth in this light."""
    judged = light.judged(lab)
    word = light.trusted(nearest_word(judged, CLOTHES))
    if word.value in _SHADES and judged[0] >= _WHITE_FROM and np.hypot(judged[1], judged[2]) < _GRAY:
        return replace(word, value="white")
    return word


def _unlike_skin(colors: list[Lab], skin: Lab) -> list[Lab]:
    return [lab for lab in colors if float(color_difference(lab, skin)) > _LIKE_SKIN]
