"""The prompt, as the vendors' own guides advise: every input by number and role, then labelled lines from the
background to the subject, the details and the constraints; what must stay is said in every request.
"""

from dataclasses import dataclass

from tasks.design.shapes import Framing
from tasks.profile import Profile
from tasks.styles.pack import StylePack
from tasks.styles.packs import style_pack, style_packs
from tasks.styles.plain_words import neutralize
from tasks.styles.subject import absent_of, details_of, keep_list, known, signature_of

TEMPLATE_VERSION = "prompt-3"
# What pictures were bought with before. Another wording alone buys nothing again (`tasks.standing_work`).
EARLIER_TEMPLATES = ("prompt-2", "prompt-1")

_FRAMED = {
    Framing.PORTRAIT: "head and shoulders, the whole head inside the picture",
    Framing.FULL_BODY: "full body visible, feet included, on the ground, nothing cropped; a head as large as "
    "in a picture book, a build that fits the apparent age; what the photo does not show is drawn to match",
}
_SAME_PERSON = (
    "It must stay recognisably the same person, at the same apparent age, with the same skin tone: neither "
    "lighter nor darker."
)
_NEVER = ("text", "watermark", "signature", "frame", "other people", "bare shoulders")


@dataclass(frozen=True)
class CharacterPrompt:
    """A finished prompt and what it was made of."""

    text: str
    style: str
    style_version: str
    template_version: str
    invariants: tuple[str, ...]


def build_character_prompt(
    profile: Profile,
    style: str | StylePack,
    framing: Framing = Framing.PORTRAIT,
    reference_style: str | None = None,
) -> CharacterPrompt:
    """The prompt for `profile` in `style`: every do-not-change phrase becomes a "Keep …" line.

    `reference_style` is the style of the approved drawing that goes along as the second picture, None where
    there is none. Raises UsageError naming the styles that there are when `style` is none of them. The name
    of the person is not part of it: a picture does not need it, and no provider gets it.
    """
    pack = style if isinstance(style, StylePack) else style_pack(style)
    told, unsaid = keep_list(profile)
    lines = [
        *_input_lines(pack, reference_style),
        f"Task: redraw the person of image 1 as {_medium(pack, framing)}. Change the medium and the "
        "surroundings only.",
        f"Style: {pack.token}.",
        f"Background: {pack.prompt.background}. Light: {pack.prompt.light}.",
        _subject_line(profile, framing),
        _details_line(profile),
        _palette_line(profile, pack),
        _signature_line(profile),
        _SAME_PERSON,
        *(f"Keep {phrase}." for phrase in (*told, *unsaid)),
        "Constraints: fully clothed as in image 1, friendly, suitable for a children's book.",
        _exclusion_line(profile, pack),
    ]
    return CharacterPrompt(
        text="\n".join(line for line in lines if line),
        style=pack.name,
        style_version=pack.version,
        template_version=TEMPLATE_VERSION,
        invariants=told,
    )


def _input_lines(pack: StylePack, reference_style: str | None) -> list[str]:
    lines = [
        "Image 1: a photo of the person to draw. It says who this is and what is worn; it is no model for "
        "light or medium."
    ]
    if reference_style == pack.name:
        lines.append(
            "Image 2: the approved drawing of this person in this very style. Same character, same hand: "
            "take the design of head, hair and clothes from it, and the style; not its pose."
        )
    elif reference_style is not None:
        other = style_packs().get(reference_style)
        label = f" ({other.label})" if other else ""
        lines.append(
            f"Image 2: the approved drawing of this person, in another style{label}. Take the design of "
            "head, hair and clothes from it; the style is the one named below, not that of image 2."
        )
    return lines


def _medium(pack: StylePack, framing: Framing) -> str:
    return pack.prompt.figure if framing is Framing.FULL_BODY and pack.prompt.figure else pack.prompt.medium


def _subject_line(profile: Profile, framing: Framing) -> str:
    seen = profile.attributes
    age, shape, expression = known(seen.age_band), known(seen.face_shape), known(seen.expression)
    parts = [
        "one person only",
        f"apparent age: {age}" if age else "",
        f"face: {shape}" if shape else "",
        f"expression: {expression}" if expression else "",
        _FRAMED[framing],
    ]
    return f"Subject: {'; '.join(part for part in parts if part)}."


def _details_line(profile: Profile) -> str:
    told = [f"{part}: {phrase}" for part, phrase in details_of(profile.attributes).items()]
    return f"Details: {'; '.join(told)}." if told else ""


def _signature_line(profile: Profile) -> str:
    signature = signature_of(profile)
    return f"Signature detail, the same in every picture: {signature}." if signature else ""


def _palette_line(profile: Profile, pack: StylePack) -> str:
    if profile.monochrome:
        return "Palette: the photo is black and white: choose natural, muted colors."
    colors = [
        f"{swatch.part} {swatch.hex} ({name})"
        if (name := neutralize(swatch.name))
        else f"{swatch.part} {swatch.hex}"
        for swatch in profile.palette
    ]
    headwear = profile.attributes.headwear
    if headwear.hex and details_of(profile.attributes).get("headwear"):
        colors.append(f"headwear {headwear.hex}")
    return f"Palette: {', '.join(colors)}; {pack.palette.treatment}." if colors else ""


def _exclusion_line(profile: Profile, pack: StylePack) -> str:
    never = ", ".join(f"no {each}" for each in (*_NEVER, *absent_of(profile.attributes)))
    return f"Exclude: {never}. Avoid {', '.join(pack.prompt.avoid)}."
