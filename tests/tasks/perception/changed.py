"""Hard cases made out of plain portraits: glasses and beards drawn on, turned, dimmed, side by side."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.face_mesh import (
    LEFT_EYE_INNER,
    LEFT_EYE_OUTER,
    LIPS,
    RIGHT_EYE_INNER,
    RIGHT_EYE_OUTER,
)
from tasks.perception.analysis import PersonAnalysis
from tasks.perception.faces import find_faces
from tasks.perception.geometry import face_axes, face_oval, fill_polygon, scale_outline

Image = NDArray[np.uint8]
Color = tuple[int, int, int]


def _point(xy: NDArray[np.floating]) -> tuple[int, int]:
    return round(float(xy[0])), round(float(xy[1]))


def with_glasses(image: Image, color: Color = (30, 25, 25), *, dark_lenses: bool = False) -> Image:
    """Round glasses on the main face; with `dark_lenses`, sunglasses."""
    mesh = find_faces(image)[0].mesh.points
    across = mesh[LEFT_EYE_OUTER] - mesh[RIGHT_EYE_OUTER]
    width = float(np.linalg.norm(across))
    axis, angle = across / width, float(np.degrees(np.arctan2(across[1], across[0])))
    line = max(1, round(0.03 * width))
    drawn = image.copy()
    middles = [
        (mesh[RIGHT_EYE_OUTER] + mesh[RIGHT_EYE_INNER]) / 2,
        (mesh[LEFT_EYE_OUTER] + mesh[LEFT_EYE_INNER]) / 2,
    ]
    for middle in middles:
        lens = (_point(middle), (round(0.47 * width), round(0.44 * width)), angle)
        if dark_lenses:
            cv2.ellipse(drawn, lens, color, -1, cv2.LINE_AA)
        cv2.ellipse(drawn, lens, color, line, cv2.LINE_AA)
    bridge = _point(middles[0] + axis * 0.235 * width), _point(middles[1] - axis * 0.235 * width)
    cv2.line(drawn, *bridge, color, line, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), 0.6), np.uint8)


def with_beard(image: Image, roughness: float = 0.2) -> Image:
    """A full dark beard on the main face: along the jaw and around the mouth, of rough short hair.

    Without roughness it is but a shadow.
    """
    mesh = find_faces(image)[0].mesh.points
    axes = face_axes(mesh)
    height, sideways = axes.grid(image.shape)
    jaw = fill_polygon(image.shape, face_oval(mesh, axes, 1.06)) & (height < 0.40)
    cheeks = (height > 0.13) & (np.abs(sideways) > 0.19) & (np.abs(sideways) < 0.33)
    field = jaw & ~cheeks & ~fill_polygon(image.shape, scale_outline(mesh[LIPS], 1.02))
    soft = cv2.GaussianBlur(field.astype(np.float32), (0, 0), axes.height * 0.012)[..., None]
    dice = np.random.default_rng(1).normal(0, 1, image.shape[:2]).astype(np.float32)
    rough = np.asarray(cv2.GaussianBlur(dice, (0, 0), max(0.6, axes.height / 250)), np.float32)
    hair = image * np.clip(0.38 + roughness * rough / rough.std(), 0.1, 1)[..., None]
    return np.asarray(np.clip(image * (1 - soft) + hair * soft, 0, 255), np.uint8)


def of_photo(mask: NDArray[np.float32], seen: PersonAnalysis, photo: Image) -> NDArray[np.float32]:
    """A mask of a person's working picture, laid over the whole photo."""
    whole: NDArray[np.float32] = np.zeros(photo.shape[:2], np.float32)
    left, top = (int(value) for value in seen.offset)
    height, width = (round(side / seen.scale) for side in mask.shape)
    part = np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    whole[top : top + height, left : left + width] = part[: whole.shape[0] - top, : whole.shape[1] - left]
    return whole


def bald(image: Image, seen: PersonAnalysis) -> Image:
    """The main person with skin in the place of hair."""
    hair = cv2.dilate(of_photo(seen.hair, seen, image), np.ones((9, 9), np.uint8))
    mask = np.clip(cv2.GaussianBlur(hair, (0, 0), 2) * 1.2, 0, 1)[..., None]
    skin = cv2.cvtColor(np.array([[seen.colors.skin]], np.float32), cv2.COLOR_LAB2BGR)[0, 0] * 255
    pores = np.random.default_rng(0).normal(0, 3, image.shape)
    return np.asarray(np.clip(image * (1 - mask) + (skin + pores) * mask, 0, 255), np.uint8)


def turned(image: Image, degrees: float) -> Image:
    """Turned about its middle, with the edge repeated."""
    rows, columns = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1.0)
    return np.asarray(
        cv2.warpAffine(image, matrix, (columns, rows), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def in_light(image: Image, light: float) -> Image:
    """The same scene in `light` times the light (1 is as it was)."""
    linear = (image.astype(np.float32) / 255) ** 2.2
    return np.clip((linear * light) ** (1 / 2.2) * 255, 0, 255).astype(np.uint8)


def gray(image: Image) -> Image:
    """Black and white."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def side_by_side(left: Image, right: Image, height: int = 700) -> Image:
    """Two portraits in one picture, at one height."""
    scaled = [
        cv2.resize(image, (round(image.shape[1] * height / image.shape[0]), height))
        for image in (left, right)
    ]
    return np.asarray(np.hstack(scaled), np.uint8)
