"""Brows, mouth, nose and cheeks as a style draws them."""

import numpy as np

from tasks.arrays import BgrImage, Color, Mask, Points
from tasks.face_mesh import (
    BLUSH_CHEEKS,
    BROW_EDGES,
    EYE_CORNERS,
    LOWER_LIP_EDGE,
    MOUTH_CORNERS,
    NOSE_BASE,
    UPPER_LIP_EDGE,
)
from tasks.renderer.color import bgr_from_lab, to_lab
from tasks.renderer.figure import Figure
from tasks.renderer.pixels import as_float32, blur, composite_over, mix, smoothstep
from tasks.renderer.shapes import as_points, fill_path, path_between, stroke_path

_OPEN = 0.022  # gap between the lips by face height from which a mouth shows its inside
_DARK_MOUTH = np.array([0.16, 0.12, 0.30], np.float32)
_TOOTH = np.array([0.86, 0.93, 0.955], np.float32)  # warm off-white: paint, not light


def brow_mask(figure: Figure) -> Mask:
    """Both brows as the photo has them: what is darker than the skin around, near where brows are."""
    lightness = to_lab(figure.image)[..., 0]
    size = figure.face_height
    zone = figure.canvas.mask()
    for upper, lower in BROW_EDGES:
        outline = path_between(figure.at(*upper), figure.at(*lower))
        zone = np.maximum(zone, fill_path(figure.canvas, _grown(outline, 1.12, 0.010 * size)))
    zone = blur(zone, 0.006 * size)
    darker = blur(lightness, 0.10 * size) - blur(lightness, 0.006 * size)
    strongest = float(np.percentile(darker[zone > 0.5], 85)) if (zone > 0.5).any() else 9.0
    return smoothstep(darker, 0.2 * max(strongest, 4), 0.8 * max(strongest, 4)) * zone


def _grown(outline: Points, stretch: float, rise: float) -> Points:
    center = outline.mean(0)
    return as_points(center + (outline - center) * stretch - (0, rise * 0.5))


def brow_strokes(figure: Figure, width: float, lift: float = 0.0) -> Mask:
    """Both brows as one swelling stroke each; `width` and `lift` in face heights."""
    strokes = []
    for upper, lower in BROW_EDGES:
        middle = (figure.at(*upper) + figure.at(*lower)) / 2 - (0, lift * figure.face_height)
        strokes.append((as_points(middle), width * figure.face_height))
    return stroke_path(figure.canvas, strokes)


def lip_color(figure: Figure) -> Color:
    """The color of the lips in the photo, kept near what lips can be on this skin."""
    lips = lips_mask(figure)
    chosen = lips > 0.6
    skin = np.array(figure.palette.skin_lab, np.float32)
    if chosen.sum() < 30:
        return bgr_from_lab(np.add(skin, (-10, 10, 2)))
    seen = np.median(to_lab(figure.image[chosen][None]), axis=1)[0]
    low, high = np.add(skin, (-34, 5, -22)), np.add(skin, (-5, 38, 10))
    return bgr_from_lab(np.clip(seen, low, high))


def lips_mask(figure: Figure) -> Mask:
    """Both lips, without what shows between them."""
    whole = fill_path(figure.canvas, path_between(figure.at(*UPPER_LIP_EDGE), figure.at(*LOWER_LIP_EDGE)))
    return whole * (1 - fill_path(figure.canvas, path_between(*figure.mouth_inside())))


def draw_lips(image: BgrImage, figure: Figure, color: Color, opacity: float) -> None:
    """Both lips in one color, the upper one a shade darker."""
    upper_inner, lower_inner = figure.mouth_inside()
    upper = fill_path(figure.canvas, path_between(figure.at(*UPPER_LIP_EDGE), upper_inner))
    lower = fill_path(figure.canvas, path_between(lower_inner, figure.at(*LOWER_LIP_EDGE)))
    composite_over(image, color * 0.88, upper * np.float32(opacity))
    composite_over(image, color, lower * np.float32(opacity))


