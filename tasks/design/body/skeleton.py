"""Proportions by age band, and joints by pose. Lengths are in heads, the chin is (0, 0), y points down."""

from dataclasses import dataclass, replace

import numpy as np

from tasks.arrays import Points
from tasks.design.body.poses import Pose
from tasks.design.body.tube import xy


@dataclass(frozen=True)
class Build:
    """The measures of a body. `shoulder`, `chest`, `waist`, `hip` and limbs are half widths."""

    neck: float  # how much of it is seen below the chin
    neck_width: float  # half
    shoulder: float
    chest: float
    waist: float
    hip: float
    torso: float  # from the neck's base to the hips
    upper_arm: float
    forearm: float
    thigh: float
    shin: float
    arm: float
    wrist: float
    leg: float
    ankle: float
    hand: float
    foot: float
    neck_at: float = 0.0  # x of the neck's middle: the chin of a turned head is not above it


# Tried on drawn heads: 2.9 of them tall for toddlers, 3.6 children, 4.4 teens, 4.9 adults.
BUILDS = {
    "baby": Build(
        0.00,
        0.150,
        0.34,
        0.36,
        0.43,
        0.41,
        0.92,
        0.38,
        0.34,
        0.42,
        0.38,
        0.118,
        0.082,
        0.200,
        0.130,
        0.28,
        0.36,
    ),
    "toddler": Build(
        0.00,
        0.150,
        0.35,
        0.36,
        0.41,
        0.40,
        0.98,
        0.42,
        0.38,
        0.50,
        0.46,
        0.114,
        0.078,
        0.195,
        0.120,
        0.29,
        0.39,
    ),
    "child": Build(
        0.03,
        0.145,
        0.395,
        0.36,
        0.36,
        0.37,
        1.16,
        0.53,
        0.47,
        0.78,
        0.73,
        0.100,
        0.064,
        0.174,
        0.098,
        0.31,
        0.44,
    ),
    "teen": Build(
        0.08,
        0.175,
        0.51,
        0.45,
        0.41,
        0.43,
        1.48,
        0.69,
        0.61,
        1.05,
        1.00,
        0.116,
        0.070,
        0.196,
        0.104,
        0.34,
        0.50,
    ),
    "young adult": Build(
        0.10,
        0.190,
        0.57,
        0.50,
        0.45,
        0.47,
        1.62,
        0.77,
        0.67,
        1.16,
        1.12,
        0.124,
        0.076,
        0.212,
        0.110,
        0.36,
        0.53,
    ),
    "adult": Build(
        0.10,
        0.200,
        0.60,
        0.53,
        0.49,
        0.50,
        1.66,
        0.79,
        0.69,
        1.16,
        1.12,
        0.132,
        0.080,
        0.220,
        0.114,
        0.37,
        0.54,
    ),
    "older adult": Build(
        0.07,
        0.195,
        0.58,
        0.54,
        0.55,
        0.54,
        1.64,
        0.75,
        0.66,
        1.04,
        1.02,
        0.132,
        0.080,
        0.222,
        0.116,
        0.37,
        0.54,
    ),
}
_DEFAULT = "child"  # this is a children's book: who is of unknown age is drawn as a child

# A portrait's shoulders are nearer to life than a figure's, and nothing but them is on the sheet.
_PORTRAIT_SHOULDERS = {"baby": 1.50, "toddler": 1.50, "child": 1.42}
_PORTRAIT_ADULT = 1.31
_PORTRAIT_TORSO = 2.6  # reaches below every sheet

CLEAR = (0.58, 0.58)  # how far a head with its hair reaches to either side: a raised hand stays outside
_PORTRAIT_NECK = 0.03  # of a head, by which less of a neck shows than in a whole figure
_WIDEST = 1.1  # of a head: further out, no arm reaches


def build_for(band: str | None) -> Build:
    """The measures of an age band by name."""
    return BUILDS[band if band in BUILDS else _DEFAULT]


def portrait_build(band: str | None) -> Build:
    """The measures of a bust: wider shoulders, and a torso that runs out of the sheet."""
    b = build_for(band)
    k = _PORTRAIT_SHOULDERS.get(band or _DEFAULT, _PORTRAIT_ADULT)
    return replace(
        b,
        neck=max(b.neck - _PORTRAIT_NECK, 0.0),
        shoulder=b.shoulder * k,
        chest=b.chest * k,
        waist=b.chest * k * 0.96,
        hip=b.chest * k * 0.98,
        arm=b.arm * (0.5 + 0.5 * k),
        wrist=b.arm * (0.5 + 0.5 * k) * 0.8,
        torso=_PORTRAIT_TORSO,
        upper_arm=1.3,
        forearm=1.4,
    )


@dataclass(frozen=True)
class Limbs:
    """One side's joints."""

    shoulder: Points
    elbow: Points
    wrist: Points
    hip: Points
    knee: Points
    ankle: Points


