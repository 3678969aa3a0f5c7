"""What a prompt says of the person: noun phrases out of the profile, the same in every style and framing."""

from tasks.noun_phrases import phrases, with_article
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
    told = phrases(seen, known)
    found = {part: told.get(part, "") for part in ("headwear", "hair", "glasses", "facial hair")}
    found |= {"clothes": with_article(told.get("clothes", "")), "eyes": known(seen.eyes)}
    return {part: phrase for part, phrase in found.items() if phrase}


def keep_list(profile: Profile) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What must not change: the phrases of the profile itself, and what they leave unsaid of what is worn."""
    told = tuple(dict.fromkeys(filter(None, map(neutralize, profile.do_not_change))))
    texture, worn = known(profile.attributes.hair_texture), phrases(profile.attributes, known)
    wanted = [worn.get("headwear"), worn.get("glasses"), texture and f"{texture} hair", worn.get("clothes")]
    return told, tuple(each for each in wanted if each and not _is_told(each, told, texture))


def _is_told(phrase: str, told: tuple[str, ...], texture: str) -> bool:
    """Whether it stands in a phrase; of the hair its texture is enough, whatever else is said of it there."""
    wanted = texture if phrase == f"{texture} hair" else phrase
    return any(wanted in each for each in told)


def signature_of(profile: Profile) -> str:
    """The one thing by which this character is known again, worded the same everywhere; "" for none."""
    told, unsaid = keep_list(profile)
    details = details_of(profile.attributes)
    return next(filter(None, (details.get("headwear"), details.get("glasses"), *told, *unsaid)), "")


def absent_of(seen: Attributes) -> tuple[str, ...]:
    """What the person surely does not wear, and pictures like to add."""
    wears = {"glasses": seen.glasses, "hat or other headwear": seen.headwear}
    return tuple(name for name, trait in wears.items() if known(trait) == NONE)
