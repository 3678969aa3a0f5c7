"""Which person of a photo is meant: told by the face itself, where it lies in the file, not by a number.

Numbers count people from the left as they stand in the upright photo: labels for people to read. What is kept
and sent is the face's box in the pixels of the file and the digest of the file, so that no other way of
turning the photo can make it mean somebody else. A plain number is still understood.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.errors import UsageError
from tasks.intake.people import from_the_left
from tasks.perception.analysis import Face
from tasks.photo.codes import refusal

SAME_FACE = 0.5  # shared area over joint area; faces of two people never share half of it
_WRITTEN = re.compile(r"([0-9a-f]{16}):(-?\d{1,6}),(-?\d{1,6}),(\d{1,6}),(\d{1,6})", re.ASCII)

Box = tuple[float, float, float, float]  # left, top, width, height in pixels


@dataclass(frozen=True)
class Placement:
    """How an upright photo came out of its file."""

    file_size: tuple[int, int]  # width, height as stored
    orientation: int  # of EXIF, 1 to 8, undone first
    turns: int  # by 90 degrees against the clock, done after that
    size: tuple[int, int]  # width, height of the upright photo

    def in_file(self, box: Box) -> Box:
        """A box of the upright photo, in the file's own pixels."""
        left, top, width, height = box
        corners = [self._to_file(left, top), self._to_file(left + width, top + height)]
        (one_x, one_y), (other_x, other_y) = corners
        return min(one_x, other_x), min(one_y, other_y), abs(one_x - other_x), abs(one_y - other_y)

    def _to_file(self, x: float, y: float) -> tuple[float, float]:
        u, v = x / self.size[0], y / self.size[1]
        for _ in range(self.turns % 4):
            u, v = 1 - v, u
        u, v = _UNDONE[self.orientation](u, v)
        return u * self.file_size[0], v * self.file_size[1]


# Where a point of the turned picture (as shares of its sides) lies in the stored one, by EXIF orientation.
_UNDONE = {
    1: lambda u, v: (u, v),
    2: lambda u, v: (1 - u, v),
    3: lambda u, v: (1 - u, 1 - v),
    4: lambda u, v: (u, 1 - v),
    5: lambda u, v: (v, u),
    6: lambda u, v: (v, 1 - u),
    7: lambda u, v: (1 - v, 1 - u),
    8: lambda u, v: (1 - v, u),
}


def photo_digest(data: bytes) -> str:
    """A short digest of the file that a face was chosen in: a choice is good for that file only."""
    return hashlib.sha256(data).hexdigest()[:16]


def face_choice(data: bytes, face: Face, placement: Placement) -> str:
    """The choice of `face` as text: `digest:left,top,width,height`."""
    return f"{photo_digest(data)}:{','.join(str(round(value)) for value in placement.in_file(face.box))}"


def chosen_face(data: bytes, faces: Sequence[Face], placement: Placement, choice: int | str) -> Face:
    """The face that `choice` means: a number from the left, or what `face_choice` wrote.

    Raises PhotoRefused `no_such_face` or `chosen_elsewhere`, UsageError for a choice that is neither.
    """
    text = str(choice).strip()
    if re.fullmatch(r"-?[0-9]{1,9}", text):
        return _counted(faces, int(text))
    written = _WRITTEN.fullmatch(text)
    if not written:
        raise UsageError("Choose the person by a number, counted from the left.", code="bad_face")
    if written[1] != photo_digest(data):
        raise refusal("chosen_elsewhere")
    left, top, width, height = (float(value) for value in written.groups()[1:])
    meant = (left, top, width, height)
    best = max(faces, key=lambda face: overlap(placement.in_file(face.box), meant))
    if overlap(placement.in_file(best.box), meant) < SAME_FACE:
        raise refusal("no_such_face")
    return best


def _counted(faces: Sequence[Face], number: int) -> Face:
    if not 1 <= number <= len(faces):
        raise refusal("no_such_face")
    return from_the_left(faces)[number - 1]


def overlap(one: Box, other: Box) -> float:
    """The area that two boxes share, over the area that they cover together."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(0.0, wide) * max(0.0, high)
    return shared / max(one[2] * one[3] + other[2] * other[3] - shared, 1e-6)
