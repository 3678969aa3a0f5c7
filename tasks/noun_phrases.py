"""What is known of a person as short noun phrases: "short curly red hair", "square glasses".

Prompts, and the list of what must not change, say the same of the same person.
"""

from collections.abc import Callable, Mapping, Sequence

from tasks.profile import Attributes, Trait

WordOf = Callable[[Trait], str | None]  # None or "" for what is unknown

# The profile's words for clothes, and what the character sheet calls the same.
GARMENTS: Mapping[str, str] = {
    "T-shirt": "t-shirt",
    "shirt": "shirt",
    "sweater": "jumper",
    "hoodie": "hoodie",
    "jacket": "jacket",
    "dress": "dress",
    "top": "top",
}
NECKLINES: Mapping[str, str] = {
    "crew neck": "crew",
    "V-neck": "v",
    "collar": "collar",
    "open collar": "open",
    "turtleneck": "turtleneck",
}
SLEEVES = ("none", "short", "long")

_NONE = "none"
_PATTERNS = {"plain": "", "stripes": "striped", "checks": "checked", "print": "printed"}
_BEFORE_THE_GARMENT = {"crew neck": "crew-neck", "V-neck": "V-neck", "turtleneck": "turtleneck"}
_LONG_BY_NATURE = ("jacket", "hoodie", "sweater")  # their sleeves are long, unless said otherwise
_BARES = ("strapless", "shoulder", "halter")  # necklines that no picture of a child is asked for


def phrases(known: Attributes, word_of: WordOf = lambda trait: trait.value) -> dict[str, str]:
    """Part of a person → phrase, the most telling first; nothing for what is unknown or not worn."""

    def word(trait: Trait) -> str:
        return word_of(trait) or ""

    def worn(trait: Trait) -> str:
        return "" if word(trait) == _NONE else word(trait)

    skin, eyes, face = word(known.skin), word(known.eyes), word(known.face_shape)
    glasses = worn(known.glasses)
    found = {
        "headwear": worn(known.headwear),
        "hair": _hair(word(known.hair_length), word(known.hair_texture), word(known.hair_colour)),
        "skin": skin and f"{skin} skin",
        "eyes": eyes and f"{eyes} eyes",
        "glasses": glasses and _joined(word(known.glasses_shape), glasses),
        "facial hair": worn(known.facial_hair),
        "face": face and f"{face} face",
        "clothes": _clothes(
            word(known.clothes),
            pattern=word(known.clothes_pattern),
            garment=worn(known.garment),
            neckline=worn(known.neckline),
            sleeves=word(known.sleeves),
        ),
    }
    return {part: phrase for part, phrase in found.items() if phrase}


def do_not_change(known: Attributes) -> list[str]:
    """What makes this person this person, most telling first: every picture must keep it.

    A black-and-white photo has no known colors, so none are kept.
    """
    return list(phrases(known).values())


def followed(kept: Sequence[str], before: Attributes, after: Attributes) -> list[str]:
    """What must not change once attributes were corrected: phrases put together of their words say the new
    ones, and go where nothing is known any more. What anybody else has written stays.
    """
    old, new = phrases(before), phrases(after)
    now = {phrase: new.get(part, "") for part, phrase in old.items()}
    return list(dict.fromkeys(phrase for each in kept if (phrase := now.get(each, each))))


def with_article(phrase: str) -> str:
    """ "a red T-shirt", "an orange dress"; "red clothes" as it is."""
    last = phrase.partition(" with ")[0].rpartition(" ")[2]
    if not phrase or (last.endswith("s") and not last.endswith("ss")):
        return phrase
    return f"{'an' if phrase[0].lower() in 'aeiou' else 'a'} {phrase}"


def _hair(length: str, texture: str, color: str) -> str:
    if "bald" in length:
        return f"{length} head"
    words = _joined(length, texture, color)
    return f"{words} hair" if words else ""


def _clothes(color: str, *, pattern: str, garment: str, neckline: str, sleeves: str) -> str:
    """ "red striped crew-neck T-shirt with short sleeves"; a model may name more than the color with it."""
    if any(each in neckline.lower() for each in _BARES):
        neckline = ""
    if not (color or pattern not in ("", "plain") or garment or neckline or sleeves):
        return ""
    neck = _BEFORE_THE_GARMENT.get(neckline, "") if garment not in ("", neckline) else ""
    neckline = "" if neckline == garment else neckline
    details = [] if neck or not neckline else [with_article(neckline)]
    if pattern not in _PATTERNS and pattern:
        details.insert(0, pattern)
    if sleeves not in ("", _NONE) and not (sleeves == "long" and garment in _LONG_BY_NATURE):
        details.append(f"{sleeves.removesuffix(' sleeves')} sleeves")
    bare, named = "sleeveless" if sleeves == _NONE else "", garment or "clothes"
    patterned = _PATTERNS.get(pattern, "")
    look = _joined(color, "" if patterned in color else patterned)
    whole = _joined(bare, neck, look) if named.lower() in look.lower() else _joined(bare, look, neck, named)
    return " with ".join(filter(None, (whole, _listed(details))))


def _listed(details: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(details[:-1]), *details[-1:])))


def _joined(*words: str) -> str:
    return " ".join(filter(None, words))
