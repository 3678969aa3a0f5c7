"""Whether a canary differs from those before it: by how much, within which interval, is it drift.

Every picture is compared with the mean of the same photo in the same style before, where the style had the
same version and we asked in the same wording (`tasks.canary.wording`): with other words another picture is
no drift of the model. The differences of one photo hang
together, so photos are what the bootstrap draws: 95 of 100 such intervals hold the true mean.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEWEST_PHOTOS = 5  # with fewer an interval says nothing
RESAMPLES = 4000
_SEED = 13


@dataclass(frozen=True)
class Measured:
    """A measure: what it is called, whether more of it is better, and how little of a change is no matter."""

    name: str
    better_when_higher: bool
    tolerance: float


MEASURES = (
    Measured("likeness", True, 0.02),  # cosine of the faces' features
    Measured("palette", False, 1.0),  # CIEDE2000 of the skin, the picture against the photo
    Measured("features", True, 0.03),  # share of the photo's sure features that the picture has
)
MISSING = Measured("missing", False, 0.1)  # share of pictures that were refused or failed


@dataclass(frozen=True)
class Change:
    """How a measure differs from before: the mean over photos, and its 95 % interval; None where too few."""

    measure: str
    photos: int
    before: float
    mean: float
    low: float | None
    high: float | None
    drifted: bool
    better: bool


def changes(new: Sequence[dict[str, Any]], history: Sequence[Sequence[dict[str, Any]]]) -> tuple[Change, ...]:
    """The measures of `new` against those of `history`, canary by canary; only what both have.

    That not one picture came is drift, whatever was before.
    """
    counted, before = _with_missing(new), [_with_missing(each) for each in history]
    found = [_change(each, counted, before) for each in (*MEASURES, MISSING)]
    if new and all("code" in each for each in new):
        photos = len({each["photo"] for each in new})
        lost = found[-1] or Change(MISSING.name, photos, 0.0, 1.0, None, None, drifted=True, better=False)
        found[-1] = replace(lost, drifted=True, better=False)
    return tuple(each for each in found if each is not None)


def not_comparable(new: Sequence[dict[str, Any]], history: Sequence[Sequence[dict[str, Any]]]) -> int:
    """How many pictures of `new` were drawn before, but never by this version of their style in our words."""
    past: dict[_Key, list[dict[str, Any]]] = defaultdict(list)
    for canary in history:
        for each in canary:
            past[_key(each)].append(each)
    drawn = {key[:2] for key in past}
    return sum(
        _key(each)[:2] in drawn and not any(_same_wording(each, one) for one in past[_key(each)])
        for each in new
    )


_Key = tuple[str, str, object]


def _key(measure: dict[str, Any]) -> _Key:
    return measure["photo"], measure["style"], measure.get("style_version")


def _same_wording(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether both were asked for in the same words of ours. What says nothing of it is taken for the same:
    it is from before wordings were kept, or was never asked for.
    """
    words = one.get("wording"), other.get("wording")
    return None in words or words[0] == words[1]


def _with_missing(canary: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each | {MISSING.name: float("code" in each)} for each in canary]


def _change(
    measured: Measured, new: Sequence[dict[str, Any]], history: Sequence[Sequence[dict[str, Any]]]
) -> Change | None:
    past: dict[_Key, list[dict[str, Any]]] = defaultdict(list)
    for canary in history:
        for each in canary:
            if each.get(measured.name) is not None:
                past[_key(each)].append(each)
    by_photo: dict[str, list[float]] = defaultdict(list)
    befores = []
    for each in new:
        known = [one[measured.name] for one in past.get(_key(each), ()) if _same_wording(each, one)]
        if known and each.get(measured.name) is not None:
            by_photo[each["photo"]].append(each[measured.name] - float(np.mean(known)))
            befores.append(float(np.mean(known)))
    if not by_photo:
        return None
    differences = np.array([float(np.mean(each)) for each in by_photo.values()])
    mean = float(differences.mean())
    low, high = _interval(differences)
    outside = low is not None and high is not None and (low > 0 or high < 0)
    return Change(
        measure=measured.name,
        photos=len(differences),
        before=float(np.mean(befores)),
        mean=mean,
        low=low,
        high=high,
        drifted=outside and abs(mean) >= measured.tolerance,
        better=(mean > 0) is measured.better_when_higher,
    )


def _interval(differences: NDArray[np.float64]) -> tuple[float | None, float | None]:
    if len(differences) < FEWEST_PHOTOS:
        return None, None
    drawn = np.random.default_rng(_SEED).integers(0, len(differences), (RESAMPLES, len(differences)))
    low, high = np.percentile(differences[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
