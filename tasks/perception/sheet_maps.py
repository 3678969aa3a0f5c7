"""The parser's maps made the photo's own: with its edges, of one person, and with hands and arms."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BoolMask, Mask
from tasks.perception.character_sheet import FaceClass
from tasks.perception.matting import clip_mask, guided_filter

Classes = NDArray[np.float32]  # (19, H, W), as `CharacterSheet` has them

# Classes whose outline is the photo's own: the network's cells are coarser than strands and seams.
_EDGED = tuple(map(int, (FaceClass.HAIR, FaceClass.HAT, FaceClass.CLOTH)))
_EDGE_RADIUS, _EDGE_TOLERANCE = 7, 2e-3  # map pixels; variance of lightness 0..1
_LEAST_LEFT = 0.1
_OTHERS = tuple(each for each in range(len(FaceClass)) if each not in _EDGED)
_PEOPLE = tuple(each for each in range(len(FaceClass)) if each != FaceClass.BACKGROUND)
_HEAD = tuple(each for each in _PEOPLE if each not in (FaceClass.CLOTH, FaceClass.NECK, FaceClass.NECKLACE))
_BARE = (FaceClass.SKIN, FaceClass.NOSE, FaceClass.NECK, FaceClass.RIGHT_EAR, FaceClass.LEFT_EAR)
_WORN = (FaceClass.CLOTH, FaceClass.HAIR, FaceClass.HAT, FaceClass.GLASSES)
# The matte is soft and the parser guesses far from the face: between these it is half believed.
_NOBODY, _SOMEBODY = 0.12, 0.5
# Cloth of the skin's color is cloth: below the first the parser sees none, from the second on it is believed.
_BARELY_WORN, _WORN_THERE = 0.2, 0.5
_SURE, _SURER = 0.6, 0.85  # of the parser about a head, where the matte sees nobody


def _ramp(values: Mask, low: float, high: float) -> Mask:
    return np.asarray(np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1), np.float32)


def _seen(classes: Classes, which: Iterable[int]) -> list[int]:
    """Those of the classes that are anywhere: most photos lack a third of them."""
    return [index for index in which if classes[index].any()]


def _sum(classes: Classes, which: Iterable[int]) -> Mask:
    """(H, W), the summed probability of some classes."""
    total = np.zeros(classes.shape[1:], np.float32)
    for index in _seen(classes, which):
        total += classes[index]
    return total


def give_edges(classes: Classes, lightness: Mask) -> None:
    """Move the outlines of hair, hats and clothes to the photo's; the other classes share what is left.

    Args:
        classes: Changed in place.
        lightness: (H, W), 0..1.
    """
    before, edges = _sum(classes, _EDGED), _seen(classes, _EDGED)
    for index in edges:
        if classes[index].max() > 0.1:
            edged = guided_filter(lightness, classes[index], _EDGE_RADIUS, _EDGE_TOLERANCE)
            classes[index] = clip_mask(edged)
    after = _sum(classes, _EDGED)
    crowded = np.maximum(after, 1)
    left = np.clip(1 - after, 0, 1)
    # What a class has given up goes to its neighbours; where it had all to itself, there are none.
    share = left / np.maximum(1 - before, _LEAST_LEFT)
    for index in edges:
        classes[index] /= crowded
    for index in _seen(classes, _OTHERS):
        classes[index] *= share
    classes[FaceClass.BACKGROUND] += np.maximum(left - _sum(classes, _OTHERS), 0)


def keep_own(classes: Classes, person: Mask, face: BoolMask, *, alone: bool) -> None:
    """Give to the background what belongs to nobody, or to somebody else.

    Args:
        classes: Changed in place.
        person: (H, W), the matte of this person. Cheek to cheek with another it may have holes in the face.
        face: (H, W), the inside of the face's outline: this person's, whatever the matte says.
        alone: Nobody else is in the photo: then the parser may know of hair where the matte does not.
    """
    own = np.maximum(_ramp(person, _NOBODY, _SOMEBODY), face.astype(np.float32))
    head = np.maximum(own, _ramp(_sum(classes, _HEAD), _SURE, _SURER)) if alone else own
    for index in _seen(classes, _PEOPLE):
        classes[index] *= head if index in _HEAD else own
    classes[FaceClass.BACKGROUND] = clip_mask(1 - _sum(classes, _PEOPLE))


def person_of(classes: Classes, person: Mask) -> Mask:
    """(H, W): the matte, with the parts of the head that it lacks and the parser is sure of."""
    return np.maximum(person, _ramp(_sum(classes, _HEAD), _SURE, _SURER))


def skin_of(classes: Classes, by_color: Mask) -> Mask:
    """Skin of face and neck by the parser, of hands and arms by its color where the parser sees no cloth."""
    parsed, worn = _sum(classes, _BARE), _sum(classes, _WORN)
    return clip_mask(np.maximum(parsed, by_color * (1 - _ramp(worn, _BARELY_WORN, _WORN_THERE))))
