"""The whole look at a photo: the right person, cut out cleanly, the same every time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from hashlib import sha256

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.errors import PhotoRefused
from tasks.perception.analysis import PersonAnalysis
from tasks.perception.analyze import analyze, analyze_photo
from tasks.perception.faces import find_faces
from tasks.perception.geometry import face_axes, face_oval, fill_polygon
from tasks.perception.groups import own_matte
from tasks.providers.protocols import Photo
from tests.tasks.perception.changed import gray, side_by_side, turned, with_beard, with_glasses

Image = NDArray[np.uint8]
Portrait = Callable[[str], Image]
Seen = Callable[[str], PersonAnalysis]
PEOPLE = ["astronaut", "obama", "biden"]


def same(one: PersonAnalysis, other: PersonAnalysis) -> bool:
    """To the last bit, masks and all."""
    for field in fields(PersonAnalysis):
        mine, yours = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, np.ndarray):
            if not np.array_equal(mine, yours):
                return False
        elif repr(mine) != repr(yours):
            return False
    return True


def share(mask: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    return float(mask[where].mean())


def zone(seen: PersonAnalysis, height: tuple[float, float], sideways: float) -> NDArray[np.bool_]:
    """Pixels between two heights above the chin, no farther aside than `sideways`, in face heights."""
    up, aside = face_axes(seen.mesh).grid(seen.person.shape)
    return np.asarray((up > height[0]) & (up < height[1]) & (np.abs(aside) < sideways), np.bool_)


@pytest.mark.parametrize("name", PEOPLE)
def test_the_masks_lie_where_the_parts_are(seen: Seen, name: str) -> None:
    person = seen(name)
    face = fill_polygon(person.person.shape, face_oval(person.mesh, face_axes(person.mesh), 0.75))
    assert share(person.person, face) > 0.97
    assert share(person.skin, face & zone(person, (0.0, 0.7), 0.3)) > 0.9
    assert share(person.clothes, zone(person, (-1.4, -0.7), 0.4)) > 0.9
    assert share(person.hair, zone(person, (1.25, 1.32), 0.12)) > 0.8
    assert share(person.hair, face & zone(person, (0.1, 0.75), 0.25)) < 0.02


def test_a_high_forehead_is_skin(seen: Seen) -> None:
    person = seen("obama")
    assert share(person.hair, zone(person, (1.0, 1.07), 0.15)) < 0.25
    assert share(person.hair, zone(person, (1.18, 1.25), 0.15)) > 0.9


def test_hands_are_skin_and_not_sleeves(seen: Seen) -> None:
    person = seen("obama")
    for hand in ((649, 848), (244, 907)):  # in the photo
        x, y = (int(value) for value in (np.array(hand) - person.offset) * person.scale)
        assert float(person.skin[y - 15 : y + 15, x - 15 : x + 15].mean()) > 0.7


def test_a_white_collar_is_not_white_hair(portrait: Portrait) -> None:
    person = analyze(with_glasses(portrait("biden")))
    assert share(person.hair, zone(person, (-0.35, -0.03), 0.6)) < 0.02


@pytest.mark.parametrize("name", PEOPLE)
def test_the_background_is_nobody(seen: Seen, name: str) -> None:
    person = seen(name)
    above = zone(person, (1.7, 9), 9) | (zone(person, (0.4, 9), 9) & ~zone(person, (0.4, 9), 1.0))
    assert share(person.person, above) < 0.03


@pytest.mark.parametrize("name", PEOPLE)
def test_skin_hair_and_clothes_make_up_the_person(seen: Seen, name: str) -> None:
    person = seen(name)
    together = person.skin + person.hair + person.clothes
    assert float(np.percentile(np.abs(together - person.person), 99)) < 0.15
    for mask in (person.person, person.skin, person.hair, person.clothes):
        assert mask.dtype == np.float32
        assert mask.shape == person.image.shape[:2]
        assert float(mask.min()) >= 0 and float(mask.max()) <= 1


def test_everything_is_in_pixels_of_the_working_picture(portrait: Portrait, seen: Seen) -> None:
    for name in PEOPLE:
        photo, person = portrait(name), seen(name)
        found = find_faces(photo)[0]
        back = person.mesh / person.scale + np.array(person.offset)
        assert np.abs(back - found.mesh.points).max() < 0.1
        box = np.array(person.face.box[:2]) / person.scale + np.array(person.offset)
        assert np.abs(box - np.array(found.face.box[:2])).max() < 0.1
        assert person.face_height == pytest.approx(
            float(np.linalg.norm(person.mesh[10] - person.mesh[152])), abs=0.01
        )


@pytest.mark.parametrize(("name", "long_side"), [("obama", 300), ("obama", 2048), ("astronaut", 2048)])
def test_the_working_picture_is_bounded_whatever_the_photo(
    portrait: Portrait, name: str, long_side: int
) -> None:
    photo = portrait(name)
    scale = long_side / max(photo.shape)
    person = analyze(np.asarray(cv2.resize(photo, None, fx=scale, fy=scale), np.uint8))
    assert max(person.image.shape) <= 1200
    assert person.face_height <= 301
    assert person.scale <= 2


def test_of_two_people_side_by_side_only_one_is_cut_out(portrait: Portrait) -> None:
    # The pair overlaps: the astronaut is pasted so that her helmet meets his sleeve.
    pair = side_by_side(portrait("astronaut")[:, :420], portrait("obama"))
    person = analyze(pair)
    assert person.face_count == 2
    other = (find_faces(pair)[1].mesh.points - np.array(person.offset)) * person.scale
    stranger = fill_polygon(person.person.shape, face_oval(other, face_axes(other), 0.9))
    assert stranger.sum() > 1000
    assert share(person.person, stranger) < 0.02
    own = fill_polygon(person.person.shape, face_oval(person.mesh, face_axes(person.mesh), 0.9))
    assert share(person.person, own) > 0.97


def test_between_two_people_there_is_no_straight_cut(portrait: Portrait) -> None:
    obama = portrait("obama")
    pair = np.asarray(np.hstack([obama[:, :780], obama[:, 130:]]), np.uint8)  # sleeve on sleeve
    person = analyze(pair)
    edges = np.abs(np.diff((person.person > 0.5).astype(np.int8), axis=1))
    upright = edges.sum(0) / edges.shape[0]
    # A straight cut has its edge in one and the same column on most rows.
    assert person.face_count == 2
    assert float(np.convolve(upright, np.ones(3), "same").max()) < 0.3


def test_dice_thrown_elsewhere_change_nothing(portrait: Portrait) -> None:
    pair = side_by_side(portrait("astronaut"), portrait("obama"), 500)
    faces = find_faces(pair)
    noise = np.random.default_rng(5).integers(0, 256, pair.shape, dtype=np.uint8)
    matte: NDArray[np.float32] = np.ones(pair.shape[:2], np.float32)
    cuts = []
    for seed in (3, 4):
        cv2.setRNGSeed(seed)
        cuts.append(own_matte(noise, matte, faces))
    assert np.array_equal(cuts[0], cuts[1])


def test_a_beard_is_hair_that_grows_on_the_face(portrait: Portrait, seen: Seen) -> None:
    bearded, bare = analyze(with_beard(portrait("obama"))), seen("obama")
    assert bare.beard is None
    assert bearded.beard is not None
    chin = zone(bearded, (0.04, 0.12), 0.12)
    assert share(bearded.beard, chin) > 0.7
    assert share(bearded.beard, zone(bearded, (0.6, 3), 9)) == 0
    assert bool((bearded.beard <= bearded.hair + 1e-6).all())
    # A black turtleneck under the chin is none of it; the hair of the head is what it was.
    astronaut = analyze(with_beard(portrait("astronaut")))
    assert astronaut.beard is not None
    assert share(astronaut.beard, zone(astronaut, (-0.5, -0.15), 0.3)) < 0.1
    assert bearded.traits.hair_colour.value == bare.traits.hair_colour.value
    assert bearded.traits.hair_length.value == bare.traits.hair_length.value


def test_a_tilted_head_is_cut_out_as_well(portrait: Portrait, seen: Seen) -> None:
    tilted = analyze(turned(portrait("astronaut"), 18))
    straight = seen("astronaut")
    assert tilted.up[0] != pytest.approx(0, abs=0.2)
    for part in ("skin", "hair"):
        areas = [float(getattr(look, part).sum()) / look.face_height**2 for look in (tilted, straight)]
        assert areas[0] == pytest.approx(areas[1], rel=0.15)


def test_without_colour_clothes_are_still_clothes(portrait: Portrait) -> None:
    person = analyze(gray(portrait("astronaut")))
    assert share(person.clothes, zone(person, (-1.4, -0.7), 0.4)) > 0.9


def test_a_photo_without_a_face_is_refused() -> None:
    with pytest.raises(PhotoRefused) as refused:
        analyze(np.full((400, 500, 3), 90, np.uint8))
    assert refused.value.code == "no_face"


def test_the_same_photo_gives_the_same_bits_from_any_thread(portrait: Portrait, seen: Seen) -> None:
    pair = side_by_side(portrait("astronaut"), portrait("obama"), 500)
    with ThreadPoolExecutor(4) as threads:
        looks = [threads.submit(analyze, portrait("biden")) for _ in range(2)]
        groups = [threads.submit(analyze, pair.copy()) for _ in range(2)]
        assert all(same(look.result(), seen("biden")) for look in looks)
        assert same(groups[0].result(), groups[1].result())


def test_five_styles_at_once_look_at_the_photo_once(
    portrait: Portrait, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, encoded = cv2.imencode(".jpg", portrait("astronaut"), [cv2.IMWRITE_JPEG_QUALITY, 91])
    data = encoded.tobytes()
    photo = Photo(data, sha256(data).hexdigest(), 512, 512)
    looks: list[int] = []

    def counted(image: Image) -> PersonAnalysis:
        looks.append(1)
        return analyze(image)

    monkeypatch.setattr("tasks.perception.analyze.analyze", counted)
    with ThreadPoolExecutor(5) as threads:
        results = list(threads.map(analyze_photo, [photo] * 5))
    assert len(looks) == 1
    assert all(result is results[0] for result in results)


def test_bytes_that_are_no_picture_are_refused(weights: object) -> None:
    with pytest.raises(PhotoRefused) as refused:
        analyze_photo(Photo(b"no picture", "0" * 64, 1, 1))
    assert refused.value.code == "corrupt"
