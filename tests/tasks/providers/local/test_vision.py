"""The profile says what is to be seen, how sure it is, and what it does not know."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.errors import ModelsMissing
from tasks.perception import nets
from tasks.perception.analysis import PersonAnalysis, Reading
from tasks.perception.analyze import analyze
from tasks.perception.color_words import SKIN
from tasks.perception.geometry import face_axes
from tasks.perception.measure_sheet import measure_sheet
from tasks.perception.traits.hair import measure_hair
from tasks.perception.traits.light import PLAIN_LIGHT
from tasks.perception.traits.shape import measure_expression
from tasks.profile import Attributes, Profile
from tasks.providers.local.vision import LocalVision, profile_of
from tasks.providers.protocols import Photo, VisionProvider
from tests.support.slices import in_slices
from tests.tasks.conftest import PHOTOS
from tests.tasks.perception.changed import (
    bald,
    gray,
    in_light,
    of_photo,
    side_by_side,
    with_beard,
    with_glasses,
)

Image = NDArray[np.uint8]
Portrait = Callable[[str], Image]
Seen = Callable[[str], PersonAnalysis]
PEOPLE = ["astronaut", "obama", "biden"]
FROM_LIGHT_TO_DARK = list(SKIN)


def words(profile: Profile) -> dict[str, str | None]:
    return {name: getattr(profile.attributes, name).value for name in Attributes.model_fields}


def described(analysis: PersonAnalysis) -> Profile:
    return profile_of(measure_sheet(analysis))


def photo_of(name: str) -> Photo:
    data = (PHOTOS / f"{name}.jpg").read_bytes()
    return Photo(data, sha256(data).hexdigest(), 0, 0)


def test_the_astronaut_is_described(seen: Seen) -> None:
    profile = described(seen("astronaut"))
    assert words(profile) == {
        "hair_colour": "light brown",
        "hair_length": "short",
        "eyes": None,  # three pixels of iris: nobody could say
        "skin": "light",
        "clothes": "orange and black",
        "glasses": "none",
        "facial_hair": "none",
        "face_shape": None,  # like most
        "age_band": "young adult",
        "expression": "big smile",
        "headwear": "none",
        "hair_texture": None,
        "glasses_shape": None,
        "clothes_pattern": None,  # a suit with patches and straps
        "garment": None,
        "neckline": None,
        "sleeves": "long",
    }
    assert profile.do_not_change == [
        "short light brown hair",
        "light skin",
        "orange and black clothes with long sleeves",
    ]
    assert not profile.monochrome


def test_the_president_is_described(seen: Seen) -> None:
    profile = described(seen("obama"))
    said = words(profile)
    assert said["hair_colour"] == "grey"
    assert said["hair_length"] in ("short", "very short")
    assert said["eyes"] == "dark brown"
    assert said["skin"] in ("medium", "tan")
    assert said["clothes"] in ("black", "navy")
    assert said["expression"] == "big smile"
    assert "dark brown eyes" in profile.do_not_change


def test_silver_hair_is_not_blond_and_skin_in_the_shade_is_left_open(seen: Seen) -> None:
    profile = described(seen("biden"))
    said = words(profile)
    assert said["hair_colour"] == "silver grey"
    assert said["age_band"] == "older adult"
    assert said["expression"] == "neutral"
    # The face is in the shade of a bright room: any word for the skin would be a guess.
    assert said["skin"] is None
    assert not any("skin" in phrase for phrase in profile.do_not_change)
    assert any("skin" in note for note in profile.notes)
    assert "skin" not in {swatch.part for swatch in profile.palette}


@pytest.mark.parametrize("name", PEOPLE)
def test_the_palette_holds_the_measured_colours(seen: Seen, name: str) -> None:
    profile = described(seen(name))
    clothes = [swatch for swatch in profile.palette if swatch.part == "clothes"]
    assert 0.5 < sum(swatch.share for swatch in clothes) <= 1.001
    assert [swatch.share for swatch in clothes] == sorted((s.share for s in clothes), reverse=True)
    assert profile.attributes.clothes.hex == clothes[0].hex
    assert profile.attributes.hair_colour.hex in {swatch.hex for swatch in profile.palette}


@pytest.mark.parametrize("name", in_slices(PEOPLE, ("obama",)))
def test_drawn_glasses_are_seen_and_bare_faces_wear_none(portrait: Portrait, seen: Seen, name: str) -> None:
    assert described(seen(name)).attributes.glasses.value == "none"
    brown = described(analyze(with_glasses(portrait(name), (40, 60, 100))))
    if name == "astronaut":  # the rim is a pixel wide
        assert brown.attributes.glasses.value != "sunglasses"
        return
    assert brown.attributes.glasses.value == "glasses"
    assert "glasses" in brown.do_not_change


@pytest.mark.parametrize("name", in_slices(PEOPLE, ("astronaut",)))
def test_sunglasses_hide_the_eyes(portrait: Portrait, name: str) -> None:
    profile = described(analyze(with_glasses(portrait(name), (20, 20, 20), dark_lenses=True)))
    assert profile.attributes.glasses.value == "sunglasses"
    assert profile.attributes.eyes.value is None
    assert "sunglasses" in profile.do_not_change
    assert any("sunglasses" in note for note in profile.notes)


@pytest.mark.parametrize("name", in_slices(PEOPLE, ("biden",)))
def test_a_beard_is_seen_and_a_bare_chin_is_not_called_one(portrait: Portrait, seen: Seen, name: str) -> None:
    assert described(seen(name)).attributes.facial_hair.value in (None, "none")
    bearded = described(analyze(with_beard(portrait(name))))
    grown = bearded.attributes.facial_hair.value
    assert grown in ("beard", "goatee")
    assert grown in bearded.do_not_change


def test_a_shadow_on_the_chin_is_no_beard(portrait: Portrait) -> None:
    for name in PEOPLE:
        profile = described(analyze(with_beard(portrait(name), roughness=0)))
        assert profile.attributes.facial_hair.value in (None, "none")


@pytest.mark.parametrize(
    ("lab", "years", "family"),
    [
        ((68, 6, 10), 70, "grey"),
        ((68, 6, 10), 8, "blonde"),  # a child's hair is pale, not grey
        ((60, 6, 14), 50, "grey"),  # warm light on grey hair is not blond
        ((66, 7, 30), 50, "blonde"),
        ((21, -2, 0), 50, "brown"),  # black in the light, not grey in the dark
        ((25, -1, 14), 50, "brown"),
    ],
)
def test_grey_hair_is_told_by_its_tint_and_by_age(
    seen: Seen, lab: tuple[float, float, float], years: float, family: str
) -> None:
    bgr = cv2.cvtColor(np.array([[lab]], np.float32), cv2.COLOR_LAB2BGR)[0, 0] * 255
    picture = np.full((400, 400, 3), np.round(bgr), np.uint8)
    axes = face_axes(seen("obama").mesh)
    hair = measure_hair(picture, np.ones((400, 400), np.bool_), axes, PLAIN_LIGHT, years=years, clothes=[])
    assert str(hair.color.value).endswith(family)


@pytest.mark.parametrize("name", in_slices(PEOPLE, ("obama",)))
def test_a_bald_head_has_no_hair_and_no_colour_of_it(portrait: Portrait, seen: Seen, name: str) -> None:
    profile = described(analyze(bald(portrait(name), seen(name))))
    assert profile.attributes.hair_length.value in ("bald or shaved", "very short", None)
    assert profile.attributes.hair_colour.value is None
    assert "hair" not in {swatch.part for swatch in profile.palette}


def test_a_black_and_white_photo_says_nothing_of_colours(portrait: Portrait) -> None:
    profile = described(analyze(gray(portrait("obama"))))
    assert profile.monochrome
    assert profile.palette == []
    for trait in ("hair_colour", "eyes", "skin", "clothes"):
        assert getattr(profile.attributes, trait).value is None
        assert getattr(profile.attributes, trait).hex is None
    hair = f"{profile.attributes.hair_length.value} coily hair"
    assert profile.do_not_change == [hair, "jacket with a collar"]


def test_a_dim_photo_never_makes_skin_lighter_and_a_dark_one_leaves_it_open(portrait: Portrait) -> None:
    plain = analyze(portrait("obama")).traits.skin.value
    assert plain is not None
    for light in (0.5, 0.3):
        dim = analyze(in_light(portrait("obama"), light))
        assert dim.traits.skin.value is not None
        assert FROM_LIGHT_TO_DARK.index(dim.traits.skin.value) >= FROM_LIGHT_TO_DARK.index(plain)
    dark = described(analyze(in_light(portrait("obama"), 0.1)))
    assert words(dark)["skin"] is None
    assert words(dark)["hair_colour"] is None
    assert dark.notes


def darker_skinned(image: Image, seen: PersonAnalysis, factor: float) -> Image:
    """The same photo of a person whose skin reflects `factor` of the light; nothing else changes."""
    mask = of_photo(seen.skin, seen, image)
    darker = in_light(image, factor)
    return np.asarray(image * (1 - mask[..., None]) + darker * mask[..., None], np.uint8)


@pytest.mark.parametrize("name", in_slices(("astronaut", "obama"), ("obama",)))
def test_dark_skin_is_measured_as_dark_as_it_is(portrait: Portrait, seen: Seen, name: str) -> None:
    before = seen(name)
    lightness, place = before.colors.skin[0], FROM_LIGHT_TO_DARK.index(before.traits.skin.value or "")
    for factor in (0.6, 0.35, 0.2):
        person = analyze(darker_skinned(portrait(name), before, factor))
        expected = (lightness + 16) * factor ** (1 / 3) - 16
        assert person.colors.skin[0] == pytest.approx(expected, abs=5)
        assert person.traits.skin.value is not None
        now = FROM_LIGHT_TO_DARK.index(person.traits.skin.value)
        assert now >= place
        place = now
    assert FROM_LIGHT_TO_DARK[place] in ("brown", "deep brown", "very deep brown")


def test_an_open_mouth_is_no_smile(seen: Seen) -> None:
    person = seen("biden")
    mesh, axes = person.mesh.copy(), face_axes(person.mesh)
    assert measure_expression(mesh, axes).value == "neutral"
    mesh[14] -= axes.up * axes.height * 0.14
    assert measure_expression(mesh, axes).value == "open mouth"


def test_people_beside_the_main_one_are_mentioned(portrait: Portrait) -> None:
    profile = described(analyze(side_by_side(portrait("astronaut"), portrait("obama"))))
    assert any("2 people" in note for note in profile.notes)


@pytest.mark.parametrize("confidence", [0.0, 0.29])
def test_an_unsure_word_is_no_word(seen: Seen, confidence: float) -> None:
    person = seen("obama")
    unsure = replace(
        person.traits, eyes=Reading("green", confidence), face_shape=Reading("square", confidence)
    )
    profile = described(replace(person, traits=unsure))
    assert profile.attributes.eyes.value is None
    assert profile.attributes.eyes.hex is None
    assert profile.attributes.eyes.confidence == confidence
    assert not any("eyes" in phrase or "face" in phrase for phrase in profile.do_not_change)
    assert "eyes" not in {swatch.part for swatch in profile.palette}


def test_the_provider_answers_free_of_charge_and_the_same_every_time(weights: object) -> None:
    vision: VisionProvider = LocalVision()
    photo = photo_of("biden")
    assert vision.estimate_microusd(photo) == 0
    assert not vision.charges
    first, second = vision.describe(photo), LocalVision().describe(photo)
    assert first == second
    assert first.model == "local-vision-4"
    assert first.cost_microusd == 0


def test_without_weights_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYKIN_MODELS_DIR", str(tmp_path))
    for network in nets._ALL:
        monkeypatch.setattr(network, "_loaded", None)
    with pytest.raises(ModelsMissing, match="storykin models fetch"):
        LocalVision().describe(replace(photo_of("obama"), sha256="another"))
