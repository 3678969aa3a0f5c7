"""What is offered for each attribute of a profile: words that the engine knows. Any other will do."""

from collections.abc import Mapping

from tasks.noun_phrases import GARMENTS, NECKLINES, SLEEVES
from tasks.perception.color_words import CLOTHES, EYES, HAIR, SKIN
from tasks.perception.lab import hex_of_lab
from tasks.profile import AgeBand

# Attributes that have a colour, with the words for it.
COLORED = {"hair_colour": HAIR, "eyes": EYES, "skin": SKIN, "clothes": CLOTHES, "headwear": {}}
_WORDS: Mapping[str, tuple[str, ...]] = {
    "hair_length": ("bald or shaved", "very short", "short", "chin-length", "shoulder-length", "long"),
    "hair_texture": ("straight", "wavy", "curly", "coily"),
    "clothes_pattern": ("plain", "stripes", "checks", "print"),
    "garment": tuple(GARMENTS),
    "neckline": tuple(NECKLINES),
    "sleeves": SLEEVES,
    "headwear": ("none", "cap", "hat", "beanie", "helmet", "veil", "turban", "hood"),
    "glasses": ("none", "glasses", "sunglasses"),
    "glasses_shape": ("round", "square", "oval", "cat-eye", "rimless"),
    "facial_hair": ("none", "stubble", "moustache", "goatee", "beard"),
    "face_shape": ("round", "oval", "square", "heart", "long"),
    "age_band": tuple(AgeBand),
    "expression": ("neutral", "smiling", "laughing", "serious"),
}


def choices_of(name: str) -> tuple[str, ...]:
    """The words to choose from, most of them known to the engine."""
    return _WORDS.get(name) or tuple(COLORED.get(name, ()))


def swatches_of(name: str) -> tuple[tuple[str, str], ...]:
    """(word, "#rrggbb") of an attribute's colours; none where it has no words for them."""
    return tuple((word, hex_of_lab(lab)) for word, lab in COLORED.get(name, {}).items())


def color_of_word(name: str, word: str) -> str | None:
    """The colour, "#rrggbb", of a known word for a colour of the attribute; None for any other."""
    return dict(swatches_of(name)).get(word)
