"""A character sheet as a person has corrected it: colors, and what is worn or grown.

The maps of the sheet are changed along with its numbers, as if the photo had been so: what is measured of
them later (the light on the skin, the strands of the hair) agrees with what was said.
"""

from dataclasses import replace

import numpy as np

from tasks.arrays import LabImage, Mask
from tasks.design.corrected_parts import with_parts
from tasks.design.corrections import Corrections
from tasks.design.geometry import median_lab
from tasks.noun_phrases import GARMENTS, NECKLINES
from tasks.perception.analysis import Lab, Reading
from tasks.perception.character_sheet import CharacterSheet, FaceClass

_BARE = (FaceClass.SKIN, FaceClass.NOSE, FaceClass.RIGHT_EAR, FaceClass.LEFT_EAR, FaceClass.NECK)
_LIPS = (FaceClass.UPPER_LIP, FaceClass.LOWER_LIP)
_BROWS = (FaceClass.RIGHT_BROW, FaceClass.LEFT_BROW)
_WITH_HAIR = 0.7  # of the change of the hair's color, which brows and beard take part in
_WITH_SKIN = 0.85  # of the skin's, which lips do
_BROWS_DARKER = 14.0  # L* than skin, at least, where they were darker before
_ONE_CLOTH = 24.0  # Lab: so near to a cloth's color is that cloth
_PRINTED = (3.0, 98.0)  # L*


def corrected_sheet(sheet: CharacterSheet, wanted: Corrections) -> CharacterSheet:
    """The sheet with `wanted` laid over it; the same sheet where nothing is wanted."""
    if not wanted:
        return sheet
    sheet = with_parts(sheet, wanted)
    for part, color_it in (("skin", _skin), ("hair", _hair), ("headwear", _headwear)):
        color = wanted.color(part)
        if color is not None:
            sheet = color_it(sheet, color)
    eyes = wanted.color("eyes")
    if eyes is not None:
        sheet = replace(sheet, colors=replace(sheet.colors, eyes=eyes))
    for part, which, color in wanted.colors:
        if part == "clothes":
            sheet = _cloth(sheet, which, color)
    return replace(sheet, traits=replace(sheet.traits, **_words(wanted)))


def _words(wanted: Corrections) -> dict[str, Reading]:
    """What is said in words alone: parts draw by them."""
    found = {
        "hair_texture": wanted.word("hair_texture"),
        "pattern": wanted.word("clothes_pattern"),
        "age_band": wanted.word("age_band"),
        "garment": GARMENTS.get(wanted.word("garment") or ""),
        "neckline": NECKLINES.get(wanted.word("neckline") or ""),
        "sleeves": wanted.word("sleeves"),
    }
    return {trait: Reading(word, 1.0) for trait, word in found.items() if word is not None}


def _skin(sheet: CharacterSheet, color: Lab) -> CharacterSheet:
    by = np.subtract(color, sheet.colors.skin)
    where = np.clip(np.maximum(sheet.share(*_BARE, *_LIPS), sheet.skin), 0, 1)
    lips = sheet.colors.lips
    colors = replace(sheet.colors, skin=color, lips=None if lips is None else _moved(lips, by * _WITH_SKIN))
    return replace(sheet, colors=colors, lab=shifted(sheet.lab, where, by))


def _brows(sheet: CharacterSheet) -> Lab | None:
    found = median_lab(sheet.lab, sheet.share(*_BROWS) > 0.6, 24)
    return sheet.colors.brows or (None if found is None else _moved((0.0, 0.0, 0.0), found))


def _hair(sheet: CharacterSheet, color: Lab) -> CharacterSheet:
    share, known = sheet.share(FaceClass.HAIR), sheet.colors
    own = median_lab(sheet.lab, share > 0.6)
    before = own if own is not None else known.hair
    if before is None:
        return replace(sheet, colors=replace(known, hair=color))
    by = np.subtract(color, before)
    lab = shifted(shifted(sheet.lab, share, by), sheet.share(*_BROWS), by * _WITH_HAIR)
    along = [
        None if each is None else _moved(each, by * _WITH_HAIR) for each in (known.brows, known.facial_hair)
    ]
    colors = replace(known, hair=color, brows=along[0], facial_hair=along[1])
    return replace(sheet, colors=colors, lab=lab)


def _headwear(sheet: CharacterSheet, color: Lab) -> CharacterSheet:
    share = sheet.share(FaceClass.HAT)
    own = median_lab(sheet.lab, share > 0.6)
    before = own if own is not None else color
    lab = shifted(sheet.lab, share, np.subtract(color, before))
    return replace(sheet, colors=replace(sheet.colors, headwear=color), lab=lab)


def _cloth(sheet: CharacterSheet, which: int, color: Lab) -> CharacterSheet:
    """One of the clothes' colors, and the cloth that has it."""
    known = list(sheet.colors.clothes)
    if which >= len(known):
        added = ((color, 1.0),) if not known else ()
        return replace(sheet, colors=replace(sheet.colors, clothes=(*known, *added)))
    before, share = known[which]
    known[which] = (color, share)
    away = np.linalg.norm(sheet.lab - np.asarray(before, np.float32), axis=-1)
    where = sheet.share(FaceClass.CLOTH) * np.exp(-((away / _ONE_CLOTH) ** 2))
    return replace(
        sheet,
        colors=replace(sheet.colors, clothes=tuple(known)),
        lab=shifted(sheet.lab, np.asarray(where, np.float32), np.subtract(color, before)),
    )


def shifted(lab: LabImage, where: Mask, by: np.ndarray) -> LabImage:
    """A picture with its colors moved by a difference, as far as `where` says, 0 to 1."""
    moved = lab + where[..., None] * np.asarray(by, np.float32)
    moved[..., 0] = np.clip(moved[..., 0], *_PRINTED)
    return np.asarray(moved, np.float32)


def _moved(color: Lab, by: np.ndarray) -> Lab:
    lightness, a, b = np.add(color, by)
    return float(np.clip(lightness, *_PRINTED)), float(a), float(b)
