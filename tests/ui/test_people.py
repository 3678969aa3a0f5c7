"""The one who is chosen in a group is the one who is drawn, however the photo lies in its file."""

import io
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from db.engine import Record
from db.repositories import assets, characters
from flows.request_run import AskedRun
from tasks.errors import PhotoRefused, UsageError
from tasks.intake.normalize import normalize_photo, people_in
from tests.support.bad_photos import encoded, portrait
from tests.support.groups import group, lying, who_is_in
from tests.support.shared import shared
from tests.support.slices import in_slices
from tests.support.studio import StandInStudio
from tests.tasks.conftest import weights
from ui.handlers.people import CROP_PIXELS, face_thumbnails
from ui.handlers.start import start_character
from ui.views.intake import people_documents
from ui.views.new import WhichPerson

__all__ = ["weights"]

pytestmark = pytest.mark.usefixtures("weights")

# How a photo can lie in its file: quarters against the clock, mirrored, EXIF orientation.
WAYS = [
    *((quarters, mirrored, 1) for quarters in range(4) for mirrored in (False, True)),
    *((0, False, orientation) for orientation in (3, 4, 6, 7)),
    (1, True, 5),
]


def picture_in(data_url: str) -> Image.Image:
    return Image.open(io.BytesIO(b64decode(data_url.removeprefix("data:image/jpeg;base64,"))))


def photo_of(record: Record, studio: StandInStudio, character_id: str) -> bytes:
    with record.reading() as session:
        asset_id = characters.get(session, character_id).photo_asset_id
        assert asset_id is not None
        return studio.services.store.get(assets.get(session, asset_id).storage_key)


def faces_shown(question: WhichPerson) -> dict[str, str]:
    """Who is seen in each small picture of the question, and what choosing it sends."""
    shown = {}
    for person in people_documents(question.faces):
        small = picture_in(person["url"])
        assert small.size == (CROP_PIXELS, CROP_PIXELS)
        shown[who_is_in(encoded(small.resize((CROP_PIXELS * 3, CROP_PIXELS * 3))))] = person["choice"]
    return shown


@pytest.mark.parametrize(
    ("quarters", "mirrored", "orientation"),
    in_slices(WAYS, ((0, True, 1), (2, False, 1), (1, True, 5))),
)
def test_whoever_is_clicked_in_the_studio_is_the_one_who_is_drawn(
    studio: StandInStudio, quarters: int, mirrored: bool, orientation: int
) -> None:
    services = replace(studio.services, normalize=normalize_photo)
    names = {"obama", "biden", "astronaut"} if orientation == 1 else {"obama", "biden"}
    data = lying(group(*sorted(names)), quarters=quarters, mirrored=mirrored, orientation=orientation)
    key = studio.upload(data)

    question = start_character(services, studio.form(photo_key=key))
    assert isinstance(question, WhichPerson)
    shown = faces_shown(question)
    assert set(shown) == names

    wanted = sorted(names)[(quarters + orientation) % len(names)]
    asked = start_character(services, studio.form(photo_key=key, face=shown[wanted]))
    assert isinstance(asked, AskedRun)
    assert who_is_in(photo_of(services.record, studio, asked.character_id)) == wanted


@pytest.mark.parametrize(
    ("quarters", "mirrored", "orientation"),
    in_slices([(0, True, 1), (1, False, 1), (2, False, 1), (0, False, 7)], ((1, False, 1), (0, False, 7))),
)
def test_the_number_of_the_command_line_is_the_number_that_is_shown(
    studio: StandInStudio,
    quarters: int,
    mirrored: bool,
    orientation: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = lying(group("biden", "astronaut"), quarters=quarters, mirrored=mirrored, orientation=orientation)
    file = tmp_path / "group.jpg"
    file.write_bytes(data)
    shown = {
        crop.number: who_is_in(encoded(picture_in(crop.data_url).resize((432, 432))))
        for crop in face_thumbnails(data)
    }
    assert set(shown.values()) == {"biden", "astronaut"}
    for number, name in shown.items():
        kept = normalize_photo(file.read_bytes(), face=number)
        assert who_is_in(kept.photo.data) == name


def test_people_are_counted_from_the_left_as_they_stand() -> None:
    crops = face_thumbnails(lying(group("obama", "biden"), quarters=2))

    assert [crop.number for crop in crops] == [1, 2]
    assert [who_is_in(encoded(picture_in(crop.data_url).resize((432, 432)))) for crop in crops] == [
        "obama",
        "biden",
    ]


def test_a_choice_says_where_the_face_lies_in_the_file() -> None:
    data = lying(group("obama", "astronaut"), quarters=1)  # the left one lies at the bottom now

    first, second = people_in(data).people

    with Image.open(io.BytesIO(data)) as image:
        height = image.height
    left, top, width, box_height = (int(number) for number in first.choice.partition(":")[2].split(","))
    assert top > height / 2 and left >= 0 and width > 60 and box_height > 60
    assert int(second.choice.split(",")[1]) < height / 2


def test_a_choice_made_in_another_photo_is_not_taken_for_one_in_this() -> None:
    choice = people_in(lying(group("obama", "astronaut"))).people[0].choice

    with pytest.raises(PhotoRefused) as refused:
        normalize_photo(lying(group("astronaut", "obama")), face=choice)
    assert refused.value.code == "chosen_elsewhere"


@pytest.mark.parametrize("choice", ["the left one", "0123456789abcdef:1,2,3", "٣", "1;2"])
def test_what_is_no_choice_is_a_sentence(choice: str) -> None:
    with pytest.raises(UsageError) as refused:
        normalize_photo(encoded(portrait()), face=choice)
    assert refused.value.code == "bad_face"


@pytest.mark.parametrize("number", [2, "2"])
def test_a_plain_number_is_understood(number: int | str) -> None:
    assert who_is_in(normalize_photo(lying(group("obama", "biden")), face=number).photo.data) == "biden"


def test_what_is_no_picture_has_no_people() -> None:
    with pytest.raises(PhotoRefused):
        face_thumbnails(b"no picture")


@pytest.mark.parametrize(
    "name", in_slices(["group_three_180.jpg", "group_ast_obama_90.jpg"], ("group_three_180.jpg",))
)
def test_groups_that_lie_on_their_head_or_side(name: str) -> None:
    data = shared(f"cases/intake/{name}").read_bytes()
    crops = face_thumbnails(data)
    assert len(crops) == (3 if "three" in name else 2)
    for crop in crops:
        seen = who_is_in(encoded(picture_in(crop.data_url).resize((432, 432))))
        assert who_is_in(normalize_photo(data, face=crop.choice).photo.data) == seen
