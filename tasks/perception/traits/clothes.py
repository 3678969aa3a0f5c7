"""Clothes: up to three colors with their shares, and the words for them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, BoolMask
from tasks.perception.analysis import Lab, Reading
from tasks.perception.clusters import k_means, subsample
from tasks.perception.color_words import CLOTHES, nearest_word
from tasks.perception.lab import color_difference, lab_of_pixels, lab_tuple
from tasks.perception.traits.light import Light


@dataclass(frozen=True)
class ClothesColors:
    """The colors, largest share first; empty where too little of the clothes is seen."""

    colors: tuple[tuple[Lab, float], ...]
    words: Reading


def _groups(lab: NDArray[np.float32]) -> list[tuple[NDArray[np.float32], float]]:
    rows = subsample(lab, 6000)
    centers, labels = k_means(rows, min(5, max(1, len(rows) // 30)))
    shares = np.bincount(labels, minlength=len(centers)) / len(labels)
    order = np.argsort(-shares, kind="stable")
    return [(centers[group], float(shares[group])) for group in order]


def _merged(groups: list[tuple[NDArray[np.float32], float]]) -> list[tuple[NDArray[np.float32], float]]:
    """Groups of one name or of nearly one color are one color."""
    kept: list[tuple[NDArray[np.float32], float]] = []
    for lab, share in groups:
        name = nearest_word(lab, CLOTHES).value
        for index, (other, other_share) in enumerate(kept):
            same_name = nearest_word(other, CLOTHES).value == name
            if same_name or float(color_difference(lab, other)) < 9:
                kept[index] = (other, other_share + share)
                break
        else:
            kept.append((lab, share))
    return sorted(kept, key=lambda group: -group[1])


def measure_clothes(image: BgrBytes, clothes: BoolMask, face_height: float, light: Light) -> ClothesColors:
    """The clothes of a person from their HxW mask."""
    inside = cv2.erode(clothes.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if inside.sum() <= 0.15 * face_height**2:
        return ClothesColors((), Reading())
    main = [group for group in _merged(_groups(lab_of_pixels(image[inside]))) if group[1] > 0.08][:3]
    words = [light.trusted(nearest_word(light.judged(lab), CLOTHES)) for lab, _ in main]
    named = " and ".join(str(word.value) for word in words[:2])
    return ClothesColors(
        tuple((lab_tuple(lab), round(share, 3)) for lab, share in main), Reading(named, words[0].confidence)
    )
