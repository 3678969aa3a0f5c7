"""One person's surroundings at the size where colors are modelled, in the face's own coordinates."""

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import BgrBytes, BoolMask, LabImage, Mask, Plane, Points
from tasks.face_mesh import (
    LEFT_BROW,
    LEFT_EYE,
    LEFT_EYE_INNER,
    LEFT_EYE_OUTER,
    LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
    RIGHT_EYE_INNER,
    RIGHT_EYE_OUTER,
)
from tasks.perception.geometry import FaceAxes, face_axes, face_oval, fill_polygon, scale_outline
from tasks.perception.matting import resize_mask

# A face this tall has enough pixels for color models; more only costs time.
_FACE_HEIGHT = 150
_LONG_SIDE = 560
_MIN_FACE_HEIGHT = 70
# No beard grows higher than this, in face heights above the chin: the base of the nose.
BEARD_TOP = 0.42


@dataclass(frozen=True)
class FaceCrop:
    """What the color models look at: the photo made smaller, all of one height and width.

    `lab` is OpenCV's 8-bit Lab as floats (L 0..255, a and b around 128), smoothed.
    """

    lab: LabImage
    person: Mask
    mesh: Points
    axes: FaceAxes
    height: Plane  # above the chin, in face heights
    sideways: Plane  # from the middle of the face along its right axis, in face heights
    oval: BoolMask
    inner: BoolMask  # the face without its edge, eyes, brows, lips, lenses and beard

    @property
    def unit(self) -> float:
        """How many pixels a face height is."""
        return self.axes.height

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        return self.person.shape[0], self.person.shape[1]

    def oval_by(self, factor: float) -> BoolMask:
        """The inside of the face's outline, scaled about its middle."""
        return fill_polygon(self.shape, face_oval(self.mesh, self.axes, factor))


def features(shape: tuple[int, ...], mesh: Points) -> BoolMask:
    """Eyes, lips and brows with a margin: the parts of a face that are not skin."""
    mask = np.zeros(shape[:2], np.bool_)
    for points, factor in (
        (LEFT_EYE, 1.5),
        (RIGHT_EYE, 1.5),
        (LIPS, 1.5),
        (LEFT_BROW, 1.35),
        (RIGHT_BROW, 1.35),
    ):
        mask |= fill_polygon(shape, scale_outline(mesh[points], factor))
    return mask


def lenses(shape: tuple[int, ...], mesh: Points) -> tuple[BoolMask, BoolMask]:
    """Where the right and the left lens of glasses sit, with their rims."""
    masks = []
    radius = float(np.linalg.norm(mesh[RIGHT_EYE_OUTER] - mesh[LEFT_EYE_OUTER])) * 0.33
    for outer, inner in ((RIGHT_EYE_OUTER, RIGHT_EYE_INNER), (LEFT_EYE_OUTER, LEFT_EYE_INNER)):
        mask = np.zeros(shape[:2], np.uint8)
        center = np.round((mesh[outer] + mesh[inner]) / 2).astype(int)
        sizes = (max(1, round(radius)), max(1, round(radius / 1.15)))
        cv2.ellipse(mask, (int(center[0]), int(center[1])), sizes, 0, 0, 360, (1,), -1)
        masks.append(mask > 0)
    return masks[0], masks[1]


def crop_face(
    image: BgrBytes, person: Mask, mesh: Points, *, eyewear: bool, bearded: bool = False
) -> FaceCrop:
    """The crop of one person in a BGR image with an HxW person matte and a 468x2 mesh."""
    rows, columns = image.shape[:2]
    face = face_axes(mesh).height
    scale = min(1.0, _FACE_HEIGHT / face, max(_LONG_SIDE / max(rows, columns), _MIN_FACE_HEIGHT / face))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(cv2.bilateralFilter(small, 5, 25, 5), cv2.COLOR_BGR2LAB).astype(np.float32)
    mesh = (mesh * np.array([size[0] / columns, size[1] / rows])).astype(np.float32)
    axes = face_axes(mesh)
    height, sideways = axes.grid(lab.shape)
    masked = features(lab.shape, mesh)
    if eyewear:
        right_lens, left_lens = lenses(lab.shape, mesh)
        masked |= right_lens | left_lens
    if bearded:
        masked |= height < BEARD_TOP
    return FaceCrop(
        lab=lab,
        person=resize_mask(person, size),
        mesh=mesh,
        axes=axes,
        height=height,
        sideways=sideways,
        oval=fill_polygon(lab.shape, face_oval(mesh, axes, 1.0)),
        inner=fill_polygon(lab.shape, face_oval(mesh, axes, 0.82)) & ~masked,
    )
