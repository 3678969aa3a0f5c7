"""Eyes: lids from the measured contours, a little larger than in life, and what looks out between them."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import Points
from tasks.design.geometry import as_points, ellipse, spline, stroke
from tasks.design.head.context import EYES, PROFILE, TURNED, HeadContext
from tasks.design.head.parts import drawn, lab_of, skin_pen
from tasks.design.shapes import Material, Role, Shape
from tasks.perception.analysis import Lab

LARGER = 1.13  # than measured: beyond 1.2 the likeness is lost
LARGER_SMALL = 1.2  # of children
LARGER_FAR = 1.1  # of the far eye of a turned head

_NAMES = ("eye_right", "eye_left")
_SHUT = 0.13  # height over width up to which an eye is a line
_OPEN = (0.29, 0.46)  # height over width of a drawn open eye
_OPEN_SMALL = (0.38, 0.52)  # of children
_WHITE = 19.0  # L* above the skin: whites are never pure
_WHITEST = 90.0
_LIGHTEST = 90  # percentile of an eye's pixels that is white, not iris, lash or glint
_MOST_LIGHTER, _WHITEST_SEEN = 14.0, 80.0  # L* by which seen whites may be lighter than that, and at the most
_FEWEST = 60  # map pixels of eyes; fewer say nothing
_IRIS_LARGER = 1.15  # than measured
_IRIS = (0.42, 0.56)  # of the eye's height: half of the iris
_IRIS_SMALL = (0.5, 0.62)
_UNKNOWN_IRIS: Lab = (26.0, 9.0, 13.0)  # a dark brown, which is right for most people
_IRIS_LIGHTNESS = (15.0, 52.0)
_IRIS_COLORFUL = 1.4  # photos show irises grayer than people remember them
_LID_SHADE = 0.3  # of the eye's height lies in the upper lid's shade


@dataclass(frozen=True)
class Eye:
    """One eye as it is drawn."""

    name: str
    lids: Points  # 16x2, as the sheet has it: 0..8 lower lid from the outer corner, 9..15 upper lid as well
    outward: Points  # unit vector from the inner corner to the outer
    upward: Points  # unit vector
    width: float
    height: float
    iris: Points
    radius: float
    shut: bool

    @property
    def upper(self) -> Points:
        """The upper lid from the outer corner to the inner, a curve."""
        return spline(np.vstack([self.lids[:1], self.lids[9:], self.lids[8:9]]), closed=False)

    @property
    def lower(self) -> Points:
        """The lower lid from the outer corner to the inner, a curve."""
        return spline(self.lids[:9], closed=False)


def eyes(context: HeadContext) -> list[Shape]:
    """Both eyes; none behind sunglasses, and no far one in a profile."""
    if context.dark_lenses:
        return []
    return [shape for eye in find_eyes(context) for shape in _draw(context, eye)]


def find_eyes(context: HeadContext) -> list[Eye]:
    """The eyes that are drawn, the person's right one first."""
    far = (context.sheet.yaw < -PROFILE, context.sheet.yaw > PROFILE)
    return [_find(context, side) for side in (0, 1) if not far[side]]


def _find(context: HeadContext, side: int) -> Eye:
    sheet = context.sheet
    contour = sheet.eye_contours[side]
    middle = contour.mean(0)
    width = max(float(np.linalg.norm(contour[0] - contour[8])), 1e-3)
    outward = (contour[0] - contour[8]) / width
    upward = np.array([outward[1], -outward[0]], np.float32)
    upward = upward if upward @ context.down < 0 else -upward
    height = float(np.ptp(contour @ upward))
    shut = height < _SHUT * width
    is_far = (sheet.yaw < -TURNED, sheet.yaw > TURNED)[side]
    larger = LARGER_FAR if is_far else LARGER_SMALL if context.age.small else LARGER
    taller = (
        1.0
        if shut or is_far
        else float(np.clip(height / width, *(_OPEN_SMALL if context.age.small else _OPEN))) * width / height
    )
    relative = contour - middle
    along, above = relative @ outward, relative @ upward
    lids = middle + larger * (np.outer(along, outward) + np.outer(above, upward) * max(1.0, taller))
    tall = float(np.ptp(lids @ upward))
    center, measured = sheet.irises[side]
    least, most = _IRIS_SMALL if context.age.small else _IRIS
    radius = float(np.clip(measured * _IRIS_LARGER, least * tall, most * tall))
    if not is_far:
        radius = max(radius, 0.2 * width * larger)
    at = middle + (center - middle) * 0.9
    return Eye(
        _NAMES[side], as_points(lids), as_points(outward)[0], as_points(upward)[0], width * larger, tall,
        as_points(at)[0], radius, shut,
    )  # fmt: skip


