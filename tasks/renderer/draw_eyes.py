"""Eyes, drawn anew on the shape that the photo gives: white, iris, pupil, light, lids, lashes."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import BgrImage, Color, Mask, Plane, Points
from tasks.renderer.canvas import Canvas
from tasks.renderer.eye_shape import eye_opening, eye_width, lids
from tasks.renderer.figure import Figure
from tasks.renderer.pixels import as_float32, blur, composite_over, mix, smoothstep
from tasks.renderer.shapes import as_points, fill_path, path_between, stroke_path

_SHUT = 0.13  # height by width below which an eye is a laughing line


@dataclass(frozen=True)
class EyeLook:
    """What a style makes of an eye. Sizes are shares of the eye's width or of the iris's radius."""

    stretch: tuple[float, float] = (1.04, 1.10)  # across, up and down
    iris_fill: float = 0.48  # smallest iris radius as a share of the eye's height
    iris_tall: float = 1.0
    lash: float = 0.075  # width of the upper lid's line
    wing: float = 0.05  # how far that line runs past the outer corner
    highlight: float = 0.24
    shaded: bool = True  # gradients, or flat shapes
    glow: bool = False  # a bright lower iris
    lower_line: float = 0.30  # of the upper line's width


@dataclass(frozen=True)
class EyePaint:
    """The colors for an eye."""

    iris: Color
    skin: Color
    ink: Color


@dataclass(frozen=True)
class _Shape:
    """An eye in its own frame: the axes, the lids, the iris."""

    across: Points
    down: Points
    width: float
    height: float
    upper: Points
    lower: Points
    opening: float
    iris: Points
    radius: float


def draw_eyes(image: BgrImage, figure: Figure, look: EyeLook, paint: EyePaint) -> None:
    """Paint both eyes into `image`."""
    for contour, iris in zip(figure.eye_contours, figure.irises, strict=True):
        shape = _shape(contour, iris, look)
        reach = shape.width * 1.5
        center = contour.mean(0)
        left, top = np.maximum(center - reach, 0).astype(int).tolist()
        right, bottom = np.minimum(center + reach, image.shape[1::-1]).astype(int).tolist()
        if right - left < 8 or bottom - top < 8:
            continue
        window = Canvas(right - left, bottom - top)
        image[top:bottom, left:right] = _eye(
            image[top:bottom, left:right], window, _moved(shape, (left, top)), look, paint
        )


def _shape(contour: Points, iris: tuple[Points, float], look: EyeLook) -> _Shape:
    center, axis = contour.mean(0), contour[8] - contour[0]
    width = float(np.linalg.norm(axis))
    across = axis / width
    down = np.array([-across[1], across[0]], np.float32)
    down = down if down[1] > 0 else -down
    local = np.stack(
        [(contour - center) @ across * look.stretch[0], (contour - center) @ down * look.stretch[1]], 1
    )
    placed = as_points(center + local[:, :1] * across + local[:, 1:] * down)
    upper, lower = lids(placed)
    width *= look.stretch[0]
    height = float(np.linalg.norm(upper[4] - lower[4]))
    radius = min(max(iris[1] * look.stretch[0], height * look.iris_fill), width * 0.36)
    return _Shape(
        across=across,
        down=down,
        width=width,
        height=height,
        upper=upper,
        lower=lower,
        opening=height / width,
        iris=_iris_in_eye(iris[0].ravel(), center, across, down, width, height),
        radius=radius,
    )


def _iris_in_eye(
    iris: Points, center: Points, across: Points, down: Points, width: float, height: float
) -> Points:
    """The iris's middle, kept where it can be seen."""
    away = iris - center
    sideways = np.clip(away @ across, -0.22 * width, 0.22 * width)
    upwards = np.clip(away @ down, -0.2 * height, 0.2 * height)
    return as_float32(center + across * sideways + down * upwards)


def _moved(shape: _Shape, origin: tuple[int, int]) -> _Shape:
    shift = np.array(origin, np.float32)
    return _Shape(
        shape.across, shape.down, shape.width, shape.height,
        shape.upper - shift, shape.lower - shift, shape.opening, shape.iris - shift, shape.radius,
    )  # fmt: skip


def _eye(image: BgrImage, window: Canvas, shape: _Shape, look: EyeLook, paint: EyePaint) -> BgrImage:
    if shape.opening < _SHUT:
        return mix(
            image, paint.ink, stroke_path(window, [(shape.upper, shape.width * look.lash)]) * np.float32(0.95)
        )
    opening = fill_path(window, path_between(shape.upper, shape.lower))
    x, y = window.columns - shape.iris[0], window.rows - shape.iris[1]
    right = as_float32((x * shape.across[0] + y * shape.across[1]) / shape.radius)
    below = as_float32((x * shape.down[0] + y * shape.down[1]) / (shape.radius * look.iris_tall))
    image = mix(image, _white_of_eye(below, look), opening)
    image = _iris(image, right, below, opening, shape, look, paint)
    return _lid_lines(image, window, shape, look, paint)


