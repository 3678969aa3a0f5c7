"""Where the hair is: grown from a band around the forehead, with a smooth line against the face."""

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import BoolMask, Labels, Mask
from tasks.perception.face_crop import FaceCrop
from tasks.perception.pixel_classes import (
    BACKGROUND,
    HAIR,
    close_mask,
    connected_components,
    fill_holes,
    open_mask,
)
from tasks.perception.skin_color import SkinColor

# Above the forehead, what is this much likelier hair than skin is hair: a hand and a bald head are not.
_CROWN_MARGIN = -3.0
_STRAND = 0.09  # face heights: hair beside the face and below is at least this wide


@dataclass(frozen=True)
class HairSeed:
    """Hair that can't be anything else."""

    where: BoolMask
    share: float  # of the band around the head that is hair


def hair_seed(crop: FaceCrop, skin: SkinColor) -> HairSeed:
    """A band around the forehead and temples, where it is not skin."""
    band = crop.oval_by(1.42) & ~crop.oval_by(1.07) & (crop.height > 0.72) & (crop.person > 0.75)
    seed = band & skin.unlike(crop, 1.7, 34)
    share = float(seed.sum() / max(1, band.sum()))
    if seed.sum() < 0.05 * crop.unit**2:
        crown = band & (crop.height > 0.95) & (np.abs(crop.sideways) < 0.6)
        seed = crown & skin.unlike(crop, 1.0, 20)
    return HairSeed(seed, share)


def _connected(crop: FaceCrop, labels: Labels, seed: HairSeed) -> BoolMask:
    """Of everything labelled hair, what hangs together with the seed, and by more than a thread.

    A white collar is of the color of white hair, and an ear lies between them.
    """
    strands = open_mask(labels == HAIR, 3)
    thick = open_mask(strands, 2 * int(crop.unit * _STRAND / 2) + 1)
    count, pieces, _ = connected_components(np.where(crop.height < 0.45, thick, strands))
    seeds_in = np.bincount(pieces[seed.where], minlength=count)
    seeds_in[0] = 0
    hair = close_mask((seeds_in > 0.003 * crop.unit**2)[pieces], 5)
    # A thin stroke of "hair" inside the face is a shadow or a wrinkle.
    face = crop.oval_by(0.97) & (crop.height < 1.0)
    return hair & ~(face & ~open_mask(hair, 2 * int(crop.unit * 0.045) + 1))


def _with_crown(crop: FaceCrop, labels: Labels, hair: BoolMask, margin: Mask) -> BoolMask:
    """Person above the forehead is hair where it looks like it, and small holes in hair are highlights."""
    crown = (crop.height > 1.06) & (np.abs(crop.sideways) < 0.75) & (crop.person > 0.5)
    return fill_holes(hair | (crown & (labels != BACKGROUND) & (margin > _CROWN_MARGIN)), 0.06 * crop.unit**2)


def _smooth_hairline(crop: FaceCrop, hair: BoolMask, margin: Mask) -> BoolMask:
    """Inside the face the hairline is a smooth curve, and hair must be clearly unlike the skin."""
    zone = crop.oval_by(1.0) & (crop.height > 0.60)
    smooth = cv2.GaussianBlur(hair.astype(np.float32), (0, 0), crop.unit * 0.022) > 0.5
    hair = np.where(zone, smooth, hair)
    hair &= ~(zone & (crop.height < 1.0) & (margin < -1.5))
    hair &= ~(zone & (crop.height < 0.93) & (np.abs(crop.sideways) < 0.32) & (margin < 4))
    return np.where(zone, open_mask(hair, 2 * int(crop.unit * 0.03) + 1), hair)


def hair_mask(crop: FaceCrop, labels: Labels, seed: HairSeed, margin: Mask) -> BoolMask:
    """The hair of the head. `margin` is how much likelier hair is than skin, by color alone."""
    hair = _connected(crop, labels, seed)
    if seed.share > 0.30 and hair.sum() > 0.1 * crop.unit**2:
        hair = _smooth_hairline(crop, _with_crown(crop, labels, hair, margin), margin)
    return hair
