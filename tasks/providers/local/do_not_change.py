"""What makes this person this person: the phrases that every picture must keep."""

from tasks.profile import Attributes


def _hair(known: Attributes) -> str | None:
    length, color = known.hair_length.value, known.hair_colour.value
    if length == "bald or shaved":
        return "bald or shaved head"
    words = [word for word in (length, color) if word]
    return " ".join([*words, "hair"]) if words else None


def do_not_change(known: Attributes) -> list[str]:
    """Short noun phrases for what is known, most telling first; nothing for what is unknown.

    A black-and-white photo has no known colors, so none are kept.
    """
    phrases = [
        _hair(known),
        f"{known.skin.value} skin" if known.skin.value else None,
        f"{known.eyes.value} eyes" if known.eyes.value else None,
        known.glasses.value if known.glasses.value not in (None, "none") else None,
        known.facial_hair.value if known.facial_hair.value not in (None, "none") else None,
        f"{known.face_shape.value} face" if known.face_shape.value else None,
        f"{known.clothes.value} clothes" if known.clothes.value else None,
    ]
    return [phrase for phrase in phrases if phrase]