def _white_of_eye(below: BgrImage, look: EyeLook) -> BgrImage:
    white = np.array([0.945, 0.955, 0.965], np.float32)
    if not look.shaded:
        return np.broadcast_to(white, (*below.shape, 3)).astype(np.float32)
    return as_float32(white * (0.74 + 0.26 * smoothstep(below, -1.5, 0.1))[..., None])


def _iris(
    image: BgrImage,
    right: Plane,
    below: BgrImage,
    opening: Mask,
    shape: _Shape,
    look: EyeLook,
    paint: EyePaint,
) -> BgrImage:
    distance, edge = np.hypot(right, below), 1.2 / shape.radius
    disc = smoothstep(distance, 1 + edge, 1 - edge) * opening
    if not look.shaded:
        image = mix(image, paint.iris, disc)
        image = mix(image, paint.iris * 0.25, smoothstep(distance, 0.54 + edge, 0.54 - edge) * opening)
    else:
        light = smoothstep(below, -1.0, 1.0)[..., None]
        image = mix(image, np.clip(paint.iris * (0.55 + 0.75 * light) + 0.05 * light, 0, 1), disc)
        image = mix(image, paint.iris * 0.28, smoothstep(distance, 0.80, 1.0) * disc * np.float32(0.85))
        pupil = smoothstep(distance, 0.46 + edge, 0.46 - edge) * opening
        image = mix(image, np.array([0.05, 0.04, 0.06]), pupil)
        image = mix(
            image, np.array([0.04, 0.03, 0.06]), smoothstep(below, -0.2, -1.0) * disc * np.float32(0.6)
        )
    if look.glow:
        glow = smoothstep(np.hypot(right, (below - 0.58) / 0.55), 0.60, 0.25) * smoothstep(distance, 1.0, 0.9)
        image = mix(image, np.clip(paint.iris * 1.7 + 0.15, 0, 1), glow * opening * np.float32(0.75))
    spark = smoothstep(np.hypot(right + 0.36, below + 0.36), look.highlight + edge, look.highlight - edge)
    image = mix(image, np.ones(3), spark * opening * np.float32(0.97))
    if look.shaded:
        small = smoothstep(np.hypot(right - 0.40, below - 0.42), 0.14 + edge, 0.14 - edge)
        image = mix(image, np.ones(3), small * opening * np.float32(0.7))
    return image


def _lid_lines(image: BgrImage, window: Canvas, shape: _Shape, look: EyeLook, paint: EyePaint) -> Mask:
    width = shape.width * look.lash
    upper = shape.upper.copy()
    upper[0] -= shape.across * shape.width * look.wing + shape.down * shape.width * look.wing * 0.4
    image = mix(image, paint.ink, stroke_path(window, [(upper, width)]) * np.float32(0.96))
    if look.lower_line:
        color = mix(paint.skin, paint.ink, 0.55)
        image = mix(
            image, color, stroke_path(window, [(shape.lower[1:8], width * look.lower_line)]) * np.float32(0.6)
        )
        crease = shape.upper[1:8] - shape.down * shape.width * 0.10
        image = mix(image, paint.skin * 0.62, stroke_path(window, [(crease, width * 0.35)]) * np.float32(0.6))
    return image


@dataclass(frozen=True)
class AccentLook:
    """What a style adds to eyes that it keeps from the photo. Strengths 0..1."""

    lid: float = 0.75
    lid_width: float = 0.075  # of the eye's width
    iris: float = 0.35
    spark: float = 0.95
    softness: float = 0.7
    ink: tuple[float, float, float] = (0.20, 0.17, 0.22)


def accent_eyes(image: BgrImage, figure: Figure, look: AccentLook, tooth: Plane | float = 1.0) -> None:
    """Bring the photo's own eyes to life in place: a lid line, a clearer iris, a light in it."""
    if not figure.shows_eyes:
        return
    for contour, (iris, radius) in zip(figure.eye_contours, figure.irises, strict=True):
        upper, lower = lids(contour)
        line = blur(stroke_path(figure.canvas, [(upper, eye_width(contour) * look.lid_width)]), look.softness)
        if eye_opening(contour) > _SHUT:
            opening = fill_path(figure.canvas, path_between(upper, lower))
            x, y = iris.ravel().tolist()
            distance = figure.canvas.distance(x, y)
            disc = smoothstep(distance, radius + 1, radius - 1) * smoothstep(
                distance, radius * 0.3, radius * 0.6
            )
            composite_over(image, figure.palette.iris, disc * opening * np.float32(look.iris))
            lift = figure.canvas.distance(x - radius * 0.34, y - radius * 0.36)
            composite_over(
                image,
                np.ones(3),
                smoothstep(lift, radius * 0.30, radius * 0.14) * opening * np.float32(look.spark),
            )
        composite_over(image, np.array(look.ink), line * np.float32(look.lid) * tooth)
