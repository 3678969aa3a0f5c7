"""Faces are found where there are faces, and nowhere else."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.perception import nets
from tasks.perception.analysis import Face
from tasks.perception.faces import detect_faces, face_lightness, face_sharpness, find_faces
from tasks.perception.landmarks import find_eyes
from tests.tasks.perception.changed import gray, in_light, side_by_side, turned

Image = NDArray[np.uint8]
Portrait = Callable[[str], Image]
PEOPLE = ["astronaut", "obama", "biden"]


def middle(face: Face) -> NDArray[np.float64]:
    x, y, width, height = face.box
    return np.array([x + width / 2, y + height / 2])


@pytest.mark.parametrize("name", PEOPLE)
def test_each_portrait_has_one_face_with_its_parts_in_place(portrait: Portrait, name: str) -> None:
    (face,) = detect_faces(portrait(name))
    right_eye, left_eye, nose, mouth_right, mouth_left = face.landmarks
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_eye[1] < nose[1] < min(mouth_right[1], mouth_left[1])
    assert face.score > 0.9


@pytest.mark.parametrize("degrees", [-25, 25])
def test_a_tilted_face_is_found_and_its_mesh_is_tilted_too(portrait: Portrait, degrees: float) -> None:
    straight, (tilted,) = find_faces(portrait("obama"))[0], find_faces(turned(portrait("obama"), degrees))

    def angle(points: NDArray[np.float32]) -> float:
        across = points[263] - points[33]
        return float(np.degrees(np.arctan2(across[1], across[0])))

    assert angle(straight.mesh.points) - angle(tilted.mesh.points) == pytest.approx(degrees, abs=4)


def test_what_is_no_face_is_no_face(portrait: Portrait) -> None:
    dice = np.random.default_rng(3)
    noise = dice.integers(0, 256, (400, 400, 3), dtype=np.uint8)
    plain = np.full((300, 500, 3), 180, np.uint8)
    rocket = portrait("astronaut")[:300, 340:]
    suit = portrait("biden")[700:]
    for picture in (noise, plain, rocket, suit):
        assert detect_faces(picture) == []


def test_what_the_detector_takes_for_a_face_the_mesh_may_refuse(
    portrait: Portrait, monkeypatch: pytest.MonkeyPatch
) -> None:
    def detector(picture: Image) -> NDArray[np.float32]:
        # A face on the helmet, as sure as can be: box, eyes, nose, corners of the mouth, score.
        scale = picture.shape[1] / 512
        box = [300, 360, 180, 150]
        marks = [350, 400, 420, 400, 385, 440, 350, 470, 420, 470]
        return np.array([[*(value * scale for value in box + marks), 0.99]], np.float32)

    monkeypatch.setattr(nets, "detect", detector)
    assert detect_faces(portrait("astronaut")) == []


def test_the_larger_face_comes_first_wherever_it_stands(portrait: Portrait) -> None:
    for pair in (("astronaut", "obama"), ("obama", "astronaut")):
        picture = side_by_side(portrait(pair[0]), portrait(pair[1]))
        first, second = detect_faces(picture)
        assert first.box[3] > second.box[3]


def test_of_two_equal_faces_the_central_one_comes_first(portrait: Portrait) -> None:
    astronaut = portrait("astronaut")
    picture = np.hstack([astronaut, astronaut[:, 100:], astronaut])
    faces = detect_faces(np.asarray(picture, np.uint8))
    assert len(faces) == 3
    assert abs(middle(faces[0])[0] / picture.shape[1] - 0.5) < 0.2


def test_a_small_face_is_found_in_a_large_photo(portrait: Portrait) -> None:
    photo = np.full((1400, 2048, 3), 120, np.uint8)
    photo[900:1120, 300:520] = cv2.resize(portrait("astronaut"), (220, 220), interpolation=cv2.INTER_AREA)
    (face,) = detect_faces(photo)
    assert np.abs(middle(face) - [300 + 224 * 0.43, 900 + 122 * 0.43]).max() < 12


def test_the_irises_lie_between_the_corners_of_the_eyes(portrait: Portrait) -> None:
    image = portrait("obama")
    mesh = find_faces(image)[0].mesh.points
    for eye, (outer, inner) in zip(find_eyes(image, mesh), ((33, 133), (263, 362)), strict=True):
        left, right = sorted((float(mesh[outer][0]), float(mesh[inner][0])))
        assert left < eye.iris_center[0] < right
        assert np.linalg.norm(eye.contour[0] - mesh[outer]) < 0.2 * (right - left)
        assert np.linalg.norm(eye.contour[8] - mesh[inner]) < 0.2 * (right - left)
        assert 0.15 < eye.iris_radius / (right - left) < 0.35


def test_a_blurred_face_is_less_sharp_at_any_size(portrait: Portrait) -> None:
    image = portrait("obama")
    (face,) = detect_faces(image)
    blurred = np.asarray(cv2.GaussianBlur(image, (0, 0), 12), np.uint8)
    sharp, smeared = face_sharpness(image, face), face_sharpness(blurred, face)
    assert sharp > 0.1
    assert smeared < 0.05
    half = np.asarray(cv2.resize(image, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA), np.uint8)
    assert face_sharpness(half, detect_faces(half)[0]) == pytest.approx(sharp, rel=0.35)


def test_lightness_follows_the_lamp_and_not_the_skin(portrait: Portrait) -> None:
    image = portrait("obama")
    (face,) = detect_faces(image)
    assert face_lightness(image, face) > 65
    assert face_lightness(in_light(image, 0.1), face) < 40
    assert face_lightness(in_light(image, 0.02), face) < 20


def test_a_black_and_white_face_is_a_face(portrait: Portrait) -> None:
    assert len(detect_faces(gray(portrait("biden")))) == 1
