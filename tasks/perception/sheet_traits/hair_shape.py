"""How long hair is, where it begins above the forehead, and whether it falls over it."""

import numpy as np

from tasks.perception.analysis import Reading
from tasks.perception.character_sheet import FaceClass
from tasks.perception.sheet_traits.hair_mask import Hair
from tasks.perception.sheet_traits.head_frame import UNKNOWN, HeadFrame, dilated, mean_in

# y of the lowest hair, and how far around such a limit nothing is said.
_SHORT, _CHIN, _SHOULDER = -24.0, 12.0, 62.0
_UNSURE = 4.0
# Square face heights. Shaved heads have none; cropped hair against the light is seen in part.
_VERY_SHORT, _SEEN_IN_PART, _BALD = 0.17, 0.06, 0.03
_LIES_ON = -8.0  # y from which hair that ends on clothes lies on the shoulders
_CUT = 0.3  # of the lowest hair at the photo's edge: it goes on
_BUN_Y, _BUN = -150.0, 1.8  # above this no skull reaches; half widths of the face: coils stand off wider
# Square face heights: cropped hair has less. More of it that ends above the earlobes either stands off the
# head (half widths of the face, between two heights), or falls over the forehead, or is tied back.
_CROPPED, _EARLOBES = 0.26, -50.0
_STANDS_OFF, _TEMPLES = 1.35, (-105.0, -70.0)
# Half widths of the face, and y: where hair that is tied behind the neck comes to light; the share seen.
_BESIDE_NECK, _BELOW_EARS, _SEEN = (1.0, 1.5), (-45.0, 5.0), 0.6
_GOES_ON = 12.0  # head units: hair so far below the rest belongs to it, though an arm or a strap lies between
_LIE_ON_OWN = 0.5  # of the lowest hair, on this person's clothes
_FEWEST = 150  # map pixels
_COLUMNS = (-24, -12, 0, 12, 24)  # x at which the forehead is climbed
_STEP = 4
# Where hair begins above the chin, and how deep it is there.
_FULL, _HIGH, _THIN, _DEEP = 118.0, 120.0, 18.0, 20.0
_FRINGE, _NO_FRINGE = 97.0, 104.0
_SIDEWAYS = 0.7  # yaw
_SHIFT = -6.0  # of the columns in a turned head, per yaw


def _lowest(frame: HeadFrame, hair: Hair) -> float:
    sides = (hair.mask & (frame.x < 0), hair.mask & (frame.x >= 0))
    lows = [float(np.percentile(frame.y[side], 99)) for side in sides if side.sum() > 50]
    return max(lows, default=-100.0)


def _is_cut(frame: HeadFrame, hair: Hair, lowest: float) -> bool:
    """Whether the hair leaves the photo where it is lowest."""
    ends = hair.mask & (frame.y > lowest - 8)
    return mean_in(dilated(~frame.inside, 3).astype(np.float32), ends) > _CUT


def _has_bun(frame: HeadFrame, hair: Hair) -> bool:
    high = hair.mask & (frame.y < _BUN_Y)
    if high.sum() < 150:
        return False
    left, right = np.percentile(frame.x[high], [2, 98])
    return float(right - left) < _BUN * frame.half_width


def _stands_off(frame: HeadFrame, hair: Hair) -> bool:
    """Whether hair is thick on both sides of the head: what is tied back lies close."""
    top, bottom = _TEMPLES
    band = hair.mask & (frame.y > top) & (frame.y < bottom)
    if band.sum() < _FEWEST:
        return False
    left, right = np.percentile(frame.x[band], [2, 98])
    return bool(min(-left, right) > _STANDS_OFF * frame.half_width)


def _may_be_tied_back(frame: HeadFrame, hair: Hair, lowest: float) -> bool:
    """Whether there is more hair than a short cut has, and it is not seen where it ends."""
    if hair.area < _CROPPED:
        return False
    near, far = (side * frame.half_width for side in _BESIDE_NECK)
    top, bottom = _BELOW_EARS
    shown = frame.inside.astype(np.float32)
    for left, right in ((-far, -near), (near, far)):
        beside = (frame.x > left) & (frame.x < right) & (frame.y > top) & (frame.y < bottom)
        if mean_in(shown, np.asarray(beside)) < _SEEN:
            return True
    if lowest > _EARLOBES or _stands_off(frame, hair):
        return False
    return read_fringe(frame, hair, covered=False).value != "fringe"


def _goes_on(frame: HeadFrame, lowest: float) -> bool:
    """Whether hair of this person is seen farther down, parted from the rest by an arm or by clothes."""
    below = frame.is_class(FaceClass.HAIR) & (frame.y > lowest + _GOES_ON)
    return bool((below & (np.abs(frame.x) < 2 * frame.half_width)).sum() > _FEWEST)


