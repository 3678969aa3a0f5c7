"""Groups of like colors: k-means and Gaussian mixtures, in numpy, the same answer every time."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_MAX_SAMPLES = 4000
_ROUNDS = 12
# Added to every covariance, in 8-bit Lab: no group is sharper than the noise of a photo.
_LAB_NOISE = np.diag([14.0, 6.0, 6.0])
FLOOR = -60.0


def subsample(samples: Samples, most: int = _MAX_SAMPLES) -> Samples:
    """At most `most` rows, evenly spread over the given order: no dice, so the same rows every time."""
    if len(samples) <= most:
        return samples
    return samples[np.linspace(0, len(samples) - 1, most).astype(np.int64)]


def _squared_distances(samples: Samples, center: NDArray[np.floating]) -> NDArray[np.float32]:
    # One channel after the other: summing along rows of three is several times slower.
    off = [(samples[:, k] - np.float32(center[k])) ** 2 for k in range(samples.shape[1])]
    return np.asarray(sum(off[1:], off[0]), np.float32)


def _first_centers(samples: Samples, count: int) -> NDArray[np.float32]:
    """Far-apart starting points: the median, then a sample far from all chosen ones.

    The 98th percentile instead of the farthest, which is as often an outlier.
    """
    centers = [np.median(samples, axis=0)]
    nearest = _squared_distances(samples, centers[0])
    while len(centers) < count:
        rank = int(0.98 * (len(samples) - 1))
        chosen = samples[np.argsort(nearest, kind="stable")[rank]]
        centers.append(chosen)
        nearest = np.minimum(nearest, _squared_distances(samples, chosen))
    return np.array(centers, np.float32)


def k_means(samples: Samples, count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(centers Kx3, label of each row). Needs at least one row; empty groups are dropped."""
    centers = _first_centers(samples, count)
    labels = np.zeros(len(samples), np.int64)
    for _ in range(_ROUNDS):
        labels = np.stack([_squared_distances(samples, center) for center in centers]).argmin(0)
        kept = np.unique(labels)
        updated = np.array([samples[labels == group].mean(0) for group in kept], np.float32)
        labels = np.searchsorted(kept, labels)
        if updated.shape == centers.shape and np.abs(updated - centers).max() < 0.3:
            centers = updated
            break
        centers = updated
    return centers, labels


@dataclass(frozen=True)
class _Gaussian:
    mean: NDArray[np.float32]
    whiten: NDArray[np.float32]  # 3x4: takes a Lab pixel to units of this group's spread
    log_weight: float


class Mixture:
    """What colors a class of pixels has: a few Gaussians in 8-bit Lab."""

    def __init__(self, samples: Samples, groups: int) -> None:
        rows = subsample(np.asarray(samples, np.float32))
        groups = max(1, min(groups, len(rows) // 20 + 1))
        _, labels = k_means(rows, groups)
        self._parts = [
            _gaussian(rows[labels == group], len(rows))
            for group in range(int(labels.max()) + 1)
            if (labels == group).sum() >= 5
        ]

    def log_likelihood(self, lab: NDArray[np.float32]) -> NDArray[np.float32]:
        """HxW log-likelihood of an HxWx3 image, by its best Gaussian; never below `FLOOR`."""
        best = np.full(lab.shape[:2], FLOOR, np.float32)
        for part in self._parts:
            units = cv2.transform(lab, part.whiten)
            squared = cv2.transform(units * units, np.ones((1, 3), np.float32))
            np.maximum(best, np.float32(part.log_weight) - np.float32(0.5) * squared, out=best)
        return best


def _gaussian(rows: Samples, total: int) -> _Gaussian:
    mean = rows.astype(np.float64).mean(0)
    spread = np.cov(rows.astype(np.float64).T) + _LAB_NOISE
    whiten = np.linalg.inv(np.linalg.cholesky(spread))
    log_weight = np.log(len(rows) / total) - 0.5 * np.log(np.linalg.det(spread))
    affine = np.hstack([whiten, -(whiten @ mean)[:, None]])
    return _Gaussian(mean.astype(np.float32), affine.astype(np.float32), float(log_weight))
