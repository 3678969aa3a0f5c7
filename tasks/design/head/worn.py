"""Whose hair and whose hat: the parser's maps, freed of neighbors and background."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tasks.arrays import BoolMask, Mask, Plane
from tasks.design.geometry import (
    area_of,
    blurred,
    disc,
    median_lab,
    parts_of_share,
    parts_touching,
    shrunk,
    smoothstep,
)
from tasks.design.head.cropped import completed, crowned
from tasks.face_mesh import FOREHEAD, NOSE_BRIDGE
from tasks.perception.character_sheet import UNIT, CharacterSheet, FaceClass, unit_grid, units_from_map

if TYPE_CHECKING:  # the context has what is worn, so that its parts may ask for it
    from tasks.design.head.context import HeadContext

LEAST_HAIR = 60.0  # square head units; less is noise of the parser
LEAST_HAT = 250.0  # square head units above the eyes
BRIDGE = 6.0  # head units: own hair hangs together by bridges at least so wide; neighbors' by narrower ones
LEAST_PART = 0.06  # of all hair: smaller parts that hang on nothing are left out
REJOIN = 13.0  # head units around what is kept in which thinner strands stay
MATTE = (0.2, 0.45)  # of the person's matte: from not at all to wholly this person's
SURELY_OWN = 26.0  # head units around the face where the matte is not asked
LARGE_HAT = 1100.0  # so large it is one, however it sits
HAT_WIDE = 0.5  # a hat is at least so wide, of the face's width, where it meets the head
OTHER_FEATURES = 18.0  # square head units of eyes, nose and mouth off this face: a neighbor's, if beside
OTHER_SKIN = 20.0  # so much bare skin
NEIGHBOR = 15.0  # head units off this face
OTHER_LIGHTNESS = 28.0  # L* from the hair above the eyes: more than a shadow on one's own hair takes away
LEAST_STRANGE = 60.0  # square head units of such hair
ON_CHEEK = 5.0  # head units within the face's outline
CHEEKS = -70.0  # head units from the chin: lower than brows, where a fringe ends
ALIKE = 0.3  # |yaw| up to which hair is about as wide on both sides
LEAST_CUT = 6.0  # head units of hair on the photo's edge
LEAST_REACH = 0.56  # of the face's width: so far from the axis hair may always reach
SPARE = 6.0  # head units
BESIDE_MOUTH = -38.0  # head units from the chin: a neighbor's head is lower
FAINTEST = 0.12  # the same where it has the color of hair rather than that of skin
NEARER = 0.7  # of its distance to the skin's color: so near to the hair's
UNLIKE_SKIN = 18.0  # Lab between hair and skin from which color tells them apart
UNDER_RIM = 6.0  # head units above the mesh's forehead: no hair is higher under a hat
CROWN_SIDE = 0.3  # of the face's width beside the axis
LEAST_CROWN = 150.0  # square head units of hair there: a hat that is tipped back
FAINT = 0.27  # of the parser's hair, above the eyes
BLUR = 2.5  # head units
AT_FACE = 14.0  # head units around the face where hair is own, however near a neighbor is
OWN_SIDE = 0.85  # hair is a neighbor's from so much of the way between two faces

_FEATURES = (FaceClass.RIGHT_EYE, FaceClass.LEFT_EYE, FaceClass.NOSE, FaceClass.MOUTH, FaceClass.UPPER_LIP)


@dataclass(frozen=True)
class Worn:
    """What grows and sits on one head, as masks of the sheet's maps."""

    seen_hair: Mask  # HxW, hair within the photo: for measuring
    hair: Mask | None  # HxW, the same made whole where the photo cuts it; None where there is none
    seen_hat: Mask  # HxW, headwear of any kind, within the photo
    hat: Mask | None  # HxW, the same made whole


