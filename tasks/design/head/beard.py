"""Beards: what the sheet says grows, shaped by the face and colored by the photo, with tapering edges."""

import numpy as np

from tasks.arrays import BoolMask, Mask, Points
from tasks.design.geometry import (
    area_of,
    as_points,
    blurred,
    fill,
    grown,
    loops_of,
    median_lab,
    spline,
    stroke,
)
from tasks.design.head.beard_zones import beard_zone, goatee_zone, moustache_zone
from tasks.design.head.context import PROFILE, HeadContext
from tasks.design.head.hair_color import hair_base
from tasks.design.head.locks import tapered, united
from tasks.design.head.parts import drawn, lab_of
from tasks.design.shapes import Material, Role, Shape
from tasks.face_mesh import LIPS
from tasks.perception.analysis import Lab
from tasks.perception.character_sheet import FaceClass

TOLD = 0.5  # confidence from which a beard is drawn
STUBBLE_OPACITY = 0.32
OPACITY = 0.96
LIP_ROOM, LIP_TOUCH = 2.4, 0.4  # head units around the lips that no beard covers, and no moustache
BARE_STEP = 7.0  # L* from the skin: a beard that is measured closer to it is drawn so much darker
GRAY_SHARE = 0.72  # of the skin's chroma: grayer pixels are hair though they are not darker
DARK_STEP = 8.0  # L* below the skin from which a pixel is hair
WHITE = 62.0  # L* of hair from which beards are white or gray too
LIGHTER_PART = 60  # percentile
OF_HAIR = 0.5  # a white beard is so far towards the hair: what is measured is half shadow between its hairs
LEAST_PIXELS = 40
TIP_SPACING, TIP_LENGTH, TIP_WIDTH = 4.2, (3.0, 6.5), (2.6, 4.4)  # head units
STRANDS = 46
STRAND = (5.0, 9.0)  # head units
DARK = (9.0, 0.35)  # L*, and at most so much of the base's lightness, for strands in the shade
LIGHT = 8.0


def beard(context: HeadContext) -> list[Shape]:
    """Stubble, moustache, goatee or full beard; nothing where the sheet knows of none."""
    reading = context.sheet.traits.facial_hair
    if (
        reading.value in (None, "none")
        or reading.confidence < TOLD
        or context.age.small
        or context.mouth_hidden
    ):
        return []
    kind = reading.value
    lips = fill(context.mesh[LIPS])
    mask = fill(moustache_zone(context)) * (1 - grown(lips, LIP_TOUCH))
    if kind != "moustache":
        zone = goatee_zone if kind == "goatee" else beard_zone
        mask = np.maximum(mask, fill(zone(context)) * (1 - grown(lips, LIP_ROOM)))
    if abs(context.sheet.yaw) > PROFILE:  # the mesh's far side is invented
        mask = mask * (grown(context.face, 4) > 0.5)
    base = _color(context, mask > 0.5)
    loops = loops_of(mask, blur=0.5, even=2.5, least=12)
    if kind == "stubble":
        return drawn("beard", loops, base, Material.HAIR, Role.SHADE, clip="head", opacity=STUBBLE_OPACITY)
    rng = np.random.default_rng(context.seed + 17)
    tips = _tips(context, loops, rng, long=kind == "beard")
    whole = fill(*united(loops, tips)) * (1 - grown(lips, LIP_TOUCH))  # no tip hangs over the mouth
    shapes = drawn(
        "beard", loops_of(whole, blur=0.4, even=1.2, least=12), base, Material.HAIR, opacity=OPACITY
    )
    return shapes + _strands(context, mask, base, rng)


def _color(context: HeadContext, mask: BoolMask) -> Lab:
    """The median of what is darker or grayer than skin there; never the skin's own color."""
    sheet = context.sheet
    lab = np.stack([blurred(sheet.lab[..., k], 0.6) for k in range(3)], -1)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    own = float(np.hypot(*context.skin[1:]))
    hairy = (lab[..., 0] < context.skin[0] - DARK_STEP) | (chroma < GRAY_SHARE * own)
    inside = mask & (sheet.inside > 0.5)
    measured, hair = sheet.colors.facial_hair, hair_base(context)
    if hair[0] > WHITE:  # white hair is the lighter part of what is gray: the rest is shadow between it
        gray = inside & (chroma < GRAY_SHARE * own)
        if gray.sum() >= LEAST_PIXELS:
            hairy = gray & (lab[..., 0] >= np.percentile(lab[gray][:, 0], LIGHTER_PART))
    found = median_lab(lab, inside & hairy, LEAST_PIXELS // 2) if measured is None else np.array(measured)
    if found is None:
        found = np.array(hair)
    if hair[0] > WHITE:
        found = found + OF_HAIR * (np.array(hair) - found)
    if np.linalg.norm(found - np.array(context.skin)) < BARE_STEP:
        found = found - np.array((BARE_STEP, 0, 0))
    return lab_of(found)


def _tips(
    context: HeadContext, loops: tuple[Points, ...], rng: np.random.Generator, *, long: bool
) -> list[Points]:
    """Locks that hang over the lower edge, away from the mouth."""
    tips: list[Points] = []
    if not loops:
        return tips
    loop = loops[0]
    walked = np.cumsum(np.linalg.norm(np.diff(loop, axis=0, append=loop[:1]), axis=1))
    center = loop.mean(0)
    for at in np.arange(0, walked[-1], TIP_SPACING):
        point = loop[int(np.searchsorted(walked, at)) % len(loop)]
        away = point - center
        below = float(away @ context.down)
        if below < 0.12 * float(np.ptp(loop @ context.down)):
            continue
        heading = context.down + 0.02 * float(away @ context.across) * context.across
        heading = heading / float(np.linalg.norm(heading))
        length = float(rng.uniform(*TIP_LENGTH)) * (1.0 if long else 0.6)
        t = np.linspace(-1.2, 1, 8)[:, None]
        aside = context.across * float(rng.uniform(-0.12, 0.12)) * length
        path = point + heading * t * length * 0.8 + aside * t**2
        tips.append(tapered(as_points(path), float(rng.uniform(*TIP_WIDTH))))
    return tips


def _strands(context: HeadContext, mask: Mask, base: Lab, rng: np.random.Generator) -> list[Shape]:
    """Short lines that follow the growth: down, and outwards beside the chin."""
    inner = np.argwhere((mask > 0.5) & (context.sheet.share(FaceClass.MOUTH) < 0.3))
    if not len(inner) or area_of(mask) < 30:
        return []
    count = min(STRANDS, int(area_of(mask) / 22) + 6)
    rows, columns = inner[rng.choice(len(inner), count, replace=len(inner) < count)].T
    side, height = context.side_map[rows, columns], context.height_map[rows, columns]
    dark = lab_of((base[0] - min(DARK[0], DARK[1] * base[0]), base[1], base[2]))
    light = lab_of((min(base[0] + LIGHT, 96), base[1], base[2]))
    shapes: list[Shape] = []
    for k in range(count):
        length = float(rng.uniform(*STRAND))
        lean = float(np.clip(side[k] / 40, -0.6, 0.6))
        knots = [
            (side[k] - 0.5 * lean * length, height[k] - 0.5 * length),
            (side[k], height[k]),
            (side[k] + 0.3 * lean * length, height[k] + 0.5 * length),
        ]
        loop = stroke(spline(context.placed(knots), closed=False, per_segment=4), 0.8, ends=(0.3, 0.05))
        lab = dark if k % 3 else light
        shapes += drawn("beard_strand", loop, lab, Material.HAIR, Role.PEN, clip="beard", opacity=0.7)
    return shapes
