"""Glasses: rims as wide, high and square as the photo shows them, clear or dark lenses, bridge, temples."""

from dataclasses import replace

import numpy as np

from tasks.arrays import Points
from tasks.design.geometry import as_points, fill, grown, scaled, shrunk, smoothstep, spline, stroke
from tasks.design.head.context import BROWS, PROFILE, HeadContext
from tasks.design.head.lenses import Lens, measure_lenses
from tasks.design.head.parts import drawn, lab_of
from tasks.design.shapes import Material, Role, Shape
from tasks.face_mesh import NOSE_BRIDGE
from tasks.perception.analysis import Lab
from tasks.perception.character_sheet import UNIT

DARK_LENS = 0.6  # of the skin's lightness: what shows through the lower part of a darker lens is dark
SURELY_DARK = 0.5  # the same where the sheet says that they are clear
NEAR_RIM = 4.0  # head units around the lens' outline in which the rim is measured
DARK_PART = 35  # percentile: the rim is the darkest of what is near it
RIM_DARKEST = 0.62  # of the skin's lightness; a rim that is hardly darker is drawn as a thin one of metal
RIM_WIDTH = (1.3, 3.4)  # head units
THIN = 1.1
CLEAR = 0.10  # opacity of a clear lens
TINT: Lab = (94.0, -1.0, -3.0)
DARK_RANGE = (9.0, 34.0)  # L* of dark lenses
TEMPLES = (127, 356)  # mesh points where the face ends beside the eyes, right and left
LEAST_TEMPLE = 3.0
FAR, FAR_AT = (
    0.5,
    0.35,
)  # of a profile's far lens: its width, of the near one's; its middle, beyond the bridge


def eyewear(context: HeadContext) -> list[Shape]:
    """Glasses or sunglasses; nothing where none are seen."""
    lenses = measure_lenses(context)
    if not lenses:
        return []
    dark = _dark_lens(context, lenses)
    rim, width = _rim(context, lenses)
    shapes = _temples(context, lenses, rim, width)
    for lens in lenses:
        shapes += _dark(lens, dark) if dark is not None else _clear(lens)
        inner = _inset(lens, width)
        shapes += drawn("rim", [_inset(lens, -0.25 * width), inner], rim, Material.GLASS)
    return shapes + _bridge(context, lenses, rim, width)


def eyewear_behind(context: HeadContext) -> list[Shape]:
    """The far lens of a profile, seen beyond the bridge of the nose; the head lies over the rest of it."""
    lenses = measure_lenses(context)
    if len(lenses) != 1 or abs(context.sheet.yaw) <= PROFILE:
        return []
    lens, bridge = lenses[0], context.mesh[NOSE_BRIDGE]
    inward = 1.0 if lens.index == 0 else -1.0
    half = float(np.ptp(lens.loop @ lens.right)) / 2
    low = float((lens.center - bridge) @ lens.down)
    local = np.stack([(lens.loop - lens.center) @ lens.right * FAR, (lens.loop - lens.center) @ lens.down], 1)
    center = bridge + inward * FAR_AT * half * lens.right + low * lens.down
    loop = as_points(local[:, :1] * lens.right + local[:, 1:] * lens.down + center)
    far = replace(lens, side="far", loop=loop, center=as_points(center)[0])
    dark, (rim, width) = _dark_lens(context, lenses), _rim(context, lenses)
    shapes = _dark(far, dark) if dark is not None else _clear(far)
    return [*shapes, *drawn("rim", [_inset(far, -0.25 * width), _inset(far, width)], rim, Material.GLASS)]


def _inset(lens: Lens, by: float) -> Points:
    """The lens' outline moved inwards by head units."""
    wide, tall = np.ptp(lens.loop @ lens.right), np.ptp(lens.loop @ lens.down)
    middle = lens.center
    local = np.stack([(lens.loop - middle) @ lens.right, (lens.loop - middle) @ lens.down], 1)
    local = local * np.array([1 - 2 * by / max(wide, 1), 1 - 2 * by / max(tall, 1)])
    return as_points(local[:, :1] * lens.right + local[:, 1:] * lens.down + middle)


def _placed(lens: Lens, corners: list[tuple[float, float]]) -> Points:
    """Corners as shares of the lens' half width and half height -> head units."""
    half = np.array([np.ptp(lens.loop @ lens.right), np.ptp(lens.loop @ lens.down)]) / 2
    local = np.asarray(corners) * half
    return as_points(local[:, :1] * lens.right + local[:, 1:] * lens.down + lens.center)


def _clear(lens: Lens) -> list[Shape]:
    name = f"lens_{lens.side}"
    glint = [_placed(lens, [(-0.55, -0.9), (-0.3, -0.9), (-0.62, 0.75), (-0.85, 0.75)])]
    return [
        *drawn(name, lens.loop, TINT, Material.GLASS, opacity=CLEAR),
        *drawn("lens_glint", glint, (98, 0, 0), Material.GLASS, Role.LIGHT, clip=name, opacity=0.3),
    ]


