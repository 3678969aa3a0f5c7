"""Apparent age as a band, babies included, where the network is sure of it from several looks."""

import numpy as np

from tasks.perception.analysis import Reading
from tasks.perception.sheet_traits.head_frame import UNKNOWN, HeadFrame
from tasks.perception.traits.age import BANDS
from tasks.profile import AgeBand

BABY = "baby"
_SURE = 0.6  # of the probability, in one band
# Children are taken for toddlers and for teenagers as often as not: below this they are drawn as the nearest
# band, and nothing is said.
_SURELY_YOUNG, _UNSAID = 0.9, 0.25
_OFTEN_WRONG = (AgeBand.TODDLER, AgeBand.TEEN)
_BABY_YEARS = 2.5
_BABY_IRIS = 4.2  # head units: an iris is at birth almost as large as ever, the face around it is not
_BABY_HAIR = ("bald or shaved", "very short", None)


def read_age(frame: HeadFrame, hair_length: Reading) -> Reading:
    """Baby, or one of AgeBand's words; unknown where the looks disagree and without the network.

    A confidence below 0.3 is to draw by, not to be said.
    """
    chances = frame.sheet.analysis.year_chances
    if chances is None:
        return UNKNOWN
    years = float((chances * np.arange(len(chances))).sum())
    iris = max(radius for _, radius in frame.sheet.irises)
    if years < _BABY_YEARS and iris > _BABY_IRIS and hair_length.value in _BABY_HAIR:
        return Reading(BABY, 0.6)
    lows = [0, *(limit for limit, _ in BANDS[:-1])]
    shares = [float(chances[low:limit].sum()) for low, (limit, _) in zip(lows, BANDS, strict=True)]
    best = int(np.argmax(shares))
    if shares[best] < _SURE:
        return UNKNOWN
    band = BANDS[best][1]
    if band in _OFTEN_WRONG and shares[best] < _SURELY_YOUNG:
        return Reading(band.value, _UNSAID)
    return Reading(band.value, float(np.clip(shares[best], 0.4, 0.85)))
