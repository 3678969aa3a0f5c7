"""What a person says is worn or grown, put into the maps of a sheet, or taken out of them."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tasks.arrays import Mask
from tasks.design.corrected_hair import LOWEST, hair_to_add, hair_to_cut
from tasks.design.corrected_mouth import with_expression
from tasks.design.corrections import Corrections
from tasks.design.geometry import ellipse, fill, grown
from tasks.design.head.context import HeadContext
from tasks.face_mesh import FOREHEAD, NOSE_BRIDGE
from tasks.perception.analysis import Lab, Reading
from tasks.perception.character_sheet import CharacterSheet, FaceClass

_BEARDS = ("none", "stubble", "moustache", "goatee", "beard")
_ON_THE_CROWN = ("cap", "hat", "beanie", "helmet", "turban")
_AROUND_THE_HEAD = ("veil", "hood")
_NEW_HEADWEAR: Lab = (38.0, 4.0, -24.0)  # where no color was said
_LENS = (17.0, 13.0)  # half of a lens, head units: wide, tall
_LENS_ROUND = 14.5
_LENS_MIDDLE = 1.5  # head units below the eye's middle
_VOLUME = 10.0  # head units that hair stands off a skull, on both sides together
_HAT_VOLUME = 15.0  # that headwear does
_RIM = 14.0  # head units below the mesh's forehead, to where a cap sits
_CLOTH_AROUND = 26.0  # head units that a veil lies around a head, on both sides together
_LEAST_WORN = 0.02  # of a map: headwear that is seen


def with_parts(sheet: CharacterSheet, wanted: Corrections) -> CharacterSheet:
    """The sheet with hair, mouth, glasses, headwear and beard as they were corrected to."""
    length = wanted.word("hair_length")
    if length == "bald or shaved":
        sheet = _bald(sheet)
    elif length in LOWEST:
        sheet = _with_length(sheet, length)
    expression = wanted.word("expression")
    if expression is not None:
        sheet = with_expression(sheet, expression)
    headwear = wanted.word("headwear")
    if headwear == "none":
        sheet = _bareheaded(sheet)
    elif headwear in (*_ON_THE_CROWN, *_AROUND_THE_HEAD):
        sheet = _hatted(sheet, headwear, wanted.color("headwear"))
    glasses = wanted.word("glasses")
    if glasses == "none":
        sheet = _replaced(sheet, sheet.share(FaceClass.GLASSES), FaceClass.SKIN, sheet.colors.skin)
    elif glasses in ("glasses", "sunglasses"):
        sheet = _with_glasses(sheet, dark=glasses == "sunglasses", shape=wanted.word("glasses_shape"))
    words = {"glasses": glasses, "rims": wanted.word("glasses_shape"), "headwear": headwear}
    beard = wanted.word("facial_hair")
    if beard in _BEARDS:
        words["facial_hair"] = beard
    told = {name: Reading(word, 1.0) for name, word in words.items() if word is not None}
    return replace(sheet, traits=replace(sheet.traits, **told))


def _bald(sheet: CharacterSheet) -> CharacterSheet:
    head = HeadContext(sheet, 0).cranium
    if not _is_hatted(sheet):  # what the parser takes for a little of a hat is hair
        classes = sheet.classes.copy()
        classes[FaceClass.HAIR] += classes[FaceClass.HAT]
        classes[FaceClass.HAT] = 0
        sheet = replace(sheet, classes=classes)
    hair = sheet.share(FaceClass.HAIR)
    sheet = _without_hair(_replaced(sheet, hair * head, FaceClass.SKIN, sheet.colors.skin))
    words = {"hair_length": "bald or shaved", "hairline": "bald"}
    told = {name: Reading(word, 1.0) for name, word in words.items()}
    return replace(sheet, traits=replace(sheet.traits, **told))


def _with_length(sheet: CharacterSheet, length: str) -> CharacterSheet:
    """Hair of that length, in its own color; the fringe and the crown stay as they are seen."""
    skin = sheet.colors.skin
    color = sheet.colors.hair or (max(12.0, skin[0] - 38.0), 4.0, 8.0)
    added = hair_to_add(sheet, length)
    sheet = _without_hair(sheet, hair_to_cut(sheet, length))
    sheet = _replaced(sheet, added, FaceClass.HAIR, color)
    person = np.asarray(np.maximum(sheet.person, added), np.float32)
    told = replace(sheet.traits, hair_length=Reading(length, 1.0))
    return replace(sheet, person=person, traits=told, colors=replace(sheet.colors, hair=color))


def _without_hair(sheet: CharacterSheet, where: Mask | None = None) -> CharacterSheet:
    """The sheet without any hair, however unsure, or without that in `where`: background is there instead."""
    hair = sheet.share(FaceClass.HAIR)
    gone = hair if where is None else np.asarray(hair * (where > 0.5), np.float32)
    classes = sheet.classes.copy()
    classes[FaceClass.HAIR] -= gone
    classes[FaceClass.BACKGROUND] += gone
    return replace(sheet, classes=classes)


def _bareheaded(sheet: CharacterSheet) -> CharacterSheet:
    """What was headwear is hair where a head has hair, in the hair's color; the rest of it is gone."""
    context = HeadContext(sheet, 0)
    above = context.height_map < context.height_of(FOREHEAD) + _RIM / 2
    hat = sheet.share(FaceClass.HAT)
    skin = sheet.colors.skin
    hair = sheet.colors.hair or (max(12.0, skin[0] - 38.0), 4.0, 8.0)
    sheet = _replaced(sheet, hat * grown(context.cranium, _VOLUME) * above, FaceClass.HAIR, hair)
    sheet = _replaced(sheet, sheet.share(FaceClass.HAT) * context.oval, FaceClass.SKIN, skin)
    return _replaced(sheet, sheet.share(FaceClass.HAT), FaceClass.BACKGROUND)