def read_length(frame: HeadFrame, hair: Hair, *, covered: bool) -> Reading:
    """A word for the length; unknown where its ends are not seen.

    Those are hidden where it is put up, tied back or covered, and where it goes on behind an arm or beyond
    the photo.
    """
    lowest = _lowest(frame, hair)
    if hair.area < _SEEN_IN_PART and not covered:
        return _hardly_any(frame) if hair.area < _BALD else UNKNOWN
    if any(abs(lowest - limit) < _UNSURE for limit in (_SHORT, _CHIN, _SHOULDER)):
        return UNKNOWN
    if lowest > _SHORT:
        return _fallen(frame, hair, lowest)
    if covered or _has_bun(frame, hair) or _may_be_tied_back(frame, hair, lowest):
        return UNKNOWN
    return Reading("very short" if hair.area < _VERY_SHORT else "short", 0.7)


def _fallen(frame: HeadFrame, hair: Hair, lowest: float) -> Reading:
    """The length of hair that falls below the mouth."""
    if lowest > _SHOULDER:
        return Reading("long", 0.8)
    if _is_cut(frame, hair, lowest) or _goes_on(frame, lowest):
        return UNKNOWN
    ends = hair.mask & (frame.y > lowest - 10)
    on_clothes = dilated(frame.is_class(FaceClass.CLOTH), 4) & ends
    if frame.sheet.analysis.face_count > 1 and on_clothes.sum() < _LIE_ON_OWN * ends.sum():
        return UNKNOWN  # somebody else may be before it
    if lowest > _CHIN:
        return Reading("shoulder-length", 0.7)
    falls_on = on_clothes.sum() > 30 and lowest > _LIES_ON
    return Reading("shoulder-length" if falls_on else "chin-length", 0.6)


def _hardly_any(frame: HeadFrame) -> Reading:
    """Bald or shaved when skin is seen where hair would be; unknown when the photo ends below it."""
    crown = frame.box(-25, -118, 25, -104)
    if crown.sum() < 800 or mean_in(frame.sheet.share(FaceClass.SKIN), crown) < 0.5:
        return UNKNOWN
    return Reading("bald or shaved", 0.7)


def _climb(frame: HeadFrame, hair: Hair) -> list[tuple[float | None, float | None]]:
    """For each column of the forehead where hair begins and where it ends, units above the chin."""
    climbs = []
    hairs = hair.mask.astype(np.float32)
    for column in _COLUMNS:
        x = column + _SHIFT * frame.sheet.yaw
        shares = frame.column(hairs, x, -164, -60, _STEP)[::-1]
        there = [share > 0.5 for share in shares]
        starts = [index for index in range(len(there) - 1) if there[index] and there[index + 1]]
        ends = [index for index, share in enumerate(there) if share]
        climbs.append(
            (
                60.0 + _STEP * starts[0] if starts else None,
                60.0 + _STEP * (ends[-1] + 1) if ends else None,
            )
        )
    return climbs


def _seen_to_the_top(frame: HeadFrame) -> bool:
    crown = (np.abs(frame.x) < 25) & (frame.y < -116) & (frame.y > -130)
    return mean_in(frame.inside.astype(np.float32), np.asarray(crown)) > 0.9


def read_hairline(frame: HeadFrame, hair: Hair, *, covered: bool) -> Reading:
    """Full, receding or bald; unknown where it is covered, cut off, or in between."""
    if covered or abs(frame.sheet.yaw) > _SIDEWAYS or not hair.any:
        return UNKNOWN
    climbs = _climb(frame, hair)
    middle = climbs[1:-1]
    grown = [(begin, end) for begin, end in middle if begin is not None and end is not None]
    if len(grown) == len(middle) and sorted(begin for begin, _ in grown)[1] <= _FULL:
        return Reading("full", 0.7)
    if not _seen_to_the_top(frame):
        return UNKNOWN
    bare = sum(map(_is_bare, [frame] * len(middle), _COLUMNS[1:-1], [end for _, end in middle]))
    if bare == len(middle) and all(end is None for _, end in climbs):
        return Reading("bald", 0.6)
    if bare >= 2 or sum(begin >= _HIGH and end - begin < _THIN for begin, end in grown) >= 2:
        return Reading("receding", 0.6)
    deep = len(grown) == len(middle) and all(end - begin >= _DEEP for begin, end in grown)
    return Reading("full", 0.6) if deep else UNKNOWN


def _is_bare(frame: HeadFrame, column: float, end: float | None) -> bool:
    """Whether skin is seen above the forehead, and no hair."""
    x = column + _SHIFT * frame.sheet.yaw
    return (
        end is None and mean_in(frame.sheet.share(FaceClass.SKIN), frame.box(x - 4, -116, x + 4, -106)) > 0.5
    )


def read_fringe(frame: HeadFrame, hair: Hair, *, covered: bool) -> Reading:
    """Whether hair falls over the forehead, from side to side."""
    if covered or not hair.any or abs(frame.sheet.yaw) > _SIDEWAYS:
        return UNKNOWN
    begins = [begin for begin, _ in _climb(frame, hair)[1:-1]]
    if all(begin is not None and begin <= _FRINGE for begin in begins):
        return Reading("fringe", 0.7)
    if all(begin is None or begin >= _NO_FRINGE for begin in begins):
        return Reading("none", 0.7)
    return UNKNOWN
