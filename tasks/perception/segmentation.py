"""Which pixel of a person is skin, hair or clothes: color models of this photo, with priors of any face."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, BoolMask, FloatArray, Labels, Mask, Plane
from tasks.perception.beard_region import beard_mask
from tasks.perception.face_crop import FaceCrop
from tasks.perception.hair_region import hair_mask, hair_seed
from tasks.perception.matting import clip_mask, gray_plane, guided_filter
from tasks.perception.pixel_classes import BACKGROUND, CLOTHES, HAIR, SKIN, connected_components
from tasks.perception.skin_color import BodyColors, SkinColor, body_colors, likelihood, skin_color

# No class may be more unlikely than this by color alone: position still has a say.
_CLIP = -22.0
_RELEARNT_PRICE = 2.5
_MUCH_HAIR = 0.5  # square face heights: it falls beside the face


@dataclass(frozen=True)
class Regions:
    """Soft masks at the picture's size; skin, hair and clothes together are about the person matte."""

    skin: Mask
    hair: Mask
    clothes: Mask
    beard: Mask | None  # the part of `hair` that grows on the face

    def labels(self) -> Labels:
        """HxW: the strongest class of each pixel, background where the person is less than half."""
        labels = np.zeros(self.skin.shape, np.uint8)
        best = 1 - (self.skin + self.hair + self.clothes)
        for label, mask in ((SKIN, self.skin), (HAIR, self.hair), (CLOTHES, self.clothes)):
            labels[mask > best] = label
            best = np.maximum(best, mask)
        return labels


def _position_priors(crop: FaceCrop) -> dict[int, Plane]:
    """How likely skin, hair and clothes are at a place, whatever the color."""
    height, sideways = crop.height, np.abs(crop.sideways)
    above = (height - 0.75) * np.where(height > 0.75, 1.15, 0.8)
    hair = 2.2 - np.maximum(0, np.hypot(sideways, above) - 0.62) * 6.5
    hair = np.where(crop.oval & (height < 0.70) & (sideways < 0.33), -11.8, hair)
    hair = np.where(crop.inner & (height < 0.8), hair - 5, hair)
    skin = np.where(crop.oval, 2.5, np.where(height < 0.05, -1.0, -2.5))
    neck = (height < 0.12) & (sideways < 0.33) & (height > -0.35)
    skin = np.where(neck, skin + 2.0, skin)
    skin = np.where(height > 0.95, skin - 3, skin)
    collar = -2.5 - np.clip((height + 0.02) * 12, 0, 9.5)
    clothes = np.where(height > -0.25, collar, np.clip(-height * 2, 0, 2))
    clothes = np.where(crop.oval, -12.0, clothes)
    return {SKIN: _float(skin), HAIR: _float(hair), CLOTHES: _float(clothes)}


def _float(values: NDArray[np.floating]) -> FloatArray:
    return np.asarray(values, np.float32)


@dataclass(frozen=True)
class _Scores:
    classes: NDArray[np.float32]  # 4xHxW
    hair_over_skin: Mask  # by color alone


def _hair_score(crop: FaceCrop, by_hair: Mask) -> Plane:
    inside = np.log(np.clip(crop.person, 1e-3, 1 - 1e-3)) * 2.2
    return _smooth(crop, _float(np.maximum(by_hair, _CLIP) + inside + _position_priors(crop)[HAIR]))


def _scores(crop: FaceCrop, body: BodyColors, by_hair: Mask) -> _Scores:
    background = crop.lab[crop.person < 0.08]
    by_background = likelihood(background, 5, crop, least=200)
    person = np.clip(crop.person, 1e-3, 1 - 1e-3)
    inside, outside = np.log(person) * 2.2, np.log(1 - person) * 2.2
    prior = _position_priors(crop)
    stacked = [
        np.maximum(by_background, _CLIP) + outside + 1.0,
        np.maximum(body.skin, _CLIP) + inside + prior[SKIN],
        np.maximum(by_hair, _CLIP) + inside + prior[HAIR],
        np.maximum(body.clothes, _CLIP) + inside + prior[CLOTHES],
    ]
    return _Scores(np.stack([_smooth(crop, _float(score)) for score in stacked]), by_hair - body.skin)


def _smooth(crop: FaceCrop, score: Plane) -> Plane:
    """A little around the head, where hair is fine; widely on the body, but not over edges."""
    fine = cv2.GaussianBlur(score, (0, 0), max(1.0, crop.unit / 70))
    guide = crop.lab[..., 0] / np.float32(255)
    wide = guided_filter(guide, score, max(3, int(crop.unit * 0.07)), 2e-3)
    return _float(np.where(crop.height < -0.1, wide, fine))


