"""Is the variant the same person, in the same colors, and really drawn? Measured, never guessed.

Three scores: the face (the cosine of SFace features, and the place among drawn strangers), what the person
wears and how they look (`attributes`), and the skin's color with its lightness. Each style pack has the
cosine that a good picture reaches (`make calibrate` suggests it from data).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes
from tasks.errors import ModelsMissing
from tasks.perception.character_sheet import CharacterSheet
from tasks.perception.faces import FoundFace, find_faces
from tasks.perception.finished_picture import finished_pixels
from tasks.perception.identity import cosine, embedding
from tasks.perception.landmarks import FaceMesh
from tasks.perception.likeness.aligned import aligned
from tasks.perception.likeness.bare_skin import EXCESS_LIMIT, bare_excess
from tasks.perception.likeness.copied import sameness
from tasks.perception.likeness.decoys import decoys, rank_among_decoys
from tasks.perception.likeness.looks import compare_looks
from tasks.perception.likeness.palette import SkinChange, face_color, skin_change
from tasks.perception.photo_light import PLAIN, PhotoLight

METRIC_VERSION = "likeness-3"
LOWEST_MARK = 0.26  # for a picture whose style pack is no longer here
TINT_LIMIT = 16.0  # difference in a and b, lightness left out
LIGHTER_LIMIT, DARKER_LIMIT = 6.0, 12.0  # L*; what is just seen beside each other is 2 to 3
COPY_LIMIT = 0.65  # correlation of fine detail: drawings stay below 0.3, copies of the photo above 0.8
BLANK_SPREAD = 4.0  # gray levels


@dataclass(frozen=True)
class Likeness:
    """What was measured of one variant; None where it does not apply or can't be measured."""

    identity_mark: float
    identity: float | None = None  # cosine, -1..1
    identity_rank: int | None = None  # among the drawn strangers and this one: 1 is the nearest to the photo
    identity_of: int | None = None  # how many stood in that line
    skin_lightness: float | None = None  # L* of the variant less the photo's
    skin_tint: float | None = None  # distance in Lab's a and b
    skin_delta_e: float | None = None  # CIEDE2000
    monk_photo: int | None = None  # 1..10
    monk_variant: int | None = None
    attributes_known: int | None = None  # how many features the photo shows for sure
    attributes_agreeing: int | None = None  # how many of them the variant has
    attributes_different: tuple[str, ...] = ()
    bare_skin: float | None = None  # share of the chest that is bare, less the photo's
    sameness: float | None = None  # 0..1, of fine detail: 1 is a copy of the photo
    warnings: tuple[str, ...] = ()  # codes of tasks/likeness_words.py


def measure_likeness(
    photo: bytes, variant: bytes, mark: float, *, monochrome: bool, sheet: CharacterSheet | None = None
) -> Likeness:
    """Compare a variant with the photo it was made from.

    Args:
        photo: The photo, an encoded picture.
        variant: What was drawn, an encoded picture.
        mark: The identity (cosine, -1..1) below which the face counts as not alike, unless the photo is
            nearer to it than to every drawn stranger.
        monochrome: The photo has no colors, so the skin's is not compared.
        sheet: What was measured of the photo; without it neither attributes nor bare skin are compared.
    """
    after = finished_pixels(variant)
    if float(cv2.cvtColor(after, cv2.COLOR_BGR2GRAY).std()) < BLANK_SPREAD:
        return Likeness(mark, warnings=("blank",))
    before, one = _of_sheet(sheet) if sheet else _main_face(finished_pixels(photo))
    after, other = _main_face(after)
    if one is None or other is None:
        return Likeness(mark, warnings=("no_face_drawn",))
    return _compared(_Seen(before, one), _Seen(after, other), mark, sheet, monochrome=monochrome)


@dataclass(frozen=True)
class _Seen:
    """A picture and its main face."""

    image: BgrBytes
    found: FoundFace


def _of_sheet(sheet: CharacterSheet) -> tuple[BgrBytes, FoundFace | None]:
    known = sheet.analysis
    return known.image, FoundFace(known.face, FaceMesh(known.mesh, known.mesh_depth, 1.0))


def _main_face(image: BgrBytes) -> tuple[BgrBytes, FoundFace | None]:
    return image, next(iter(find_faces(image)), None)


def _compared(
    photo: _Seen, variant: _Seen, mark: float, sheet: CharacterSheet | None, *, monochrome: bool
) -> Likeness:
    vector, drawn = _features(photo), _features(variant)
    identity = cosine(vector, drawn) if vector is not None and drawn is not None else None
    rank = rank_among_decoys(vector, identity) if vector is not None and identity is not None else None
    skin = None if monochrome else _skin_change(photo, variant, sheet.light if sheet else PLAIN)
    same = sameness(photo.image, photo.found.face, variant.image, variant.found.face)
    over = aligned(sheet, variant.image, variant.found.mesh.points) if sheet else None
    looks = compare_looks(sheet, over, monochrome=monochrome) if sheet and over else None
    bare = bare_excess(sheet, over) if sheet and over and not monochrome else None
    different = looks.different if looks else ()
    found = {
        "undressed": bare is not None and bare > EXCESS_LIMIT,
        # A drawing of the mark, or one that its photo would pick from the line, is like enough.
        "not_alike": identity is not None and identity < mark and rank != 1,
        "skin_lighter": skin is not None and skin.lightness > LIGHTER_LIMIT,
        "skin_darker": skin is not None and skin.lightness < -DARKER_LIMIT,
        "skin_shifted": skin is not None and skin.tint > TINT_LIMIT,
        "glasses_lost": "glasses" in different,
        "headwear_lost": "headwear" in different,
        "not_drawn": same > COPY_LIMIT,
    }
    return Likeness(
        mark,
        identity=None if identity is None else round(identity, 3),
        identity_rank=rank,
        identity_of=None if rank is None else len(decoys()) + 1,
        skin_lightness=skin.lightness if skin else None,
        skin_tint=skin.tint if skin else None,
        skin_delta_e=skin.difference if skin else None,
        monk_photo=skin.photo_step if skin else None,
        monk_variant=skin.variant_step if skin else None,
        attributes_known=len(looks.same) + len(looks.different) if looks else None,
        attributes_agreeing=len(looks.same) if looks else None,
        attributes_different=different,
        bare_skin=bare,
        sameness=round(same, 3),
        warnings=tuple(code for code, present in found.items() if present),
    )


def _features(seen: _Seen) -> NDArray[np.float32] | None:
    """The face's embedding; None where its network is left out of the weights."""
    try:
        return embedding(seen.image, seen.found.face)
    except ModelsMissing:
        return None


def _skin_change(photo: _Seen, variant: _Seen, light: PhotoLight) -> SkinChange:
    """The photo's light is no part of the person: without it the skin is compared."""
    one, other = photo.found.mesh.points, variant.found.mesh.points
    return skin_change(light.off(face_color(photo.image, one)), face_color(variant.image, other))