@dataclass(frozen=True)
class Skeleton:
    """All joints of a posed body; pairs are the picture's left, right."""

    build: Build
    pose: Pose
    neck: Points
    pelvis: Points
    sides: tuple[Limbs, Limbs]
    book: Points

    def axis(self, u: float) -> Points:
        """A point of the torso's middle, 0 at the neck's base and 1 at the hips."""
        bend = np.array([0.25 * (self.pelvis[0] - self.neck[0]) * np.sin(np.pi * min(max(u, 0), 1)), 0.0])
        return np.asarray(self.neck + (self.pelvis - self.neck) * u + bend)

    def half(self, u: float) -> float:
        """Half the torso's width there."""
        b = self.build
        return float(np.interp(u, [0.25, 0.62, 1.0], [b.chest, b.waist, b.hip]))


def solve(
    b: Build,
    pose: Pose,
    pockets: tuple[float, float] = (0.0, 0.0),
    hips: tuple[float, float] = (0.0, 0.0),
    clear: tuple[float, float] = CLEAR,
) -> Skeleton:
    """Joints of a pose.

    `pockets` and `hips`: where such hands go, from the pelvis, outward and down. `clear`: how far the head
    with its hair reaches to the picture's left and right.
    """
    neck = np.array([b.neck_at, b.neck + 0.03])
    pelvis = neck + xy(pose.sway, b.torso)
    book = pelvis - xy(0, 0.30 * b.torso + 0.04)
    sides = []
    for i, s in enumerate((-1.0, 1.0)):
        shoulder, upper, fore = _shoulder(b, pose, neck, i, min(clear[i], _WIDEST))
        far = (pose.reach[i][0] * b.upper_arm, pose.reach[i][1] * b.forearm)
        elbow = shoulder + _step(upper, s) * far[0]
        wrist = elbow + _step(fore, s) * far[1]
        target = {"pocket": pockets, "hip": hips}.get(pose.hands[i])
        if target is not None:
            wrist = pelvis + xy(s * target[0], target[1])
            elbow = _reached(shoulder, wrist, b.upper_arm, b.forearm, s)
        if pose.sitting:
            wrist = book + xy(s * (0.47 + 0.25 * (b.shoulder - 0.4)), 0.10)
            apart = float(np.hypot(*(wrist - shoulder)))  # foreshortened: the elbows point at us
            elbow = _reached(shoulder, wrist, 0.62 * apart, 0.58 * apart, s)
        sides.append(Limbs(shoulder, elbow, wrist, *_leg(b, pose, pelvis, i, s)))
    return Skeleton(b, pose, neck, pelvis, (sides[0], sides[1]), book)


def _shoulder(b: Build, pose: Pose, neck: Points, i: int, clear: float) -> tuple[Points, float, float]:
    """The shoulder's joint, and the arm's angles: a raised arm lifts it and keeps clear of the head."""
    s, slope = (-1.0, 1.0)[i], np.deg2rad(pose.shoulders)
    across = np.array([s * np.cos(slope), s * np.sin(slope)])
    shoulder = neck + across * (b.shoulder - b.arm * 0.75) + xy(0, 0.12 * min(b.torso, 1.7) + 0.02)
    upper, fore = pose.arms[i]
    if upper > 80:
        shoulder = shoulder + xy(-s * 0.01, -0.09)
        palm = b.hand * 0.9
        while upper > 84 and fore > 100:
            wrist = shoulder + _step(upper, s) * b.upper_arm + _step(fore, s) * (b.forearm + palm)
            if wrist[0] * s > clear + 0.55 * b.hand:
                break
            upper, fore = upper - 2, fore - 4
    return shoulder, upper, fore


def _leg(b: Build, pose: Pose, pelvis: Points, i: int, s: float) -> tuple[Points, Points, Points]:
    slope = np.deg2rad(pose.hips)
    hip = pelvis + xy(s * b.hip * 0.48 * np.cos(slope), s * b.hip * 0.48 * np.sin(slope) - 0.03)
    if pose.sitting:  # cross-legged: knees out, feet in, all shortened towards us
        knee = hip + xy(s * (0.12 + b.thigh * 0.50), 0.07 + 0.05 * b.thigh)
        ankle = pelvis + xy(-s * (0.06 + 0.10 * b.thigh), 0.17 + 0.17 * b.thigh)
        return hip, knee, ankle
    thigh, shin = pose.legs[i]
    knee = hip + _step(thigh, s) * b.thigh * pose.stride[i][0]
    return hip, knee, knee + _step(shin, s) * b.shin * pose.stride[i][1]


def _reached(start: Points, end: Points, upper: float, fore: float, side: float) -> Points:
    """Where the elbow is when the wrist has to be at `end`; it points outward."""
    way = end - start
    apart = float(np.hypot(*way)) + 1e-9
    if upper + fore < apart * 1.02:
        upper, fore = (x * apart * 1.02 / (upper + fore) for x in (upper, fore))
    along = (apart**2 + upper**2 - fore**2) / (2 * apart)
    away = np.sqrt(max(upper**2 - along**2, 0.0))
    way = way / apart
    return np.asarray(start + way * along + np.array([way[1], -way[0]]) * min(away, 0.55 * upper) * side)


def _step(degrees: float, side: float) -> Points:
    a = np.deg2rad(degrees)
    return np.array([side * np.sin(a), np.cos(a)])
