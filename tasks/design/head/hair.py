"""The hair in front: one silhouette that ends in tapering locks, and its tones along the flow."""

import cv2
import numpy as np

from tasks.design.geometry import loops_of, moved, smoothstep, spline, stroke
from tasks.design.head.context import HeadContext
from tasks.design.head.curls import curl_size, curls, scalloped
from tasks.design.head.hair_color import HairTones, hair_tones
from tasks.design.head.hair_flow import STEP, HairFlow, hair_flow, scattered
from tasks.design.head.locks import with_tips
from tasks.design.head.parts import drawn, skin_shadow
from tasks.design.shapes import Material, Role, Shape
from tasks.perception.character_sheet import UNIT

DARK, LIGHT, SHINE = -0.5, 0.65, 1.7  # of the tone along the hair, standard deviations from its median
SOFT = 0.35  # over which a tone's edge is found
LEAST_TONE = 9.0  # square head units
CAST = (0.6, 4.0)  # head units by which the hair's shadow falls on the face
CAST_LOWEST = -8.0  # head units: no shadow lower than so far above the chin
CAST_OPACITY = 0.7
CURL_SMEAR = 2
OUTLINE = 1.2
PENS = 9.0  # head units between strands, at least
MOST_PENS = 90
PEN_INSIDE = 1.6  # head units from the silhouette
PEN_WIDTH = (0.6, 1.15)
PEN_LENGTH = (8.0, 24.0)  # head units each way
LEAST_POINTS = 9
BRIGHT = 0.35  # of the tone along the hair, from which a strand is a light one
PEN_OPACITY = 0.75


def hair(context: HeadContext) -> list[Shape]:
    """The hair over the face and the shoulders, with its shadow on the skin."""
    mask = context.worn.hair
    if mask is None:
        return []
    curl = curl_size(context)
    flow = hair_flow(context, mask) if curl is None else hair_flow(context, mask, CURL_SMEAR)
    tones = hair_tones(context, flow.spread)
    rng = np.random.default_rng(context.seed)
    outline = loops_of(mask, blur=0.9, even=4.0, least=30)
    if curl is None:
        outline = with_tips(outline, flow, context.down, rng)
    else:
        outline = tuple(scalloped(loop, curl, context.face) for loop in outline)
    shadow = moved(mask, CAST[0], CAST[1]) * (context.height_map < CAST_LOWEST)
    shapes = skin_shadow(
        "hair_cast", loops_of(shadow, blur=1.0, even=4.0), context.tone(-11, 4, 2), CAST_OPACITY
    )
    shapes += drawn("hair", outline, tones.base, Material.HAIR, outline=OUTLINE)
    for name, level, over, lab, role in (
        ("hair_dark", DARK, -SOFT, tones.dark, Role.SHADE),
        ("hair_light", LIGHT, SOFT, tones.light, Role.LIGHT),
        ("hair_shine", SHINE, SOFT, tones.shine, Role.LIGHT),
    ):
        part = smoothstep(flow.tone, level - over / 2, level + over / 2) * flow.mask
        loops = loops_of(flow.whole(part), blur=0.5, even=2.2, least=LEAST_TONE)
        shapes += drawn(name, loops, lab, Material.HAIR, role, clip="hair")
    shapes += _pens(flow, rng, tones) if curl is None else curls(flow, curl, tones, rng)
    return shapes


def _pens(flow: HairFlow, rng: np.random.Generator, tones: HairTones) -> list[Shape]:
    """Strands: tapering lines along the flow, dark ones in the dark and light ones in the light."""
    solid = (flow.mask > 0.5).astype(np.uint8)
    spacing = max(PENS, float(np.sqrt(solid.sum() / UNIT**2 / MOST_PENS)))
    starts = scattered(flow, spacing, rng)
    inner = cv2.distanceTransform(solid, cv2.DIST_L2, 3)[flow.at(starts)] > PEN_INSIDE * UNIT
    starts = starts[inner]
    if not len(starts):
        return []
    bright = flow.tone[flow.at(starts)] > BRIGHT
    roots, ends = (flow.streamlines(starts, PEN_LENGTH[1], up=up) for up in (True, False))
    shapes: list[Shape] = []
    for root, end, light in zip(roots, ends, bright, strict=True):
        reach = rng.uniform(*PEN_LENGTH, 2) / STEP
        path = np.vstack([root[: int(reach[0])][::-1], end[1 : int(reach[1])]])
        width = float(rng.uniform(*PEN_WIDTH))
        if len(path) < LEAST_POINTS:
            continue
        loop = stroke(spline(path[::4], closed=False, per_segment=4), width, ends=(0.08, 0.05), bulge=0.4)
        lab = tones.light if light else tones.line
        shapes += drawn("hair_strand", loop, lab, Material.HAIR, Role.PEN, clip="hair", opacity=PEN_OPACITY)
    return shapes