def measure_worn(context: "HeadContext") -> Worn:
    """The hair and the headwear of the context's person."""
    sheet = context.sheet
    own = _own_part(context)
    near = np.maximum(widened(np.maximum(context.face, context.oval), 7), context.cranium)
    hat = parts_touching(_headwear_seen(context) * own, near, 0.4)
    hat = hat * (context.height_map < 60)
    hatted = _is_hat(context, hat)
    # Where no hat is worn, what the parser took for one is hair.
    hair = sheet.share(FaceClass.HAIR) if hatted else sheet.share(FaceClass.HAIR, FaceClass.HAT)
    hair = _off_the_face(context, _of_one_color(context, _with_faint(context, hair * own)))
    hair = _connected(_no_wider_than_other_side(context, hair), near)
    # What a hat hides is taken away: a tuft above its rim may have been all there was.
    whole = _whole_hair(context, hair, hatted=hatted) if area_of(hair) > LEAST_HAIR else np.zeros_like(own)
    haired = area_of(whole) > LEAST_HAIR
    nothing = np.zeros_like(own)
    return Worn(
        seen_hair=hair if haired else nothing,
        hair=whole if haired else None,
        seen_hat=hat if hatted else nothing,
        hat=completed(hat, context, locks=False) if hatted else None,
    )


def _headwear_seen(context: "HeadContext") -> Mask:
    """HxW, what the parser calls a hat; of a veil or a hood also what it calls clothes above the chin."""
    sheet = context.sheet
    hat = sheet.share(FaceClass.HAT)
    if not context.seen(sheet.traits.headwear, "veil", "hood"):
        return hat
    cloth = sheet.share(FaceClass.CLOTH) * (context.height_map < 0) * (context.oval < 0.5)
    return np.asarray(np.minimum(hat + cloth, 1), np.float32)


def widened(mask: Mask, reach: float) -> Mask:
    """HxW, 1 within `reach` head units of a mask: as dilating by a disc, and quick for large ones."""
    return np.asarray(distance_to(mask) <= reach * UNIT, np.float32)


def distance_to(mask: Mask) -> Plane:
    """HxW, how far a pixel is from a mask, map pixels."""
    outside = (np.asarray(mask) <= 0.5).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, 3), np.float32)


def _is_hat(context: "HeadContext", hat: Mask) -> bool:
    """Whether it is large and, where it meets the head, as wide: else it is a bow or a clip."""
    reading = context.sheet.traits.headwear
    if context.seen(reading, "none"):
        return False
    above = area_of(hat * (context.height_map < context.height_of(NOSE_BRIDGE)))
    head = np.maximum(context.face, context.sheet.share(FaceClass.HAIR)) > 0.5
    touch = (widened(hat, 4) > 0.5) & head & (context.height_map < 0)
    wide = float(np.ptp(context.side_map[touch])) if touch.any() else 0.0
    if reading.value is not None and context.seen(reading, reading.value):
        return above > LEAST_HAT / 2
    return above > LARGE_HAT or (above > LEAST_HAT and wide > HAT_WIDE * context.width)


def _own_part(context: "HeadContext") -> Mask:
    """HxW, 1 where what is seen belongs to this person rather than to a neighbor."""
    sheet, away = context.sheet, distance_to(context.face)
    own = np.maximum(smoothstep(sheet.person, *MATTE), away < SURELY_OWN * UNIT)
    own_away = np.hypot(context.side_map, context.height_map + 50)
    for x0, y0 in _neighbors(sheet, away > NEIGHBOR * UNIT):
        x, y = unit_grid()
        near = (away < AT_FACE * UNIT) | (np.hypot(x - x0, y - y0) > own_away * OWN_SIDE)
        own = own * near
    return np.asarray(own, np.float32)


def _neighbors(sheet: CharacterSheet, off: BoolMask) -> list[tuple[float, float]]:
    """The middles of other faces, head units, among what lies off this one."""
    features = (sheet.share(*_FEATURES) > 0.5) & off
    skin = (sheet.share(FaceClass.SKIN) > 0.5) & off
    count, labels, _, centers = cv2.connectedComponentsWithStats((features | skin).astype(np.uint8))
    seen = np.bincount(labels[features], minlength=count) / UNIT**2 >= OTHER_FEATURES
    seen &= np.bincount(labels[skin], minlength=count) / UNIT**2 >= OTHER_SKIN
    middles = units_from_map(centers[1:][seen[1:]].astype(np.float32))
    return [(float(x), float(y)) for x, y in middles]


