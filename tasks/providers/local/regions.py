"""Which pixel of a person is skin, hair or clothes: colour models of this photo, with priors of any face."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.providers.local.analysis import FloatImage
from tasks.providers.local.clusters import FLOOR, Mixture
from tasks.providers.local.geometry import Image, Mask, ellipse
from tasks.providers.local.matte import grey_of, guided
from tasks.providers.local.scene import Scene

BACKGROUND, SKIN, HAIR, CLOTHES = range(4)
Labels = NDArray[np.uint8]
# No class may be more unlikely than this by colour alone: position still has a say.
_CLIP = -22.0


@dataclass(frozen=True)
class Regions:
    """Soft masks at the picture's size; together they are about the person matte."""

    skin: FloatImage
    hair: FloatImage
    clothes: FloatImage

    def labels(self) -> Labels:
        """HxW: the strongest class of each pixel, background where the person is less than half."""
        stacked = np.stack([1 - (self.skin + self.hair + self.clothes), self.skin, self.hair, self.clothes])
        return np.asarray(stacked.argmax(0), np.uint8)


@dataclass(frozen=True)
class _SkinColour:
    middle: NDArray[np.float32]  # 8-bit Lab
    spread: NDArray[np.float32]
    mixture: Mixture
    distance: FloatImage  # how unlike skin each pixel is; above 1.7 it isn't

    def unlike(self, scene: Scene, distance: float, darker_by: float) -> Mask:
        """Pixels that are of another colour than the skin, or much darker."""
        darker = scene.lab[..., 0] < self.middle[0] - darker_by
        return np.asarray((self.distance > distance) | darker, np.bool_)


def _skin_colour(scene: Scene) -> _SkinColour:
    """The colours of the face below the forehead, where no fringe hangs."""
    area = scene.inner & (scene.height < 0.72)
    if area.sum() < 30:
        area = scene.oval
    samples = scene.lab[area]
    middle = np.median(samples, axis=0)
    spread = np.median(np.abs(samples - middle), axis=0) * 1.6 + 3
    typical = samples[(np.abs(samples - middle) < 3 * spread).all(1)]
    tolerance = (spread * np.array([1.6, 1.1, 1.1])).astype(np.float32)
    distance = (np.abs(scene.lab - middle) / tolerance).max(-1)
    return _SkinColour(middle, spread, Mixture(typical, 3), distance.astype(np.float32))


@dataclass(frozen=True)
class _HairSeed:
    where: Mask
    share: float  # of the band around the head that is hair


def _hair_seed(scene: Scene, skin: _SkinColour) -> _HairSeed:
    """Hair that can't be anything else: in a band around the forehead and temples, and not skin."""
    band = scene.oval_by(1.42) & ~scene.oval_by(1.07) & (scene.height > 0.72) & (scene.person > 0.75)
    seed = band & skin.unlike(scene, 1.7, 34)
    share = float(seed.sum() / max(1, band.sum()))
    if seed.sum() < 0.05 * scene.unit**2:
        crown = band & (scene.height > 0.95) & (np.abs(scene.sideways) < 0.6)
        seed = crown & skin.unlike(scene, 1.0, 20)
    return _HairSeed(seed, share)


def _model(
    samples: NDArray[np.float32], groups: int, lab: NDArray[np.float32], *, least: float
) -> FloatImage:
    """The log-likelihood of every pixel under a model of `samples`; flat where there are too few."""
    if len(samples) <= least:
        flat = FLOOR if least < 80 else FLOOR / 2
        return np.full(lab.shape[:2], flat, np.float32)
    return Mixture(samples, groups).log_likelihood(lab)


