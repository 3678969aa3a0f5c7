"""The person on the sheet: everything a style needs to draw them, in canvas pixels."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import BgrImage, Mask, Points
from tasks.face_mesh import CHIN, LOWER_LIP_INNER_EDGE, MOUTH_BOTTOM, MOUTH_TOP, UPPER_LIP_INNER_EDGE
from tasks.renderer.canvas import Canvas
from tasks.renderer.palette import Palette
from tasks.renderer.pixels import as_float32

PROFILE_VIEW = 0.5  # yaw beyond which features are left as the photo has them


@dataclass(frozen=True)
class Figure:
    """One framed person. Pictures are HxWx3 BGR 0..1, masks HxW 0..1, points x, y in canvas pixels."""

    canvas: Canvas
    image: BgrImage  # shadows opened
    person: Mask  # smooth outline with flyaways
    skin: Mask
    hair: Mask
    clothes: Mask
    fade: Mask  # 0 where the photo gives no honest edge: let the figure dissolve there
    mesh: Points  # 468x2
    irises: tuple[tuple[Points, float], tuple[Points, float]]
    eye_contours: tuple[Points, Points]
    face_height: float
    face_width: float
    yaw: float
    scale: float  # canvas pixels for a photo pixel
    palette: Palette
    eyewear: str | None

    @property
    def shows_features(self) -> bool:
        """Whether the face looks at us enough for eyes, brows and lips to be drawn as shapes."""
        return abs(self.yaw) < PROFILE_VIEW

    @property
    def shows_eyes(self) -> bool:
        """Whether the eyes are drawn: not behind sunglasses, not in profile."""
        return self.shows_features and self.eyewear != "sunglasses"

    @property
    def mouth_opening(self) -> float:
        """The gap between the lips as a share of the face's height."""
        return float(np.linalg.norm(self.mesh[MOUTH_TOP] - self.mesh[MOUTH_BOTTOM])) / self.face_height

    @property
    def chin(self) -> Points:
        """The lowest point of the face."""
        return as_float32(self.mesh[CHIN])

    def at(self, *indices: int) -> Points:
        """Mesh points by index."""
        return self.mesh[list(indices)]

    def mouth_inside(self) -> tuple[Points, Points]:
        """The inner edges of the upper and the lower lip, from the person's right to left."""
        return self.at(*UPPER_LIP_INNER_EDGE), self.at(*LOWER_LIP_INNER_EDGE)
