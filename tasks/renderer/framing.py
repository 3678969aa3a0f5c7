"""Where the person goes on the sheet: a similarity that keeps the photo's cut edges out of sight."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.arrays import Points
from tasks.face_mesh import CHIN, FOREHEAD
from tasks.perception.analysis import PersonAnalysis
from tasks.renderer.canvas import Canvas
from tasks.renderer.layout import StyleLayout
from tasks.renderer.pixels import as_float32
from tasks.renderer.shapes import as_points

_EDGE = 4  # photo pixels at a side that say whether the person leaves the photo there
_ROOM_ABOVE = 0.045  # of the sheet's height, over the hair
_MOST_GROWTH = 2.1  # over the size a style wants, to take a cut side off the sheet
_CLOSE_UP = 0.20  # how much taller a face may be when the photo is hardly more than that face


@dataclass(frozen=True)
class Framing:
    """canvas = photo * scale + offset."""

    scale: float
    offset: Points

    def to_canvas(self, photo_points: Points) -> Points:
        """Photo pixels -> canvas pixels."""
        return as_points(photo_points * np.float32(self.scale) + self.offset)


def choose_framing(analysis: PersonAnalysis, canvas: Canvas, layout: StyleLayout, nudge: Points) -> Framing:
    """Place the face, larger where that takes a cut shoulder or chin line off the sheet.

    `nudge` is the seed's wish: relative size and sideways shift, about -1..1 each.
    """
    size = np.array([canvas.width, canvas.height], np.float32)
    photo = np.array(analysis.image.shape[1::-1], np.float32)
    center = (analysis.mesh[FOREHEAD] + analysis.mesh[CHIN]) / 2
    wanted = layout.face * canvas.height * (1 + 0.05 * float(nudge[0])) / analysis.face_height
    cut = cut_sides(analysis)
    tallest = layout.tallest_face + (_CLOSE_UP if sum(cut.values()) > 2 else 0)
    most = _MOST_GROWTH * (1.3 if sum(cut.values()) > 2 else 1)
    largest = max(wanted, min(wanted * most, tallest * canvas.height / analysis.face_height))
    if _reach_sideways(cut, center, photo, analysis.face_width) > 0.1:
        largest = max(wanted, min(largest, wanted * 1.4))
    scale = float(np.clip(_scale_that_hides(cut, photo, center, size), wanted, largest))
    aim = np.array([0.5 + 0.02 * float(nudge[1]), layout.center], np.float32) * size
    reach = np.array([_reach_sideways(cut, center, photo, analysis.face_width), 0.2 if cut["top"] else 0.14])
    offset = _kept_in(aim - center * scale, photo * scale, size, cut, as_points(reach * size)[0])
    return Framing(scale, _with_hair_in(offset, analysis, scale, canvas, cut))


def cut_sides(analysis: PersonAnalysis) -> dict[str, bool]:
    """Through which sides of the photo the person leaves it."""
    person = analysis.person
    return {
        "left": bool((person[:, :_EDGE] > 0.5).mean() > 0.03),
        "right": bool((person[:, -_EDGE:] > 0.5).mean() > 0.03),
        "top": bool((person[:_EDGE] > 0.5).mean() > 0.03),
        "bottom": bool((person[-_EDGE:] > 0.5).mean() > 0.02),
    }


def _scale_that_hides(cut: dict[str, bool], photo: Points, center: Points, size: Points) -> float:
    """The smallest scale at which the cut sides can lie off the sheet with the face still near its place."""
    needs = [0.0]
    if cut["left"] and cut["right"]:
        needs.append(size[0] / photo[0])
    if cut["left"]:
        needs.append(0.42 * size[0] / max(center[0], 1))
    if cut["right"]:
        needs.append(0.42 * size[0] / max(photo[0] - center[0], 1))
    if cut["top"]:
        needs.append(0.36 * size[1] / max(center[1], 1))
    if cut["bottom"]:
        needs.append(0.48 * size[1] / max(photo[1] - center[1], 1))
    return float(max(needs))


def _reach_sideways(cut: dict[str, bool], center: Points, photo: Points, face_width: float) -> float:
    """How far the face may leave the middle, as a share of the sheet: further where the photo cuts it."""
    near_left = cut["left"] and bool(center[0] < 0.75 * face_width)
    near_right = cut["right"] and bool(photo[0] - center[0] < 0.75 * face_width)
    return 0.3 if near_left != near_right else 0.1


def _kept_in(offset: Points, photo: Points, size: Points, cut: dict[str, bool], reach: Points) -> Points:
    """Move the photo so that its cut sides reach the sheet's edge, by at most `reach`."""
    moved = offset.copy()
    if cut["left"]:
        moved[0] = min(moved[0], 0)
    if cut["right"]:
        moved[0] = max(moved[0], size[0] - photo[0])
    if cut["left"] and cut["right"] and photo[0] < size[0]:
        moved[0] = (size[0] - photo[0]) / 2
    if cut["bottom"]:
        moved[1] = max(moved[1], size[1] - photo[1])
    if cut["top"]:
        moved[1] = min(moved[1], 0)
    return as_float32(offset + np.clip(moved - offset, -reach, reach))


def _with_hair_in(
    offset: Points, analysis: PersonAnalysis, scale: float, canvas: Canvas, cut: dict[str, bool]
) -> Points:
    """Keep the top of the head on the sheet, where the photo has it."""
    if cut["top"]:
        return offset
    top = _top_of_head(analysis) * scale + offset[1]
    lack = _ROOM_ABOVE * canvas.height - top
    return offset + np.array([0, max(0.0, min(lack, 0.08 * canvas.height))], np.float32)


def _top_of_head(analysis: PersonAnalysis) -> float:
    """The row of the photo where the hair (or the bare head) begins."""
    center, half = float(analysis.mesh[:, 0].mean()), analysis.face_width * 0.6
    head: NDArray[np.bool_] = analysis.person[:, max(0, int(center - half)) : int(center + half) + 1] > 0.5
    rows = np.flatnonzero(head.any(1)) if head.size else np.array([], int)
    forehead = float(analysis.mesh[FOREHEAD][1])
    return max(float(rows[0]), forehead - analysis.face_height * 0.7) if len(rows) else forehead