def _position_priors(scene: Scene) -> dict[int, FloatImage]:
    """How likely skin, hair and clothes are at a place, whatever the colour."""
    height, sideways = scene.height, np.abs(scene.sideways)
    above = (height - 0.75) * np.where(height > 0.75, 1.15, 0.8)
    hair = -np.maximum(0, np.hypot(sideways, above) - 0.62) * 6.5
    hair = np.where(scene.oval & (height < 0.70) & (sideways < 0.33), -14, hair)
    hair = np.where(scene.inner & (height < 0.8), hair - 5, hair)
    skin = np.where(scene.oval, 2.5, np.where(height < 0.05, -1.0, -2.5))
    neck = (height < 0.12) & (sideways < 0.33) & (height > -0.35)
    skin = np.where(neck, skin + 2.0, skin)
    skin = np.where(height > 0.95, skin - 3, skin)
    clothes = np.where(
        height > -0.02, -12.0, np.where(height > -0.25, -2.5, 0.0) + np.clip(-height * 2, 0, 2)
    )
    return {
        SKIN: skin.astype(np.float32),
        HAIR: (hair + 2.2).astype(np.float32),
        CLOTHES: clothes.astype(np.float32),
    }


@dataclass(frozen=True)
class _Scores:
    classes: NDArray[np.float32]  # 4xHxW
    skin_colour: FloatImage  # log-likelihoods by colour alone
    hair_colour: FloatImage


def _scores(scene: Scene, skin: _SkinColour, seed: _HairSeed) -> _Scores:
    by_skin = skin.mixture.log_likelihood(scene.lab)
    by_hair = _model(scene.lab[seed.where], 3, scene.lab, least=0.015 * scene.unit**2)
    torso = (scene.person > 0.85) & (scene.height < -0.35) & (np.abs(scene.sideways) < 1.6)
    by_clothes = _model(scene.lab[torso & (skin.distance > 1.7)], 5, scene.lab, least=80)
    by_background = _model(scene.lab[scene.person < 0.08], 5, scene.lab, least=200)
    person = np.clip(scene.person, 1e-3, 1 - 1e-3)
    inside, outside = np.log(person) * 2.2, np.log(1 - person) * 2.2
    prior = _position_priors(scene)
    stacked = [
        np.maximum(by_background, _CLIP) + outside + 1.0,
        np.maximum(by_skin, _CLIP) + inside + prior[SKIN],
        np.maximum(by_hair, _CLIP) + inside + prior[HAIR],
        np.maximum(by_clothes, _CLIP) + inside + prior[CLOTHES],
    ]
    blur = max(1.0, scene.unit / 70)
    smooth = [cv2.GaussianBlur(score.astype(np.float32), (0, 0), blur) for score in stacked]
    return _Scores(np.stack(smooth), by_skin, by_hair)