def draw_open_mouth(image: BgrImage, figure: Figure) -> None:
    """What shows between the lips, as clean shapes: a row of teeth only where the photo is bright there."""
    if figure.mouth_opening < _OPEN:
        return
    upper, lower = figure.mouth_inside()
    inside = fill_path(figure.canvas, path_between(upper, lower))
    low = smoothstep(figure.canvas.rows, float(upper[:, 1].mean()), float(lower[:, 1].max()))
    tongue = mix(_DARK_MOUTH, np.array([0.36, 0.34, 0.66]), 0.55)
    composite_over(image, mix(np.ones_like(image) * _DARK_MOUTH, tongue, low * np.float32(0.7)), inside)
    share = _teeth_share(figure, inside)
    if share > 0.18:
        reach = min(0.94, 0.22 + share)
        teeth = fill_path(figure.canvas, path_between(upper, as_points(upper + (lower - upper) * reach)))
        composite_over(image, _TOOTH * _mouth_shade(figure)[..., None], teeth * inside)


def _teeth_share(figure: Figure, inside: Mask) -> float:
    """How much of the open mouth is teeth: bright, and hardly colored."""
    seen = inside > 0.6
    if not seen.any():
        return 0.0
    lab, skin = to_lab(figure.image[seen][None])[0], figure.palette.skin_lab[0]
    bright = smoothstep(lab[:, 0], max(38.0, 0.66 * skin), max(52.0, 0.88 * skin))
    return float((bright * smoothstep(np.hypot(lab[:, 1], lab[:, 2]), 34, 20)).mean())


def _mouth_shade(figure: Figure) -> Mask:
    """Light in the middle of the mouth, dim in its corners and under the upper lip."""
    left, right = figure.at(*MOUTH_CORNERS)
    center, half = (left + right) / 2, np.linalg.norm(right - left) / 2
    across = (right - left) / (2 * half)
    along = np.abs(
        (figure.canvas.columns - center[0]) * across[0] + (figure.canvas.rows - center[1]) * across[1]
    )
    top = float(figure.mouth_inside()[0][:, 1].mean())
    under_lip = smoothstep(figure.canvas.rows, top - 2, top + 0.035 * figure.face_height)
    return as_float32(1 - 0.42 * smoothstep(along / half, 0.45, 1.0)) * (0.84 + 0.16 * under_lip)


def mouth_line(figure: Figure, width: float) -> Mask:
    """The line where the lips meet; `width` in face heights."""
    upper, _ = figure.mouth_inside()
    corners = figure.at(*MOUTH_CORNERS)
    line = as_points(np.vstack([corners[:1], upper[1:-1], corners[1:]]))
    return stroke_path(figure.canvas, [(line, width * figure.face_height)])


def nose_tick(figure: Figure, width: float) -> Mask:
    """A small hook under the nose; `width` in face heights."""
    tip, size = figure.mesh[NOSE_BASE], figure.face_height * 0.022
    hook = as_points([(-size, -0.3 * size), (0, 0.2 * size), (size, -0.3 * size)])
    return stroke_path(figure.canvas, [(as_points(tip + hook), width * figure.face_height)])


def blush(figure: Figure, radius: float, stretch: float = 1.25) -> Mask:
    """A soft patch on each cheek; `radius` in face heights. The far cheek fades as the head turns."""
    total = figure.canvas.mask()
    spread = 2 * (figure.face_height * radius) ** 2
    for cheek, side in zip(BLUSH_CHEEKS, (-1, 1), strict=True):
        x, y = figure.mesh[cheek].tolist()
        seen = float(np.clip(1 - 1.6 * max(0.0, side * figure.yaw), 0.2, 1))
        distance = ((figure.canvas.columns - x) / stretch) ** 2 + (figure.canvas.rows - y) ** 2
        total = np.maximum(total, np.exp(-distance / np.float32(spread)) * np.float32(seen))
    return total * figure.skin


def attention(figure: Figure) -> Mask:
    """1 around eyes and mouth, 0 far away: where every style keeps detail."""
    total = figure.canvas.mask()
    corners = [*EYE_CORNERS, MOUTH_CORNERS]
    for pair in corners:
        ends = figure.at(*pair)
        center, width = ends.mean(0), float(np.linalg.norm(ends[0] - ends[1]))
        x, y = center.tolist()
        distance = figure.canvas.distance(x, y, stretch=1.25)
        total = np.maximum(total, np.exp(-(distance**2) / np.float32(2 * (0.62 * width) ** 2)))
    return total
