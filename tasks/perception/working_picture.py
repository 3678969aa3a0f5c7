"""The part of a photo around one person, at the size that the analysis and the drawing work at."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from tasks.arrays import BgrBytes, Points
from tasks.perception.analysis import Face
from tasks.perception.faces import FoundFace
from tasks.perception.geometry import face_axes
from tasks.perception.landmarks import FaceMesh

# In face heights around the middle of the face: a head with high hair, both shoulders, down to the hips.
_SIDEWAYS, _ABOVE, _BELOW = 3.0, 2.3, 4.3
# The drawing shows a face about 285 pixels high: more would only cost time.
_FACE_HEIGHT = 300.0
_LONG_SIDE = 1200.0
_MOST_ENLARGED = 2.0


@dataclass(frozen=True)
class WorkingPicture:
    """A piece of a photo. A point of it is at `point / scale + offset` in the photo."""

    image: BgrBytes
    offset: tuple[float, float]
    scale: float

    def points(self, points: Points) -> Points:
        """Points of the photo as points of this picture."""
        return np.asarray((points - np.array(self.offset)) * self.scale, np.float32)

    def face(self, found: FoundFace) -> FoundFace:
        """A face of the photo as a face of this picture."""
        x, y, width, height = found.face.box
        corner = self.points(np.array([x, y], np.float32))
        box = (float(corner[0]), float(corner[1]), width * self.scale, height * self.scale)
        mesh = FaceMesh(
            self.points(found.mesh.points),
            np.asarray(found.mesh.depth * self.scale, np.float32),
            found.mesh.confidence,
        )
        return FoundFace(Face(box, self.points(found.face.landmarks), found.face.score), replace(mesh))


def around(photo: BgrBytes, mesh: Points) -> WorkingPicture:
    """The working picture of the person whose 468x2 mesh this is, out of an HxWx3 BGR photo."""
    axes = face_axes(mesh)
    rows, columns = photo.shape[:2]
    left = int(max(0, axes.middle[0] - _SIDEWAYS * axes.height))
    right = int(min(columns, np.ceil(axes.middle[0] + _SIDEWAYS * axes.height)))
    top = int(max(0, axes.middle[1] - _ABOVE * axes.height))
    bottom = int(min(rows, np.ceil(axes.middle[1] + _BELOW * axes.height)))
    longest = max(right - left, bottom - top)
    scale = min(_FACE_HEIGHT / axes.height, _LONG_SIDE / longest, _MOST_ENLARGED)
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    image = cv2.resize(photo[top:bottom, left:right], size, interpolation=how)
    return WorkingPicture(np.asarray(image, np.uint8), (float(left), float(top)), scale)
