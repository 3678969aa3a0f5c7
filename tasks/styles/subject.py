"""What a prompt says of the person: noun phrases out of the profile, the same in every style and framing."""

from tasks.profile import Attributes, Profile, Trait
from tasks.styles.plain_words import neutralize

SURE_ENOUGH = 0.3  # below this a trait is a guess, and a guess is not asked for
NONE = "none"


def known(trait: Trait) -> str:
    """The trait's word, "" where it is unknown or a guess."""
    if trait.value is None or trait.confidence < SURE_ENOUGH:
        return ""
    return neutralize(trait.value)


def details_of(seen: Attributes) -> dict[str, str]:
    """What is worn and how the hair is, by part: "glasses" → "round glasses". Only what is known."""
    found = {
        "headwear": _worn(seen.headwear),
        "hair": _hair(seen),
        "glasses": _joined(known(seen.glasses_shape), _worn(seen.glasses)) if _worn(seen.glasses) else "",
        "facial hair": _worn(seen.facial_hair),
        "clothes": _clothes(seen),
        "eyes": known(seen.eyes),
    }
    return {part: phrase for part, phrase in found.items() if phrase}


def keep_list(profile: Profile) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What must not change: the phrases of the profile itself, and what they leave unsaid of what is worn."""
    told = tuple(dict.fromkeys(filter(None, map(neutralize, profile.do_not_change))))
    details = details_of(profile.attributes)
    worn = (details.get("headwear", ""), details.get("glasses", ""), known(profile.attributes.hair_texture))
    unsaid = [phrase for phrase in worn if phrase and not any(phrase in each for each in told)]
    texture = known(profile.attributes.hair_texture)
    return told, tuple(f"{each} hair" if each == texture else each for each in unsaid)


def signature_of(profile: Profile) -> str:
    """The one thing by which this character is known again, worded the same everywhere; "" for none."""
    told, unsaid = keep_list(profile)
    details = details_of(profile.attributes)
    return next(filter(None, (details.get("headwear"), details.get("glasses"), *told, *unsaid)), "")


def absent_of(seen: Attributes) -> tuple[str, ...]:
    """What the person surely does not wear, and pictures like to add."""
    wears = {"glasses": seen.glasses, "hat or other headwear": seen.headwear}
    return tuple(name for name, trait in wears.items() if known(trait) == NONE)


def _worn(trait: Trait) -> str:
    word = known(trait)
    return "" if word == NONE else word


def _hair(seen: Attributes) -> str:
    length, texture, color = map(known, (seen.hair_length, seen.hair_texture, seen.hair_colour))
    if "bald" in length:
        return f"{length} head"
    words = _joined(length, texture, color)
    return f"{words} hair" if words else ""


def _clothes(seen: Attributes) -> str:
    clothes, pattern = known(seen.clothes), known(seen.clothes_pattern)
    return ", ".join(filter(None, (clothes, "" if pattern == "plain" else pattern)))


def _joined(*words: str) -> str:
    return " ".join(filter(None, words))