def _connected(hair: Mask, near: Mask) -> Mask:
    """Hair that hangs on this head by more than a thread."""
    solid = (hair > 0.5).astype(np.uint8)
    core = cv2.morphologyEx(solid, cv2.MORPH_OPEN, disc(BRIDGE)).astype(np.float32)
    kept = parts_touching(core, near)
    strands = parts_touching(hair * widened(kept, REJOIN), np.maximum(near, kept))
    return parts_of_share(strands, LEAST_PART)


def _whole_hair(context: "HeadContext", hair: Mask, *, hatted: bool) -> Mask:
    """Hair made whole where the photo cuts it; above the rim of a hat there is none."""
    over = context.height_map < context.height_of(FOREHEAD) - UNDER_RIM
    crown = (hair > 0.5) & over & (np.abs(context.side_map) < CROWN_SIDE * context.width)
    if hatted and area_of(crown) < LEAST_CROWN:
        return completed(hair * (1 - over), context)
    return completed(crowned(hair, context), context)


def _with_faint(context: "HeadContext", hair: Mask) -> Mask:
    """Hair, above the eyes where it is half as sure too: thin, white and backlit hair is no surer."""
    upper = context.height_map < context.height_of(NOSE_BRIDGE)
    faint = (hair > FAINT) & upper & (context.sheet.share(FaceClass.SKIN) < hair)
    color = median_lab(context.sheet.lab, hair > 0.6)
    if color is not None and np.linalg.norm(color - np.array(context.skin)) > UNLIKE_SKIN:
        lab = context.sheet.lab
        from_hair = np.linalg.norm(lab - color.astype(np.float32), axis=-1)
        from_skin = np.linalg.norm(lab - np.array(context.skin, np.float32), axis=-1)
        faint |= (hair > FAINTEST) & upper & (context.oval < 0.5) & (from_hair < NEARER * from_skin)
    return np.asarray(np.maximum(hair, np.where(faint, 0.8, 0)), np.float32)


def _off_the_face(context: "HeadContext", hair: Mask) -> Mask:
    """Hair without what lies on cheek and eye: a neighbor's head, or a strand that would hide a likeness."""
    cheeks = (shrunk(context.oval, ON_CHEEK) > 0.5) & (context.height_map > CHEEKS)
    return np.asarray(hair * ~cheeks, np.float32)


def _no_wider_than_other_side(context: "HeadContext", hair: Mask) -> Mask:
    """Where the photo's edge cuts hair beside a face, it reaches no farther than on the side that is whole.

    What is beyond may be a neighbor's head. Of a turned head, the two sides differ.
    """
    if abs(context.sheet.yaw) > ALIKE:
        return hair
    columns = np.where((context.sheet.inside > 0.5).any(0))[0]
    solid = hair > 0.5
    if not len(columns) or not solid.any():
        return hair
    cut = [bool(solid[:, [columns[0] + 2, columns[-1] - 2][k]].sum() > LEAST_CUT * UNIT) for k in (0, 1)]
    cut = [c and edge for c, edge in zip(cut, (columns[0] > 4, columns[-1] < hair.shape[1] - 5), strict=True)]
    if cut[0] == cut[1]:
        return hair
    sign = -1 if cut[0] else 1
    other = context.side_map[solid] * -sign
    reach = max(float(np.percentile(other, 99)), LEAST_REACH * context.width) + SPARE
    return np.asarray(hair * (context.side_map * sign < reach), np.float32)


def _of_one_color(context: "HeadContext", hair: Mask) -> Mask:
    """Hair without what hangs beside the face in quite another lightness: a neighbor's head."""
    lightness, solid = context.sheet.lab[..., 0], hair > 0.6
    low = context.height_map > BESIDE_MOUTH
    if min(area_of(solid & low), area_of(solid & ~low)) < LEAST_HAIR:
        return hair
    own = float(np.median(lightness[solid & ~low]))
    strange = (np.abs(blurred(lightness, BLUR, solid) - own) > OTHER_LIGHTNESS) & solid & low
    strange_parts = cv2.morphologyEx(strange.astype(np.uint8), cv2.MORPH_OPEN, disc(BRIDGE))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(strange_parts)
    for k in range(1, count):
        if stats[k, cv2.CC_STAT_AREA] > LEAST_STRANGE * UNIT**2:
            hair = hair * (1 - widened((labels == k).astype(np.float32), BRIDGE / 2))
    return hair
