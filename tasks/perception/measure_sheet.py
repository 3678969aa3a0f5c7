"""The character sheet of one person: an analysis and the face parser's look, in the sheet's own frame."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, BoolMask, Mask, Matrix, Points
from tasks.errors import WeightLeftOut
from tasks.face_mesh import CHIN, FOREHEAD, OVAL
from tasks.perception.analysis import PersonAnalysis
from tasks.perception.analyze import PhotoKey, analyze_photo
from tasks.perception.character_sheet import (
    FACE_CENTER,
    FACE_PIXELS,
    MAP_SHAPE,
    CharacterSheet,
    SheetTraits,
    map_from_units,
    unit_grid,
)
from tasks.perception.classes_by_color import classes_by_color
from tasks.perception.face_parser import Frame, parse_face
from tasks.perception.geometry import fill_polygon, scale_outline
from tasks.perception.seen_mouth import with_seen_mouth
from tasks.perception.shared_results import SharedResults
from tasks.perception.sheet_colors import bare_skin, measure_colors, measure_light
from tasks.perception.sheet_maps import give_edges, keep_own, person_of, skin_of
from tasks.perception.sheet_traits import read_traits
from tasks.providers.protocols import Photo

_MIDDLE = (33.0, 66.0)  # head units above the chin: cheeks and nose, without forehead, beard and chin
_INNER_FACE = 0.9  # of the face's outline: its edge belongs to ears, hair and background


def _frame_from_image(analysis: PersonAnalysis) -> Matrix:
    """Upright as the photo is, the face FACE_PIXELS high, the chin where `map_from_units` has it."""
    scale = FACE_PIXELS / analysis.face_height
    chin = np.array([FACE_CENTER[0], FACE_CENTER[1] + FACE_PIXELS / 2])
    shift = chin - analysis.mesh[CHIN] * scale
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float64)


class _IntoFrame:
    """Takes planes and pictures of one analysis into the sheet's frame."""

    def __init__(self, analysis: PersonAnalysis) -> None:
        self.frame = Frame(MAP_SHAPE, _frame_from_image(analysis))

    def picture(self, image: BgrBytes) -> BgrBytes:
        """An image, averaged where it shrinks; beyond its border the border is repeated."""
        matrix = self.frame.frame_from_image.copy()
        while matrix[0, 0] <= 0.67:
            rows, columns = image.shape[:2]
            half = (max(1, columns // 2), max(1, rows // 2))
            image = np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_AREA), np.uint8)
            matrix = _of_half_size(matrix, columns / half[0], rows / half[1])
        size = (MAP_SHAPE[1], MAP_SHAPE[0])
        warped = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(warped, np.uint8)

    def mask(self, mask: Mask) -> Mask:
        """A mask; 0 outside the image."""
        size, matrix = (MAP_SHAPE[1], MAP_SHAPE[0]), self.frame.frame_from_image
        return np.asarray(cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR), np.float32)


def _of_half_size(matrix: Matrix, times_x: float, times_y: float) -> Matrix:
    """The map from an image as one from the same image shrunk so many times."""
    shrunk = np.array([[times_x, 0, (times_x - 1) / 2], [0, times_y, (times_y - 1) / 2]])
    linear = matrix[:, :2] @ shrunk[:, :2]
    return np.asarray(np.hstack([linear, (matrix[:, :2] @ shrunk[:, 2] + matrix[:, 2])[:, None]]), np.float64)


def _units(points: Points, analysis: PersonAnalysis) -> Points:
    scale = np.float32(100 / analysis.face_height)
    return np.asarray((np.asarray(points, np.float32) - analysis.mesh[CHIN]) * scale, np.float32)


def _classes(analysis: PersonAnalysis, frame: Frame) -> NDArray[np.float32]:
    try:
        return parse_face(analysis.image, analysis.mesh, analysis.up, frame)
    except WeightLeftOut:
        return classes_by_color(analysis, frame)


def _middle(mesh: Points) -> BoolMask:
    """HxW, the heights of a face at which its cheeks are."""
    up = mesh[FOREHEAD] - mesh[CHIN]
    up = up / np.linalg.norm(up)
    x, y = unit_grid()
    height = (x - mesh[CHIN, 0]) * up[0] + (y - mesh[CHIN, 1]) * up[1]
    return np.asarray((height > _MIDDLE[0]) & (height < _MIDDLE[1]), np.bool_)


def measure_sheet(analysis: PersonAnalysis) -> CharacterSheet:
    """The character sheet of the analysed person.

    Raises `ModelsMissing` without weights.
    """
    into = _IntoFrame(analysis)
    picture = into.picture(analysis.image)
    bgr = picture.astype(np.float32) / np.float32(255)
    lab = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB), np.float32)
    inside = into.mask(np.ones(analysis.image.shape[:2], np.float32))
    person = into.mask(analysis.person)
    classes = _classes(analysis, into.frame)
    give_edges(classes, lab[..., 0] / np.float32(100))
    mesh = _units(analysis.mesh, analysis)
    face = fill_polygon(MAP_SHAPE, scale_outline(map_from_units(mesh[OVAL]), _INNER_FACE))
    keep_own(classes, person, face, alone=analysis.face_count == 1)
    classes *= inside
    beard = into.mask(analysis.beard) > 0.5 if analysis.beard is not None else np.zeros(MAP_SHAPE, np.bool_)
    bare = bare_skin(classes, face & ~beard)
    light = measure_light(analysis, classes, lab, bare)
    lab = light.off_map(lab)
    unit = 100 / analysis.face_height
    (right_iris, right_radius), (left_iris, left_radius) = analysis.irises
    sheet = CharacterSheet(
        analysis=analysis,
        mesh=mesh,
        mesh_depth=np.asarray(analysis.mesh_depth * np.float32(unit), np.float32),
        irises=(
            (_units(right_iris, analysis), right_radius * unit),
            (_units(left_iris, analysis), left_radius * unit),
        ),
        eye_contours=(_units(analysis.eye_contours[0], analysis), _units(analysis.eye_contours[1], analysis)),
        yaw=analysis.yaw,
        tilt=float(np.arctan2(analysis.up[0], -analysis.up[1])),
        classes=classes,
        inside=inside,
        lab=lab,
        person=person_of(classes, person),
        skin=skin_of(classes, into.mask(analysis.skin)),
        colors=measure_colors(analysis, classes, lab, light, beard, bare, _middle(mesh)),
        traits=SheetTraits(),
        light=light,
    )
    # Words are read from the mesh as it is: their thresholds were found on it.
    return replace(sheet, traits=read_traits(sheet), mesh=with_seen_mouth(mesh, classes))


def _sheet_of_key(key: PhotoKey) -> CharacterSheet:
    return measure_sheet(analyze_photo(key.photo))


# Five styles of one character are drawn side by side; a sheet weighs about 30 MB beside its analysis.
_sheets = SharedResults(_sheet_of_key, keep=2)


def sheet_of_photo(photo: Photo) -> CharacterSheet:
    """`measure_sheet` of a normalized photo, worked out once however many threads ask at a time.

    Raises what `analyze_photo` raises.
    """
    return _sheets.get(PhotoKey(photo))
