"""People who don't exist: public-domain faces mixed, bent and recolored, to be drawn as decoys.

Nobody's photo but the three of tests/photos goes in. Every stranger is the same for the same number.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, Points
from tasks.face_mesh import CHIN, FOREHEAD, LEFT_BROW, LEFT_EYE, LIPS, NOSE_TIP, RIGHT_BROW, RIGHT_EYE
from tasks.perception.faces import find_faces

SIDE = (720, 900)  # width, height of a stranger's picture
_FACE = 300.0  # pixels, chin to forehead
_CHIN = (360.0, 560.0)
_GRID = 48  # nodes of the warp's grid, a side
_NOSE = np.array([NOSE_TIP, 4, 5, 195, 98, 327, 2, 97, 326, 129, 358])
# The parts whose size and place change from one stranger to the next; and by how much, at most.
_PARTS = (
    (RIGHT_EYE, 0.16, 0.02),
    (LEFT_EYE, 0.16, 0.02),
    (RIGHT_BROW, 0.18, 0.035),
    (LEFT_BROW, 0.18, 0.035),
    (LIPS, 0.22, 0.03),
    (_NOSE, 0.25, 0.03),
)
_FEATURES = (np.concatenate([RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW]), _NOSE, LIPS)


@dataclass(frozen=True)
class Source:
    """A known person's photo, brought to the strangers' frame."""

    picture: BgrBytes
    mesh: Points  # 468x2, pixels of the frame


def source(photo: BgrBytes) -> Source:
    """The main person of a photo, upright, at the strangers' size."""
    mesh = find_faces(photo)[0].mesh.points
    up = mesh[FOREHEAD] - mesh[CHIN]
    scale = _FACE / float(np.linalg.norm(up))
    turn = float(np.arctan2(up[0], -up[1]))
    cos, sin = np.cos(-turn) * scale, np.sin(-turn) * scale
    matrix = np.array([[cos, -sin, 0.0], [sin, cos, 0.0]])
    matrix[:, 2] = np.array(_CHIN) - matrix[:, :2] @ mesh[CHIN]
    picture = cv2.warpAffine(photo, matrix, SIDE, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return Source(
        np.asarray(picture, np.uint8), np.asarray(mesh @ matrix[:, :2].T + matrix[:, 2], np.float32)
    )


def stranger(sources: list[Source], number: int) -> BgrBytes:
    """The stranger of this number: a picture of SIDE."""
    dice = np.random.default_rng(20_261_130 + number)
    weights = dice.dirichlet(np.full(len(sources), 0.7))
    mesh = np.asarray(sum(w * each.mesh for w, each in zip(weights, sources, strict=True)), np.float32)
    mesh = _bent(mesh, dice)
    # Texture: one mix for the whole, and others for what makes a face: eyes with brows, nose, mouth.
    picture = _mixed(sources, mesh, weights)
    for part in _FEATURES:
        mask = np.zeros(SIDE[::-1], np.float32)
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(mesh[part]).astype(np.int32)), (1.0,))
        mask = cv2.GaussianBlur(cv2.dilate(mask, np.ones((25, 25), np.uint8)), (0, 0), 9)[..., None]
        other = _mixed(sources, mesh, dice.dirichlet(np.full(len(sources), 0.3)))
        picture = other * mask + picture * (1 - mask)
    return _recolored(picture, mesh, dice)


def _bent(mesh: Points, dice: np.random.Generator) -> Points:
    chin, up = mesh[CHIN].copy(), float(np.linalg.norm(mesh[FOREHEAD] - mesh[CHIN]))
    out = mesh.copy()
    for part, size, place in _PARTS:
        middle = mesh[part].mean(0)
        factor = 1 + dice.uniform(-size, size, 2)
        shift = dice.uniform(-place, place, 2) * up
        weight = np.exp(-(((mesh - middle) ** 2).sum(1)) / (2 * (0.11 * up) ** 2))[:, None]
        out += weight * ((mesh - middle) * (factor - 1) + shift)
    # The whole: wider or narrower, chin longer or shorter, and for every third the proportions of a child.
    out[:, 0] = chin[0] + (out[:, 0] - chin[0]) * dice.uniform(0.88, 1.12)
    height = (chin[1] - out[:, 1]) / up
    out[:, 1] += dice.uniform(-0.06, 0.06) * up * np.clip(0.4 - height, 0, 1)
    if dice.uniform() < 1 / 3:
        eyes = np.concatenate([RIGHT_EYE, LEFT_EYE])
        out[:, 1] += 0.07 * up * np.clip(height, 0, 1) * np.clip(1.2 - height, 0, 1) * 2
        out[eyes] += (out[eyes] - mesh[eyes].mean(0)) * np.array([0.0, 0.25])
    return np.asarray(out, np.float32)


def _mixed(sources: list[Source], mesh: Points, weights: NDArray[np.float64]) -> NDArray[np.float32]:
    mixed = np.zeros((*SIDE[::-1], 3), np.float32)
    for weight, each in zip(weights, sources, strict=True):
        mixed += np.float32(weight) * _warped(each, mesh)
    return mixed


def _warped(each: Source, mesh: Points) -> NDArray[np.float32]:
    """The source's picture with its mesh at `mesh`: inverse distances on a coarse grid, then smooth."""
    xs, ys = (np.linspace(0, side - 1, _GRID, dtype=np.float32) for side in SIDE)
    nodes = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    away = ((nodes[:, None] - mesh[None]) ** 2).sum(-1)
    near = 1 / (away + 60.0) ** 1.5
    shift = (near @ (each.mesh - mesh)) / near.sum(1, keepdims=True)
    shift *= np.exp(-away.min(1, keepdims=True) / (2 * 110.0**2))  # far from the face nothing moves
    field = cv2.resize(shift.reshape(_GRID, _GRID, 2).astype(np.float32), SIDE, interpolation=cv2.INTER_CUBIC)
    columns, rows = np.meshgrid(np.arange(SIDE[0], dtype=np.float32), np.arange(SIDE[1], dtype=np.float32))
    return cv2.remap(each.picture, columns + field[..., 0], rows + field[..., 1], cv2.INTER_LINEAR).astype(
        np.float32
    )


def _recolored(picture: NDArray[np.float32], mesh: Points, dice: np.random.Generator) -> BgrBytes:
    """Of another lightness, a little warmer or cooler, and mirrored every other time."""
    lab = cv2.cvtColor(np.clip(picture, 0, 255) / 255, cv2.COLOR_BGR2LAB)
    skin = float(
        np.median(
            lab[mesh[:, 1].astype(int).clip(0, SIDE[1] - 1), mesh[:, 0].astype(int).clip(0, SIDE[0] - 1), 0]
        )
    )
    wanted = dice.uniform(28, 76)
    lab[..., 0] = 100 * (
        np.clip(lab[..., 0] / 100, 0, 1) ** (np.log(wanted / 100) / np.log(max(skin, 5) / 100))
    )
    lab[..., 1:] += dice.uniform(-3, 5, 2).astype(np.float32)
    bgr = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2BGR)
    out = np.round(np.clip(bgr, 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(out[:, ::-1] if dice.uniform() < 0.5 else out)
