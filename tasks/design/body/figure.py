"""A body from its sheet: a bust for portraits, a whole figure for book pages."""

from dataclasses import dataclass, replace

import numpy as np

from tasks.design.body.dress import dress
from tasks.design.body.garments.arms import arm
from tasks.design.body.garments.legs import legs
from tasks.design.body.garments.necklines import hood_behind, neckline, pouch
from tasks.design.body.garments.pockets import hands_at, patch
from tasks.design.body.garments.sitting import book, crossed_legs
from tasks.design.body.garments.skirts import belt, has_skirt, skirt
from tasks.design.body.garments.torso import neck, torso, waistband
from tasks.design.body.garments.trunk import shoulders
from tasks.design.body.layers import HEAD_UNITS, Layers
from tasks.design.body.outfits import Outfit, Palette
from tasks.design.body.poses import BUST, POSES, Pose
from tasks.design.body.skeleton import CLEAR, Build, build_for, portrait_build, solve
from tasks.design.shapes import Shape
from tasks.perception.analysis import Lab
from tasks.perception.character_sheet import CharacterSheet, FaceClass, unit_grid

_JAW = (172, 397)  # mesh points: the jaw's corners, right and left of the person
_NECK_OF_JAW = (0.80, 1.12)  # a measured jaw widens or narrows the band's neck this far at most
_USUAL_JAW = 62.0  # head units between the jaw's corners of an average adult
_POSE_STREAM = 83  # of the seed's random numbers


@dataclass(frozen=True)
class Body:
    """Everything below the chin in head units, in the groups a composer needs; each is back to front."""

    behind: tuple[Shape, ...]  # behind the hair that hangs down the back: a hood
    trunk: tuple[Shape, ...]  # before it, and below the head
    front: tuple[Shape, ...]  # before hair and veil: a book, the hands that hold it
    pose: str
    feet: float | None  # y of the ground; None where none is shown


def bust(sheet: CharacterSheet, skin: Lab, seed: int) -> Body:
    """Neck, shoulders and chest in the measured clothes, running out of the sheet at its lower edge.

    `skin` is the lit skin of the face as designed.
    """
    outfit, palette = dress(sheet, skin, seed)
    build, jaw = _measured(portrait_build(sheet.traits.age_band.value), sheet)
    return draw_bust(build, outfit, palette, jaw)


def full_body(sheet: CharacterSheet, skin: Lab, seed: int, pose: str | None = None) -> Body:
    """A whole figure: the pose by seed unless it is named (a key of `POSES`)."""
    outfit, palette = dress(sheet, skin, seed)
    build, jaw = _measured(build_for(sheet.traits.age_band.value), sheet)
    name = pose or pose_for(seed)
    return draw(build, POSES[name], name, outfit, palette, jaw, _clearance(sheet))


def pose_for(seed: int) -> str:
    """One of the poses, the same for the same seed."""
    names = tuple(POSES)
    return names[int(np.random.default_rng([seed, _POSE_STREAM]).integers(len(names)))]


def _measured(build: Build, sheet: CharacterSheet) -> tuple[Build, float]:
    """The band's build with this jaw's neck, and x of the jaw's middle, in heads."""
    right, left = (np.asarray(sheet.mesh[k], float) for k in _JAW)
    jaw = float(np.clip((right[0] + left[0]) / 2, -30, 30)) / HEAD_UNITS
    jaw = jaw if np.isfinite(jaw) else 0.0
    wide = float(np.hypot(*(left - right))) / _USUAL_JAW / max(0.75, 1 - 0.5 * abs(sheet.yaw))
    k = float(np.clip(wide, *_NECK_OF_JAW)) if np.isfinite(wide) else 1.0
    return replace(build, neck_width=build.neck_width * k, neck_at=jaw * 0.85), jaw


def _clearance(sheet: CharacterSheet) -> tuple[float, float]:
    """How far hair and headwear reach to the picture's left and right above the chin, heads."""
    x, y = unit_grid()
    worn = x[(sheet.share(FaceClass.HAIR, FaceClass.HAT) > 0.5) & (y < 0)]
    if worn.size == 0:
        return CLEAR
    left, right = np.percentile(worn, (1, 99))  # a stray lock may be crossed
    return max(CLEAR[0], -float(left) / HEAD_UNITS), max(CLEAR[1], float(right) / HEAD_UNITS)


def draw_bust(build: Build, outfit: Outfit, palette: Palette, jaw: float) -> Body:
    """Any build of `portrait_build` in any outfit. `jaw`: x of the jaw's middle, heads."""
    sk = solve(build, BUST)
    behind, trunk = Layers(), Layers()
    if outfit.garment == "hoodie":
        hood_behind(behind, sk, palette)
    neck(trunk, sk, jaw, outfit, palette)
    shoulders(trunk, sk, outfit, palette)
    neckline(trunk, sk, outfit, palette)
    return Body(tuple(behind.shapes), tuple(trunk.shapes), (), "bust", None)


def draw(
    build: Build,
    pose: Pose,
    name: str,
    outfit: Outfit,
    palette: Palette,
    jaw: float,
    clear: tuple[float, float] = CLEAR,
) -> Body:
    """Any build in any pose and outfit. `jaw`: x of the jaw's middle, heads."""
    sk = solve(build, pose, *hands_at(build, outfit), clear)
    behind, trunk, front = Layers(), Layers(), Layers()
    if outfit.garment == "hoodie":
        hood_behind(behind, sk, palette)
    if not pose.sitting:
        for i in (0, 1):
            if pose.behind[i]:
                arm(trunk, sk, i, outfit, palette)
        ground = legs(trunk, sk, outfit, palette)
        if has_skirt(outfit):
            skirt(trunk, sk, outfit, palette)
    neck(trunk, sk, jaw, outfit, palette)
    torso(trunk, sk, outfit, palette)
    waistband(trunk, sk, outfit, palette)
    if outfit.garment == "dress":
        belt(trunk, sk, palette)
    if pose.sitting:
        neckline(trunk, sk, outfit, palette)
        ground = crossed_legs(trunk, sk, outfit, palette)
        book(front, sk.book, palette)
    raised_last = sorted((0, 1), key=lambda i: pose.arms[i][0])
    for i in raised_last:
        if not pose.behind[i]:
            arm(front if pose.sitting else trunk, sk, i, outfit, palette)
            if pose.hands[i] == "pocket":
                patch(trunk, sk, i, outfit, palette)
    if outfit.garment == "hoodie" and not pose.sitting:
        pouch(trunk, sk, palette)
    if not pose.sitting:
        neckline(trunk, sk, outfit, palette)
    return Body(tuple(behind.shapes), tuple(trunk.shapes), tuple(front.shapes), name, ground * HEAD_UNITS)