def _dark(lens: Lens, color: Lab) -> list[Shape]:
    name = f"lens_{lens.side}"
    lower = _placed(lens, [(-1.2, 0.15), (0, -0.02), (1.2, 0.15), (1.2, 1.2), (-1.2, 1.2)])
    lowest = _placed(lens, [(-1.2, 0.55), (0, 0.42), (1.2, 0.55), (1.2, 1.2), (-1.2, 1.2)])
    glint = _placed(lens, [(-0.5, -0.95), (-0.15, -0.95), (-0.6, 0.85), (-0.9, 0.85)])
    lighter = lab_of((color[0] + 8, color[1], color[2]))
    lightest = lab_of((color[0] + 15, color[1], color[2]))
    return [
        *drawn(name, lens.loop, color, Material.GLASS),
        *drawn("lens_low", lower, lighter, Material.GLASS, Role.LIGHT, clip=name),
        *drawn("lens_low", lowest, lightest, Material.GLASS, Role.LIGHT, clip=name),
        *drawn("lens_glint", glint, (82, 0, -3), Material.GLASS, Role.LIGHT, clip=name, opacity=0.4),
    ]


def _dark_lens(context: HeadContext, lenses: list[Lens]) -> Lab | None:
    """The color of dark lenses; None if eyes show through."""
    sheet, seen = context.sheet, []
    for lens in lenses:
        eye = fill(scaled(sheet.eye_contours[lens.index], 1.5))
        below = context.height_map > context.height_of(lens.center)
        inner = (shrunk(fill(lens.loop), 6) > 0.5) & below & (eye < 0.5) & (sheet.inside > 0.5)
        if inner.sum() > 20:
            seen.append(np.median(sheet.lab[inner], 0))
    reading = sheet.traits.glasses
    if not seen:
        return None
    darkest = max(seen, key=lambda lab: float(lab[0]))
    limit = SURELY_DARK if context.seen(reading, "glasses") else DARK_LENS
    if not context.seen(reading, "sunglasses") and darkest[0] > limit * context.skin[0]:
        return None
    return lab_of((np.clip(darkest[0] * 0.8, *DARK_RANGE), darkest[1] * 0.7, darkest[2] * 0.7))


def _rim(context: HeadContext, lenses: list[Lens]) -> tuple[Lab, float]:
    """The rims' color, and their width in head units."""
    sheet = context.sheet
    ring, length = np.zeros_like(sheet.inside), 0.0
    for lens in lenses:
        whole = fill(lens.loop)
        ring = np.maximum(ring, grown(whole, NEAR_RIM) - shrunk(whole, NEAR_RIM))
        length += float(np.linalg.norm(np.diff(lens.loop, axis=0, append=lens.loop[:1]), axis=1).sum())
    brows = grown(sheet.share(*BROWS), 2) > 0.5
    near = (ring > 0.5) & (sheet.inside > 0.5) & ~brows
    limit = RIM_DARKEST * context.skin[0]
    fallback = lab_of((min(0.45 * context.skin[0], 34.0), 4, 6))
    if near.sum() < 30:
        return sheet.colors.rims or fallback, RIM_WIDTH[0]
    pixels = sheet.lab[near]
    dark = pixels[pixels[:, 0] <= np.percentile(pixels[:, 0], DARK_PART)]
    color = np.median(dark, 0)
    share = float(smoothstep(pixels[:, 0], limit * 1.15, limit * 0.85).sum())
    width = float(np.clip(share / UNIT**2 / max(length, 1), *RIM_WIDTH))
    if sheet.colors.rims is not None:
        color = np.array(sheet.colors.rims)
    elif color[0] > limit:
        color, width = np.array(fallback), THIN
    if context.seen(sheet.traits.rims, "rimless"):
        width = THIN
    return lab_of((min(color[0], limit), color[1], color[2])), width


def _temples(context: HeadContext, lenses: list[Lens], rim: Lab, width: float) -> list[Shape]:
    shapes: list[Shape] = []
    for lens in lenses:
        ear = context.mesh[TEMPLES[lens.index]]
        outward = float(np.sign((lens.center - context.mesh[NOSE_BRIDGE]) @ lens.right)) or 1.0
        hinge = _placed(lens, [(0.96 * outward, -0.45)])[0]
        if float((ear - hinge) @ lens.right) * outward > LEAST_TEMPLE:
            path = np.linspace(hinge, ear + (ear - hinge) * 0.3, 6)
            shapes += drawn(
                "temple", stroke(path, 0.9 * width, ends=(1, 0.8)), rim, Material.GLASS, Role.PEN, clip="head"
            )
    return shapes


def _bridge(context: HeadContext, lenses: list[Lens], rim: Lab, width: float) -> list[Shape]:
    if len(lenses) < 2:
        return _bridge_of_one(context, lenses[0], rim, width)
    first, second = sorted(lenses, key=lambda lens: float(lens.center @ lens.right))
    start, end = _placed(first, [(0.97, -0.3)])[0], _placed(second, [(-0.97, -0.3)])[0]
    rise = 0.12 * float(np.linalg.norm(end - start)) + 0.6
    middle = (start + end) / 2 - first.down * rise
    path = spline([start, middle, end], closed=False)
    return drawn("bridge", stroke(path, 0.95 * width, ends=(1, 1)), rim, Material.GLASS, Role.PEN)


def _bridge_of_one(context: HeadContext, lens: Lens, rim: Lab, width: float) -> list[Shape]:
    """In a profile, from the lens to where the nose ends."""
    if abs(context.sheet.yaw) <= PROFILE:
        return []
    inward = 1.0 if lens.index == 0 else -1.0
    start = _placed(lens, [(0.97 * inward, -0.3)])[0]
    path = np.linspace(start, context.mesh[NOSE_BRIDGE] + 2 * inward * lens.right, 5)
    return drawn(
        "bridge", stroke(path, 0.95 * width, ends=(1, 1)), rim, Material.GLASS, Role.PEN, clip="head"
    )