def _first_labels(crop: FaceCrop, scores: _Scores) -> Labels:
    labels = np.asarray(scores.classes.argmax(0), np.uint8)
    labels[crop.person < 0.35] = BACKGROUND
    surely = (crop.person > 0.6) & (labels == BACKGROUND)
    labels[surely] = scores.classes[1:, surely].argmax(0) + 1
    return labels


def _without_skin_slivers(crop: FaceCrop, labels: Labels) -> Labels:
    """Slivers of "skin" along a sleeve are shading, not skin."""
    skin = labels == SKIN
    count, pieces, areas = connected_components(skin)
    in_face = np.bincount(pieces[crop.oval], minlength=count) > 0
    thick = np.ones((2 * int(crop.unit * 0.04) + 1,) * 2, np.uint8)
    core = cv2.erode(skin.astype(np.uint8), thick) > 0
    sliver = ~in_face & ((areas < 0.035 * crop.unit**2) | (np.bincount(pieces[core], minlength=count) == 0))
    sliver[0] = False
    return np.where(sliver[pieces], CLOTHES, labels).astype(np.uint8)


def _with_hair(crop: FaceCrop, labels: Labels, scores: _Scores, hair: BoolMask) -> Labels:
    """The labels with the cleaned hair; what was hair and isn't becomes skin or clothes."""
    lost = (labels == HAIR) & ~hair
    skin_wins = (crop.height >= -0.35) & (scores.classes[SKIN] > scores.classes[CLOTHES])
    labels[lost] = np.where(skin_wins, SKIN, CLOTHES)[lost]
    middle_of_face = crop.oval_by(0.82) & (crop.height < 0.75)
    labels[hair & (crop.person > 0.35) & ~middle_of_face] = HAIR
    labels[middle_of_face & (labels != HAIR)] = SKIN
    return labels


def _found_again(crop: FaceCrop, by_hair: Mask, hair: BoolMask) -> Plane:
    """How likely hair is, by all of the hair that was found: long hair is lit otherwise farther down."""
    sure = (cv2.erode(hair.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & (crop.person > 0.8)
    beside = ~crop.oval & (crop.height < 0.9) & (np.abs(crop.sideways) > 0.42)
    again = likelihood(crop.lab[sure], 5, crop, least=80) - np.float32(_RELEARNT_PRICE)
    return _float(np.where(beside, np.maximum(by_hair, again), by_hair))


def _labels(crop: FaceCrop, skin: SkinColor, body: BodyColors) -> Labels:
    seed = hair_seed(crop, skin)
    by_hair = likelihood(crop.lab[seed.where], 3, crop, least=0.015 * crop.unit**2)
    scores = _scores(crop, body, by_hair)
    labels = _first_labels(crop, scores)
    hair = hair_mask(crop, labels, seed, scores.hair_over_skin)
    if hair.sum() > _MUCH_HAIR * crop.unit**2:
        by_hair = _found_again(crop, by_hair, hair)
        scores.classes[HAIR] = _hair_score(crop, by_hair)
        scores = _Scores(scores.classes, by_hair - body.skin)
        labels = _first_labels(crop, scores)
        hair = hair_mask(crop, labels, seed, scores.hair_over_skin)
    labels = _with_hair(crop, labels, scores, hair)
    labels[(labels == SKIN) & (crop.height < -0.35) & (skin.strangeness(crop.lab) > 1.6)] = CLOTHES
    return np.asarray(cv2.medianBlur(_without_skin_slivers(crop, labels), 5), np.uint8)


def segment_regions(image: BgrBytes, person: Mask, crop: FaceCrop, *, bearded: bool) -> Regions:
    """The soft regions of a person in a BGR image, from its crop and its HxW matte."""
    skin = skin_color(crop)
    body = body_colors(crop, skin)
    labels = _labels(crop, skin, body)
    beard = beard_mask(crop, skin, body) & (labels != BACKGROUND) if bearded else None
    if beard is not None:
        labels[beard] = HAIR
    soft = [_softened(image, crop, labels == region) for region in (SKIN, HAIR, CLOTHES)]
    share = np.minimum(person / np.maximum(soft[0] + soft[1] + soft[2], 0.05), 1.0)
    skin_mask, hair, clothes = (_float(mask * share) for mask in soft)
    on_face = None if beard is None else np.minimum(_softened(image, crop, beard), hair)
    return Regions(skin_mask, hair, clothes, on_face)


def _softened(image: BgrBytes, crop: FaceCrop, mask: BoolMask) -> Mask:
    """A mask of the crop at the picture's size, its edge drawn to the picture's edges."""
    size = (image.shape[1], image.shape[0])
    large = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    radius = max(3, int(crop.unit * size[0] / crop.shape[1] / 40))
    rounded = np.asarray(cv2.GaussianBlur(large, (0, 0), 1.5), np.float32)
    return clip_mask(guided_filter(gray_plane(image), rounded, radius, 4e-4))