def _pieces(mask: Mask) -> tuple[int, NDArray[np.int32], NDArray[np.int32]]:
    """(count with the background, label map, area of each)."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return count, np.asarray(pieces, np.int32), np.asarray(stats[:, cv2.CC_STAT_AREA], np.int32)


def _opened(mask: Mask, size: int) -> Mask:
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, ellipse(size)) > 0


def _connected_hair(scene: Scene, labels: Labels, seed: _HairSeed) -> Mask:
    """Of everything labelled hair, what hangs together with the seed."""
    count, pieces, _ = _pieces(_opened(labels == HAIR, 3))
    seeds_in = np.bincount(pieces[seed.where], minlength=count)
    seeds_in[0] = 0
    keep = (seeds_in > 0.003 * scene.unit**2)[pieces]
    keep = cv2.morphologyEx(keep.astype(np.uint8), cv2.MORPH_CLOSE, ellipse(5)) > 0
    # A thin stroke of "hair" inside the face is a shadow or a wrinkle.
    face = scene.oval_by(0.97) & (scene.height < 1.0)
    return keep & ~(face & ~_opened(keep, 2 * int(scene.unit * 0.045) + 1))


def _filled_crown(scene: Scene, labels: Labels, hair: Mask) -> Mask:
    """Person above the forehead is hair, and small holes in hair are highlights."""
    crown = (scene.height > 1.06) & (np.abs(scene.sideways) < 0.75)
    hair = hair | (crown & (scene.person > 0.5) & (labels != BACKGROUND))
    _, pieces, areas = _pieces(~hair)
    touching = np.unique(np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]]))
    small = areas < 0.06 * scene.unit**2
    small[touching] = False
    small[0] = False
    return np.asarray(hair | small[pieces], np.bool_)


def _smooth_hairline(scene: Scene, hair: Mask, scores: _Scores) -> Mask:
    """Inside the face the hairline is a smooth curve, and hair must be clearly unlike the skin."""
    zone = scene.oval_by(1.0) & (scene.height > 0.60)
    smooth = cv2.GaussianBlur(hair.astype(np.float32), (0, 0), scene.unit * 0.022) > 0.5
    hair = np.where(zone, smooth, hair)
    margin = scores.hair_colour - scores.skin_colour
    hair &= ~(zone & (scene.height < 1.0) & (margin < -1.5))
    hair &= ~(zone & (scene.height < 0.93) & (np.abs(scene.sideways) < 0.32) & (margin < 4))
    return np.where(zone, _opened(hair, 2 * int(scene.unit * 0.03) + 1), hair)


def _hair(scene: Scene, labels: Labels, scores: _Scores, seed: _HairSeed) -> Mask:
    hair = _connected_hair(scene, labels, seed)
    if seed.share > 0.30 and hair.sum() > 0.1 * scene.unit**2:
        hair = _smooth_hairline(scene, _filled_crown(scene, labels, hair), scores)
    return hair


def _without_skin_slivers(scene: Scene, labels: Labels) -> Labels:
    """Slivers of "skin" along a sleeve are shading, not skin."""
    count, pieces, areas = _pieces(labels == SKIN)
    in_face = np.bincount(pieces[scene.oval], minlength=count) > 0
    core = cv2.erode(
        (labels == SKIN).astype(np.uint8), np.ones((2 * int(scene.unit * 0.04) + 1,) * 2, np.uint8)
    )
    has_core = np.bincount(pieces[core > 0], minlength=count) > 0
    sliver = ~in_face & ((areas < 0.035 * scene.unit**2) | ~has_core)
    sliver[0] = False
    return np.where(sliver[pieces], CLOTHES, labels).astype(np.uint8)


def _labels(scene: Scene) -> Labels:
    skin = _skin_colour(scene)
    seed = _hair_seed(scene, skin)
    scores = _scores(scene, skin, seed)
    labels = scores.classes.argmax(0).astype(np.uint8)
    labels[scene.person < 0.35] = BACKGROUND
    surely = (scene.person > 0.6) & (labels == BACKGROUND)
    labels[surely] = scores.classes[1:, surely].argmax(0) + 1
    hair = _hair(scene, labels, scores, seed)
    lost = (labels == HAIR) & ~hair
    skin_wins = (scene.height >= -0.05) & (scores.classes[SKIN] > scores.classes[CLOTHES])
    labels[lost] = np.where(skin_wins, SKIN, CLOTHES)[lost]
    middle_of_face = scene.inner & (scene.height < 0.75)
    labels[hair & (scene.person > 0.35) & ~middle_of_face] = HAIR
    labels[middle_of_face & (labels != HAIR)] = SKIN
    labels[(labels == SKIN) & (scene.height < -0.35) & (skin.distance > 2.2)] = CLOTHES
    labels = _without_skin_slivers(scene, labels)
    return np.asarray(cv2.medianBlur(labels, 5), np.uint8)


def find_regions(image: Image, person: FloatImage, scene: Scene) -> Regions:
    """The soft regions of a person in a BGR image, from its scene and its HxW matte."""
    labels = _labels(scene)
    size = (image.shape[1], image.shape[0])
    guide = grey_of(image)
    radius = max(3, int(scene.unit * size[0] / scene.shape[1] / 40))
    soft = []
    for region in (SKIN, HAIR, CLOTHES):
        mask = cv2.resize((labels == region).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        soft.append(np.clip(guided(guide, cv2.GaussianBlur(mask, (0, 0), 1.5), radius, 4e-4), 0, 1))
    share = person / np.maximum(soft[0] + soft[1] + soft[2], 0.05)
    share = np.minimum(share, 1.0)
    return Regions(*((mask * share).astype(np.float32) for mask in soft))
