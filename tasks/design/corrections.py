"""What a person has corrected of a profile, as changes of the character sheet that it is drawn from.

Only what differs from the profile that a machine saw is a correction: a sheet without any is left as it is,
and what is designed of it stays the same to the bit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from tasks.perception.analysis import Lab
from tasks.perception.color_words import CLOTHES, EYES, HAIR, SKIN
from tasks.profile import Attributes, Profile, Swatch, Trait

# What has a color: the palette's name of it, and the table of its words.
_COLORED: Mapping[str, tuple[str, Mapping[str, Lab]]] = {
    "hair_colour": ("hair", HAIR),
    "eyes": ("eyes", EYES),
    "skin": ("skin", SKIN),
    "clothes": ("clothes", CLOTHES),
    "headwear": ("headwear", CLOTHES),
}


@dataclass(frozen=True)
class Corrections:
    """What is to be otherwise than measured; hashable, and empty where nobody has corrected anything.

    `words` by attribute of a profile; `colors` by part and by which of its colors that is, from 0.
    """

    words: tuple[tuple[str, str], ...] = ()
    colors: tuple[tuple[str, int, Lab], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.colors)

    def word(self, attribute: str) -> str | None:
        """The word that was corrected to; None where it was not."""
        return dict(self.words).get(attribute)

    def color(self, part: str) -> Lab | None:
        """The first color of a part; None where it was not corrected."""
        return next((lab for name, which, lab in self.colors if (name, which) == (part, 0)), None)


NONE = Corrections()


def corrections(seen: Profile, wanted: Profile) -> Corrections:
    """What `wanted` says otherwise than the machine did that saw the photo.

    A feature that was corrected to unknown is drawn as it was measured. A word for a color that comes without
    one, and stands in no table, changes no color.
    """
    colors = dict(_palette_changes(seen.palette, wanted.palette))
    words = []
    for name in Attributes.model_fields:
        was, now = (getattr(each.attributes, name) for each in (seen, wanted))
        if now.value is None:
            continue
        if now.value != was.value:
            words.append((name, now.value))
        if name in _COLORED and (lab := _color(name, was, now)) is not None:
            colors[_COLORED[name][0], 0] = lab
    return Corrections(tuple(words), tuple((*key, lab) for key, lab in sorted(colors.items())))


def _color(name: str, was: Trait, now: Trait) -> Lab | None:
    if now.hex is not None:
        return lab_of_hex(now.hex) if now.hex != was.hex else None
    return _COLORED[name][1].get(now.value or "") if now.value != was.value else None


def _palette_changes(seen: list[Swatch], wanted: list[Swatch]) -> Iterator[tuple[tuple[str, int], Lab]]:
    for part in {each.part for each in wanted}:
        before, after = ([each for each in swatches if each.part == part] for swatches in (seen, wanted))
        for which, swatch in enumerate(after):
            if which < len(before) and before[which].hex != swatch.hex:
                yield (part, which), lab_of_hex(swatch.hex)


def lab_of_hex(color: str) -> Lab:
    """CIE Lab of `#rrggbb`."""
    bgr = np.array([[[int(color[at : at + 2], 16) / 255 for at in (5, 3, 1)]]], np.float32)
    lightness, a, b = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB)[0, 0]
    return float(lightness), float(a), float(b)
