"""From a character sheet to a character design: the parts, called in the order in which they are painted."""

from collections.abc import Callable
from dataclasses import replace

from tasks.design.body.figure import bust, full_body
from tasks.design.head.beard import beard
from tasks.design.head.brows import brows
from tasks.design.head.context import HeadContext
from tasks.design.head.ears import ears_before, ears_behind
from tasks.design.head.eyes import eyes
from tasks.design.head.eyewear import eyewear, eyewear_behind
from tasks.design.head.hair import hair
from tasks.design.head.hair_back import hair_back
from tasks.design.head.hand import hand_before_mouth
from tasks.design.head.headwear import headwear, headwear_back
from tasks.design.head.mouth import mouth
from tasks.design.head.nose import nose
from tasks.design.head.proportions import in_proportion, proportions
from tasks.design.head.skull import head
from tasks.design.head.tones import tones
from tasks.design.shapes import CharacterDesign, Framing, Shape
from tasks.perception.analysis import Lab, Reading
from tasks.perception.character_sheet import CharacterSheet

Part = Callable[[HeadContext], list[Shape]]

# Back to front. A part that has nothing to draw of this person gives an empty list.
BEHIND: tuple[Part, ...] = (headwear_back, hair_back)  # behind the body: the back of headwear and hair
FACE: tuple[Part, ...] = (ears_behind, eyewear_behind, head, ears_before, tones, brows, eyes, nose, mouth)
WORN: tuple[Part, ...] = (beard, eyewear, hair, headwear)  # beard, glasses, front hair, headwear
BEFORE: tuple[Part, ...] = (hand_before_mouth,)  # before the face

_COLORFUL = 8.0  # chroma from which clothes have a hue that can be answered
_ACCENT = (80.0, 16.0)  # lightness and chroma of what surrounds the person
_CALM_ACCENT: Lab = (80.0, -12.0, -6.0)  # beside clothes without a hue


def design_character(sheet: CharacterSheet, framing: Framing, seed: int) -> CharacterDesign:
    """One person as shapes. Deterministic: the same sheet, framing and seed give the same design.

    Args:
        sheet: What was measured of the photo; it is not changed.
        framing: A bust, or a whole figure.
        seed: Chooses the pose, and the small irregularities of a hand that draws.

    Raises:
        Nothing by itself: what a sheet does not know is left out or drawn as usual.
    """
    if framing is Framing.FULL_BODY:  # whose hands are where its pose has them
        sheet = replace(sheet, traits=replace(sheet.traits, mouth=Reading("shown", 1.0)))
    context = HeadContext(sheet, seed)
    how = proportions(context)

    def drawn(parts: tuple[Part, ...]) -> list[Shape]:
        return in_proportion([shape for part in parts for shape in part(context)], how)

    below = full_body if framing is Framing.FULL_BODY else bust
    body = below(sheet, context.skin, seed)
    back, head_and_hair = [*body.behind, *drawn(BEHIND)], [*drawn(FACE), *drawn(WORN)]
    return CharacterDesign(
        shapes=(*back, *body.trunk, *head_and_hair, *body.front, *drawn(BEFORE)),
        framing=framing,
        pose=body.pose,
        skin=context.skin,
        accent=_accent(sheet),
        feet=body.feet,
    )


def _accent(sheet: CharacterSheet) -> Lab:
    """The hue across from that of the clothes, pale."""
    if not sheet.colors.clothes:
        return _CALM_ACCENT
    (_, a, b), _ = sheet.colors.clothes[0]
    chroma = (a * a + b * b) ** 0.5
    if chroma < _COLORFUL:
        return _CALM_ACCENT
    lightness, pale = _ACCENT
    return lightness, -pale * a / chroma, -pale * b / chroma
