"""Who is whose: the part of the person matte that belongs to one face among several."""

import cv2
import numpy as np

from tasks.arrays import BgrBytes, Labels, Mask, Plane
from tasks.perception.faces import FoundFace
from tasks.perception.geometry import face_axes, face_oval, fill_polygon
from tasks.perception.matting import clip_mask, gray_plane, guided_filter, resize_mask

# The cut is found on a small picture, and its edge then follows the full one.
_LONG_SIDE = 320
# How many times nearer to one body than to the next a pixel must be to be that body's without looking.
_SURELY_NEARER = 2.4
_SURELY_NEARER_BY = 0.55  # or nearer by this many face heights
_REACH = 3.2  # face heights: nothing farther from a body belongs to it
_ROUNDS = 3


def _distance_to(found: FoundFace, shape: tuple[int, ...], scale: float) -> Plane:
    """How far each pixel is from a person, in face heights: bodies widen and go on downwards."""
    x, y, width, height = (value * scale for value in found.face.box)
    rows = (np.arange(shape[0], dtype=np.float32)[:, None] - np.float32(y + height / 2)) / np.float32(height)
    columns = (np.arange(shape[1], dtype=np.float32)[None, :] - np.float32(x + width / 2)) / np.float32(
        height
    )
    across, body = np.abs(columns), np.clip(rows * 0.35, 0, 0.9)
    aside = np.maximum(across - body, 0) * 1.25 + np.minimum(across, body) * 0.25
    return np.asarray(np.hypot(aside, np.where(rows < 0, rows, rows * 0.30)), np.float32)


def _first_guess(matte: Mask, faces: list[FoundFace], scale: float) -> tuple[Labels, Plane]:
    """grabCut's four kinds of pixel: surely or probably of the first face's person, or not."""
    distances = np.stack([_distance_to(found, matte.shape, scale) for found in faces])
    mine, nearest_other = distances[0], distances[1:].min(0)
    times = (nearest_other + 0.15) / (mine + 0.15)
    by = nearest_other - mine
    guess = np.where(by > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    guess[((times > _SURELY_NEARER) | (by > _SURELY_NEARER_BY)) & (matte > 0.6)] = cv2.GC_FGD
    guess[(times < 1 / _SURELY_NEARER) | (by < -_SURELY_NEARER_BY)] = cv2.GC_BGD
    guess[(matte < 0.12) | (mine > _REACH)] = cv2.GC_BGD
    for index, found in reversed(list(enumerate(faces))):
        mesh = found.mesh.points * np.float32(scale)
        face = fill_polygon(matte.shape, face_oval(mesh, face_axes(mesh), 1.05))
        guess[face] = cv2.GC_BGD if index else cv2.GC_FGD
    return guess, mine


def _cut(image: BgrBytes, guess: Labels) -> Mask:
    """1 where the picture's own edges and colors say "mine"."""
    cv2.setRNGSeed(1)  # grabCut throws dice, per thread: the same ones every time
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    nowhere = (0, 0, 1, 1)  # the guess says where, not a rectangle
    mode = cv2.GC_INIT_WITH_MASK
    cut, _, _ = cv2.grabCut(image, guess, nowhere, background, foreground, _ROUNDS, mode)
    return np.asarray((cut == cv2.GC_FGD) | (cut == cv2.GC_PR_FGD), np.float32)


def _one_piece(mask: Mask, at: tuple[int, int]) -> Mask:
    """What hangs together with the pixel `at` (column, row)."""
    _, pieces = cv2.connectedComponents(mask.astype(np.uint8))
    here = pieces[min(max(at[1], 0), mask.shape[0] - 1), min(max(at[0], 0), mask.shape[1] - 1)]
    return (pieces == here).astype(np.float32) if here else mask


def own_matte(image: BgrBytes, matte: Mask, faces: list[FoundFace]) -> Mask:
    """The matte of the first face's person alone: neighbours are cut off along the edges of the picture."""
    if len(faces) < 2:
        return matte
    rows, columns = matte.shape
    scale = min(1.0, _LONG_SIDE / max(rows, columns))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    guess, mine = _first_guess(resize_mask(matte, size), faces, scale)
    middle = faces[0].mesh.points.mean(0) * scale
    cut = _one_piece(_cut(small, guess), (int(middle[0]), int(middle[1])))
    cut = cut * np.clip((_REACH - mine) / 0.4, 0, 1)
    own = guided_filter(
        gray_plane(image), resize_mask(cut, (columns, rows)), max(3, max(rows, columns) // 170), 1e-3
    )
    # Inside a group the network is often half sure of a body: what the cut keeps is solid.
    solid = np.clip((matte - 0.10) / 0.40, 0, 1)
    return clip_mask(own) * np.asarray(solid, np.float32)
