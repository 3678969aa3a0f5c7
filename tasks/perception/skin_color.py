"""What color this person's skin has in this photo, on the face and, lit otherwise, on the body."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BoolMask, Plane
from tasks.perception.clusters import FLOOR, Mixture, k_means, subsample
from tasks.perception.face_crop import FaceCrop

# Clothes have no color of their own: any is this likely, seen elsewhere on the person or not.
ANY_CLOTHES = -16.0
# Skin of the neck lies in the shadow of the chin: of the face's tint in less light, it is this likely.
_NECK_SKIN = -9.0
# What looks like the face's tint on the body is skin with less certainty than the face itself.
_BODY_PRICE = 1.0
_SAME_TINT, _MUCH_OF_THE_CHEST = 1.2, 0.35
# Of lightness: a pale face has so little tint of its own that half of it would be nothing.
_LEAST_TINT = 0.075
_TINTLESS = 40.0  # 8-bit lightness below which a tint is noise
_NO_TINT = 0.02  # of a black-and-white photo: everything in it would be of the skin's tint


@dataclass(frozen=True)
class SkinColor:
    """The skin of the face, in OpenCV's 8-bit Lab (L 0..255, a and b around 128) as floats."""

    middle: NDArray[np.float32]  # (3,), the median
    mixture: Mixture
    distance: Plane  # how unlike skin each pixel is; above 1.7 it isn't

    def unlike(self, crop: FaceCrop, distance: float, darker_by: float) -> BoolMask:
        """Pixels that are of another color than the skin, or much darker."""
        darker = crop.lab[..., 0] < self.middle[0] - darker_by
        return np.asarray((self.distance > distance) | darker, np.bool_)

    def strangeness(self, lab: NDArray[np.float32], darkest: float = 0.5) -> Plane:
        """How far a pixel's tint is from the skin's, in any light: above 1 it is another color.

        Below `darkest` of the skin's lightness there is no telling.
        """
        neutral, lightness = np.float32(128), max(float(self.middle[0]), 1.0)
        tint = (self.middle[1:] - neutral) / np.float32(lightness)
        if float(np.hypot(*tint)) < _NO_TINT:
            return np.full(lab.shape[:2], 9.0, np.float32)
        light = np.maximum(lab[..., 0], 1)
        apart = (lab[..., 1:] - neutral) / light[..., None] - tint
        tolerance = max(0.5 * float(np.hypot(*tint)), _LEAST_TINT)
        strange = np.hypot(apart[..., 0], apart[..., 1]) / np.float32(tolerance)
        # Lighter than the face by much is rather a white collar than a lit shoulder.
        strange *= np.maximum(1, light / np.float32(lightness)) ** 2
        beyond = (light < darkest * lightness) | (light > 1.6 * lightness) | (light < _TINTLESS)
        return np.asarray(np.where(beyond, 9.0, strange), np.float32)


def skin_color(crop: FaceCrop) -> SkinColor:
    """The colors of the face below the forehead, where no fringe hangs."""
    area = crop.inner & (crop.height < 0.72)
    if area.sum() < 30:
        area = crop.oval
    samples = crop.lab[area]
    middle = np.median(samples, axis=0)
    spread = np.median(np.abs(samples - middle), axis=0) * 1.6 + 3
    typical = samples[(np.abs(samples - middle) < 3 * spread).all(1)]
    tolerance = (spread * np.array([1.6, 1.1, 1.1])).astype(np.float32)
    distance = (np.abs(crop.lab - middle) / tolerance).max(-1)
    return SkinColor(middle, Mixture(typical, 3), distance.astype(np.float32))


@dataclass(frozen=True)
class BodyColors:
    """The log-likelihoods of bare skin and of clothes at each pixel; `FLOOR` is as good as never."""

    skin: Plane
    clothes: Plane


def likelihood(samples: NDArray[np.float32], groups: int, crop: FaceCrop, *, least: float) -> Plane:
    """The log-likelihood of every pixel under a model of `samples`; `FLOOR` where there are too few."""
    if len(samples) <= least:
        return np.full(crop.shape, FLOOR, np.float32)
    return Mixture(samples, groups).log_likelihood(crop.lab)


def _is_bare(crop: FaceCrop, skin: SkinColor, torso: BoolMask) -> BoolMask:
    """Which pixels of the torso are bare skin, told by groups of one color.

    Arms are lit unlike the face, so their tint counts and not their lightness. A group of the skin's tint
    that covers much of the chest is a shirt.
    """
    samples = crop.lab[torso]
    centers, _ = k_means(subsample(samples), 7)
    groups = np.stack([((samples - center) ** 2).sum(1) for center in centers]).argmin(0)
    height, sideways = crop.height[torso], np.abs(crop.sideways[torso])
    chest = (sideways < 0.4) & (height > -1.6) & (height < -0.5)
    on_chest = np.bincount(groups[chest], minlength=len(centers)) / max(1, int(chest.sum()))
    strange = skin.strangeness(centers[None])[0]
    return np.asarray(((strange < _SAME_TINT) & (on_chest < _MUCH_OF_THE_CHEST))[groups], np.bool_)


def _in_the_chins_shadow(crop: FaceCrop, skin: SkinColor) -> Plane:
    neck = (crop.height > -0.6) & (crop.height < 0.06) & (np.abs(crop.sideways) < 0.55)
    shaded = neck & (crop.lab[..., 0] < 1.05 * skin.middle[0])
    likely = _NECK_SKIN - 1.2 * skin.strangeness(crop.lab, darkest=0.3) ** 2
    return np.asarray(np.where(shaded, likely, FLOOR), np.float32)


def body_colors(crop: FaceCrop, skin: SkinColor) -> BodyColors:
    """Learnt on the torso: which of its colors are bare skin and which are clothes."""
    on_face = skin.mixture.log_likelihood(crop.lab)
    in_shadow = _in_the_chins_shadow(crop, skin)
    by_skin = np.maximum(on_face, in_shadow)
    torso = (crop.person > 0.85) & (crop.height < -0.35) & (np.abs(crop.sideways) < 1.6)
    if torso.sum() < 200:
        return BodyColors(by_skin, np.full(crop.shape, ANY_CLOTHES, np.float32))
    samples = crop.lab[torso]
    bare = _is_bare(crop, skin, torso) | (in_shadow[torso] > _NECK_SKIN - 2)
    clothes = likelihood(samples[~bare], 5, crop, least=80)
    by_body = likelihood(samples[bare], 3, crop, least=80) - np.float32(_BODY_PRICE)
    by_skin = np.where(crop.height < 0.06, np.maximum(by_skin, by_body), by_skin)
    return BodyColors(np.asarray(by_skin, np.float32), np.maximum(clothes, np.float32(ANY_CLOTHES)))
