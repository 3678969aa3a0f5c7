"""The prompt: the style's words, the person's colors, and everything that must not change."""

import re
import unicodedata
from dataclasses import dataclass

from tasks.design.shapes import Framing
from tasks.profile import Profile, Trait
from tasks.styles.pack import StylePack
from tasks.styles.packs import style_pack

TEMPLATE_VERSION = "prompt-1"
SURE_ENOUGH = 0.3  # below this a trait is a guess, and a guess is not asked for
LONGEST_PHRASE = 80  # characters

_FRAMED = {
    Framing.PORTRAIT: "head and shoulders",
    Framing.FULL_BODY: "full body visible, feet included",
}

_SENTENCE_END = re.compile(r"[.!?;:\n\r|]+")
_ADDRESS = re.compile(r"\S*://\S*|\bwww\.\S*", re.IGNORECASE)
_NOT_PLAIN = re.compile(r"[^\w\s,'’()/&+-]", re.UNICODE)
# Words that speak to a model rather than describe a person: a sentence that has one is dropped whole.
_SPEAKS_TO_THE_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|instead|instructions?|prompts?|system|assistant|developer"
    r"|jailbreak|pretend|respond|reply|output|reveal|https?|www|nude|naked|nsfw|undress\w*)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CharacterPrompt:
    """A finished prompt and what it was made of."""

    text: str
    style: str
    style_version: str
    template_version: str
    invariants: tuple[str, ...]


def neutralize(phrase: str) -> str:
    """`phrase` as a plain noun phrase, or "" if nothing in it is a description.

    Profiles hold free text from people and models. Only letters, digits and mild punctuation survive, on
    one line, at most 80 characters; a sentence that addresses the model is dropped, its neighbours stay.
    """
    flat = unicodedata.normalize("NFKC", phrase)
    visible = "".join(mark for mark in flat if mark.isspace() or unicodedata.category(mark)[0] != "C")
    sentences = (
        " ".join(_NOT_PLAIN.sub(" ", each).split())
        for each in _SENTENCE_END.split(_ADDRESS.sub(".", visible))
    )
    kept = [each for each in sentences if each and not _SPEAKS_TO_THE_MODEL.search(each)]
    return ", ".join(kept)[:LONGEST_PHRASE].strip(" ,-/&+")


def build_character_prompt(
    profile: Profile, style: str | StylePack, framing: Framing = Framing.PORTRAIT
) -> CharacterPrompt:
    """The prompt for `profile` in `style`: every do-not-change phrase becomes a "keep …" line.

    Raises UsageError naming the styles that there are when `style` is none of them. The name of the person is
    not part of it: a picture does not need it, and no provider gets it.
    """
    pack = style if isinstance(style, StylePack) else style_pack(style)
    kept = tuple(dict.fromkeys(filter(None, map(neutralize, profile.do_not_change))))
    lines = [
        f"Redraw the person in the photo as {pack.prompt.medium}.",
        f"Style: {pack.token}.",
        _person_line(profile),
        "It must stay recognisably the same person, at the same apparent age, with the same skin tone.",
        *(f"Keep {phrase}." for phrase in kept),
        _palette_line(profile, pack),
        f"Light: {pack.prompt.light}. Background: {pack.prompt.background}.",
        f"One person only, {_FRAMED[framing]}, fully clothed, friendly, suitable for a children's book.",
        f"Avoid {', '.join((*pack.prompt.avoid, 'text', 'watermarks', 'extra people'))}.",
    ]
    return CharacterPrompt(
        text="\n".join(line for line in lines if line),
        style=pack.name,
        style_version=pack.version,
        template_version=TEMPLATE_VERSION,
        invariants=kept,
    )


def _known(trait: Trait) -> str:
    if trait.value is None or trait.confidence < SURE_ENOUGH:
        return ""
    return neutralize(trait.value)


def _person_line(profile: Profile) -> str:
    seen = profile.attributes
    age, shape, expression = _known(seen.age_band), _known(seen.face_shape), _known(seen.expression)
    parts = [
        f"apparent age: {age}" if age else "",
        f"face: {shape}" if shape else "",
        f"expression: {expression}" if expression else "",
    ]
    said = "; ".join(part for part in parts if part)
    return f"Person: {said}." if said else ""


def _palette_line(profile: Profile, pack: StylePack) -> str:
    if profile.monochrome:
        return "The photo is black and white: choose natural, muted colors."
    colors = [
        f"{swatch.part} {swatch.hex} ({name})"
        if (name := neutralize(swatch.name))
        else f"{swatch.part} {swatch.hex}"
        for swatch in profile.palette
    ]
    return f"Palette: {', '.join(colors)}; {pack.palette.treatment}." if colors else ""
