"""What the local engine knows of a photo in pixels: the output of perception, the input of the renderer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, Mask, Points

Lab = tuple[float, float, float]


@dataclass(frozen=True)
class Face:
    """One detected face, in pixels of the photo."""

    box: tuple[float, float, float, float]  # x, y, width, height
    landmarks: Points  # 5x2: right eye, left eye, nose tip, mouth corners (YuNet's order)
    score: float


@dataclass(frozen=True)
class Colors:
    """Measured CIE Lab medians; None where there is nothing to measure."""

    skin: Lab
    hair: Lab | None
    eyes: Lab | None
    clothes: tuple[tuple[Lab, float], ...]  # color and its share, largest first


@dataclass(frozen=True)
class Reading:
    """A word for something seen (None: unknown) and how sure, 0..1."""

    value: str | None = None
    confidence: float = 0.0


@dataclass(frozen=True)
class Traits:
    """The person in words."""

    hair_colour: Reading = Reading()
    hair_length: Reading = Reading()
    eyes: Reading = Reading()
    skin: Reading = Reading()
    clothes: Reading = Reading()
    glasses: Reading = Reading()
    facial_hair: Reading = Reading()
    face_shape: Reading = Reading()
    age_band: Reading = Reading()
    expression: Reading = Reading()


@dataclass(frozen=True)
class PersonAnalysis:
    """The main person of a photo, measured. Masks are 0..1.

    H and W, and every point and length, are pixels of `image`: the part of the photo around this person,
    at a size that suits the drawing. A point of it is at `point / scale + offset` in the photo.

    Read-only and free of native handles, so it may be shared between threads.
    """

    image: BgrBytes
    face: Face
    face_count: int
    mesh: Points  # 468x2, MediaPipe face mesh order
    mesh_depth: NDArray[np.float32]  # 468
    irises: tuple[tuple[Points, float], tuple[Points, float]]  # (center xy, radius) right, left of the person
    eye_contours: tuple[Points, Points]  # 16x2 each: 0..8 lower lid, 9..15 upper lid, outer to inner
    person: Mask  # HxW matte of this person alone
    skin: Mask  # HxW soft masks; with the rest they add up to about `person`
    hair: Mask
    clothes: Mask
    up: Points  # unit vector from chin to forehead
    right: Points  # unit vector across the face
    face_height: float  # chin to forehead, pixels
    face_width: float
    yaw: float  # -1..1, 0 is frontal
    colors: Colors
    eyewear: str | None  # None, "glasses", "sunglasses"
    monochrome: bool
    exposure: float  # median Lab lightness of the skin, 0..100
    traits: Traits = Traits()
    beard: Mask | None = None  # the part of `hair` that grows on the face
    offset: tuple[float, float] = (0.0, 0.0)  # of the picture's corner in the photo, photo pixels
    scale: float = 1.0  # pixels of `image` in one pixel of the photo
    year_chances: NDArray[np.float64] | None = None  # (81,), of each year of age; None where nobody asked
