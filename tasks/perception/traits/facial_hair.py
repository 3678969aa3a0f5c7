"""Beard and moustache: parts of the lower face that are darker and rougher than the cheeks."""

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import BgrBytes, BoolMask, Points
from tasks.face_mesh import LIPS, LOWER_LIP_BOTTOM, NOSE_BASE, UPPER_LIP_TOP
from tasks.perception.analysis import Reading
from tasks.perception.geometry import FaceAxes, face_oval, fill_polygon, head_yaw, scale_outline
from tasks.perception.lab import chroma, lab_of_pixels

_LEAST_PIXELS = 15


@dataclass(frozen=True)
class _Patch:
    """A part of the face, compared with the cheeks."""

    lightness: float  # 1 is as light as the cheeks
    chroma: float  # 1 is as colorful
    roughness: float  # fine contrast in percent of the lightness: skin is 1 to 3, hair 4 and more


def _patches(image: BgrBytes, mesh: Points, axes: FaceAxes) -> dict[str, BoolMask]:
    height, sideways = axes.grid(image.shape)
    aside = np.abs(sideways)
    marks, _ = axes.of_points(mesh[[NOSE_BASE, UPPER_LIP_TOP, LOWER_LIP_BOTTOM]])
    nose, lip_top, lip_bottom = (float(mark) for mark in marks)
    face, lips = (
        fill_polygon(image.shape, face_oval(mesh, axes, 0.95)),
        fill_polygon(image.shape, scale_outline(mesh[LIPS], 1.15)),
    )
    middle = fill_polygon(image.shape, face_oval(mesh, axes, 0.8))
    return {
        "cheeks": middle & (height > nose) & (height < nose + 0.18) & (aside > 0.15),
        "chin": face & (height > 0.03) & (height < lip_bottom - 0.02) & (aside < 0.14),
        "moustache": (height > lip_top + 0.005) & (height < nose - 0.01) & (aside < 0.13) & ~lips,
        "jaw": face & (height > 0.05) & (height < 0.32) & (aside > 0.22) & (aside < 0.36) & ~lips,
    }


def _fine_contrast(image: BgrBytes, axes: FaceAxes) -> tuple[np.ndarray, np.ndarray]:
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    unit = axes.height / 150
    fine = cv2.GaussianBlur(gray, (0, 0), max(0.6, unit * 0.6)) - cv2.GaussianBlur(gray, (0, 0), unit * 2.2)
    return fine, gray


def _compared(image: BgrBytes, mesh: Points, axes: FaceAxes) -> dict[str, _Patch] | None:
    """The patches beside the cheeks; None where the face hides one of them."""
    masks = _patches(image, mesh, axes)
    if any(mask.sum() < _LEAST_PIXELS for mask in masks.values()):
        return None
    fine, gray = _fine_contrast(image, axes)
    middles = {name: np.median(lab_of_pixels(image[mask]), axis=0) for name, mask in masks.items()}
    cheeks = middles.pop("cheeks")
    return {
        name: _Patch(
            lightness=float(lab[0] / max(cheeks[0], 1)),
            chroma=float(chroma(lab) / max(float(chroma(cheeks)), 1)),
            roughness=float(fine[masks[name]].std() / (gray[masks[name]].mean() + 8) * 100),
        )
        for name, lab in middles.items()
    }


def measure_facial_hair(image: BgrBytes, mesh: Points, axes: FaceAxes) -> Reading:
    """One of "none", "beard" and "moustache"; unknown for a face in profile or half in shadow."""
    parts = _compared(image, mesh, axes)
    if parts is None or abs(head_yaw(mesh)) > 0.75:
        return Reading()
    chin, lip, jaw = parts["chin"], parts["moustache"], parts["jaw"]
    rough = chin.roughness > 3.5 and lip.roughness > 3
    around = (lip.lightness < 0.80) + (jaw.lightness < 0.80)
    if rough and ((chin.lightness < 0.60 and around >= 1) or (chin.lightness < 0.72 and around == 2)):
        return Reading("beard", float(np.clip(0.5 + (0.72 - chin.lightness) * 2, 0.5, 0.85)))
    if lip.lightness < 0.65 and lip.chroma < 1.25 and lip.roughness > 4 and chin.lightness > 0.8:
        return Reading("moustache", 0.5)
    if chin.lightness > 0.78 or (lip.lightness > 0.85 and chin.roughness < 4):
        return Reading("none", 0.6)
    return Reading(None, 0.2)
