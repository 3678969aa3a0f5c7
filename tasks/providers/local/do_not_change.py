"""What makes this person this person: the phrases that every picture must keep."""

from tasks.profile import Attributes, Trait

_PATTERNS = {"stripes": "striped", "checks": "checked", "print": "printed"}


def _worn(trait: Trait) -> str | None:
    """What is worn or grown; None for "none" and for unknown."""
    return trait.value if trait.value not in (None, "none") else None


def _words(*words: str | None) -> str:
    return " ".join(word for word in words if word)


def _hair(known: Attributes) -> str | None:
    length = known.hair_length.value
    if length == "bald or shaved":
        return "bald or shaved head"
    words = _words(length, known.hair_texture.value, known.hair_colour.value)
    return f"{words} hair" if words else None


def _glasses(known: Attributes) -> str | None:
    glasses = _worn(known.glasses)
    return _words(known.glasses_shape.value, glasses) if glasses else None


def _clothes(known: Attributes) -> str | None:
    words = _words(known.clothes.value, _PATTERNS.get(known.clothes_pattern.value or ""))
    return f"{words} clothes" if words else None


def do_not_change(known: Attributes) -> list[str]:
    """Short noun phrases for what is known, most telling first; nothing for what is unknown.

    A black-and-white photo has no known colors, so none are kept.
    """
    phrases = [
        _worn(known.headwear),
        _hair(known),
        f"{known.skin.value} skin" if known.skin.value else None,
        f"{known.eyes.value} eyes" if known.eyes.value else None,
        _glasses(known),
        _worn(known.facial_hair),
        f"{known.face_shape.value} face" if known.face_shape.value else None,
        _clothes(known),
    ]
    return [phrase for phrase in phrases if phrase]