def _draw(context: HeadContext, eye: Eye) -> list[Shape]:
    turned = "head" if abs(context.sheet.yaw) > TURNED else None
    ink = lab_of((min(14.0, context.skin[0] * 0.3), 5, 5))
    if eye.shut:
        line = stroke(eye.lower, 2.2, ends=(0.5, 0.2), bulge=0.4)
        return drawn("lash", line, ink, Material.FEATURE, Role.PEN, clip=turned)
    white = lab_of((_white(context), 1.5, 4))
    return [
        *drawn(eye.name, np.vstack([eye.lower, eye.upper[::-1]]), white, Material.FEATURE, clip=turned),
        *drawn(
            "eye_shade",
            np.vstack([eye.upper, (eye.upper - eye.upward * _LID_SHADE * eye.height)[::-1]]),
            (white[0] - 16, 4, 5),
            Material.FEATURE,
            Role.SHADE,
            clip=eye.name,
        ),
        *_iris(context, eye),
        *_lids(context, eye, ink, turned),
    ]


def _white(context: HeadContext) -> float:
    """L* of the whites, of both eyes: as light as they are seen, and lighter than the skin."""
    least = min(_WHITEST, context.skin[0] + _WHITE)
    seen = context.sheet.lab[..., 0][context.sheet.share(*EYES) > 0.7]
    if len(seen) < _FEWEST:
        return least
    return max(least, min(float(np.percentile(seen, _LIGHTEST)), least + _MOST_LIGHTER, _WHITEST_SEEN))


def _iris(context: HeadContext, eye: Eye) -> list[Shape]:
    measured = context.sheet.colors.eyes or _UNKNOWN_IRIS
    lightness = float(np.clip(measured[0], *_IRIS_LIGHTNESS))
    a, b = measured[1] * _IRIS_COLORFUL, measured[2] * _IRIS_COLORFUL
    r, at = eye.radius, eye.iris
    across = context.across

    def disc(
        size: float,
        color: Lab | tuple[float, float, float],
        name: str,
        offset: tuple[float, float] = (0.0, 0.0),
        flat: float = 1.0,
        role: Role = Role.FILL,
    ) -> list[Shape]:
        center = at + across * offset[0] * r + context.down * offset[1] * r
        loop = ellipse(center, r * size, r * size * flat, angle=float(np.arctan2(across[1], across[0])))
        return drawn(name, loop, color, Material.FEATURE, role, clip=eye.name)

    return [
        *disc(1.0, (lightness * 0.45, a * 0.9, b * 0.9), "iris_rim"),
        *disc(0.86, (lightness, a, b), "iris"),
        *disc(0.58, (lightness + 13, a, b + 5), "iris_glow", (0, 0.36), flat=0.72, role=Role.LIGHT),
        *disc(0.46, (5, 0, 0), "pupil"),
        *disc(0.31, (98, 0, 0), "catchlight", (-0.34, -0.36), role=Role.LIGHT),
        *disc(0.12, (96, 0, 0), "catchlight", (0.34, 0.36), role=Role.LIGHT),
    ]


def _lids(context: HeadContext, eye: Eye, ink: Lab, turned: str | None) -> list[Shape]:
    """Lashes as one line, the lower lid and the fold above: fainter the younger the face."""
    pen = context.age.pen
    tip = eye.lids[0] + eye.outward * 0.9 + eye.upward * 0.4
    lash = stroke(np.vstack([tip, eye.upper]), 1.3 + 0.9 * pen, ends=(0.35, 0.25), bulge=0.35)
    fold = spline(eye.lids[9:16], closed=False) + eye.upward * (2.2 + 0.12 * eye.height)
    return [
        *drawn("lash", lash, ink, Material.FEATURE, Role.PEN, clip=turned),
        *skin_pen(
            "lid_lower",
            stroke(spline(eye.lids[1:8], closed=False), 0.9 * pen),
            context.tone(-24, 9, 4),
            0.8,
        ),
        *skin_pen("lid_fold", stroke(fold, 1.1 * pen), context.tone(-17, 7, 4), 0.8),
    ]