def _hatted(sheet: CharacterSheet, kind: str, color: Lab | None) -> CharacterSheet:
    """A sheet that shows headwear where a head wears it, unless it does so already."""
    if _is_hatted(sheet):
        return sheet
    context = HeadContext(sheet, 0)
    above = context.height_map < context.height_of(FOREHEAD) + _RIM
    on_head = grown(context.cranium, _HAT_VOLUME) * above
    over = above.astype(np.float32)
    if kind in _AROUND_THE_HEAD:
        around = grown(np.maximum(context.oval, context.cranium), _CLOTH_AROUND)
        beside = (context.height_map > context.height_of(NOSE_BRIDGE)) & (context.height_map < 38)
        hanging = beside & (np.abs(context.side_map) < 0.62 * context.width)
        open_face = context.oval * (context.height_map > context.height_of(FOREHEAD) + _RIM / 2)
        on_head = np.maximum(around, hanging) * (1 - open_face)
        over = 1 - open_face
    sheet = _without_hair(sheet, np.asarray(over, np.float32))
    new = _replaced(sheet, np.asarray(on_head, np.float32), FaceClass.HAT, color or _NEW_HEADWEAR)
    return replace(new, person=np.maximum(new.person, np.asarray(on_head, np.float32)))


def _is_hatted(sheet: CharacterSheet) -> bool:
    return bool((sheet.share(FaceClass.HAT) > 0.5).mean() > _LEAST_WORN)


def _with_glasses(sheet: CharacterSheet, *, dark: bool, shape: str | None) -> CharacterSheet:
    """Lenses before the eyes, unless some are seen; clear ones show the skin behind them."""
    seen = sheet.share(FaceClass.GLASSES)
    if (seen > 0.5).any():
        clear = seen * (0 if dark else 1)
        return _replaced(sheet, np.asarray(clear, np.float32), FaceClass.GLASSES, sheet.colors.skin)
    context = HeadContext(sheet, 0)
    wide, tall = (_LENS_ROUND, _LENS_ROUND) if shape == "round" else _LENS
    loops = [
        ellipse(eye.mean(0) + context.down * _LENS_MIDDLE, wide, tall, angle=sheet.tilt)
        for eye in sheet.eye_contours
    ]
    return _replaced(sheet, np.maximum(fill(loops[0]), fill(loops[1])), FaceClass.GLASSES)


def _replaced(
    sheet: CharacterSheet, where: Mask, kind: FaceClass, color: Lab | None = None
) -> CharacterSheet:
    """The sheet with `kind`, in `color` or as the photo is, where `where` says, 0 to 1."""
    classes: NDArray[np.float32] = np.asarray(sheet.classes * (1 - where), np.float32)
    classes[kind] += where * sheet.inside
    if color is None:
        return replace(sheet, classes=classes)
    lab = sheet.lab * (1 - where[..., None]) + where[..., None] * np.asarray(color, np.float32)
    return replace(sheet, classes=classes, lab=np.asarray(lab, np.float32))
