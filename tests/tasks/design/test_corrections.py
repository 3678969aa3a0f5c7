"""What a person has corrected shows in the design; what nobody has corrected stays as it was, to the bit."""

from typing import Any

import numpy as np
import pytest

from tasks.design.compose import design_character
from tasks.design.corrected_sheet import corrected_sheet
from tasks.design.corrections import NONE, Corrections, corrections, lab_of_hex
from tasks.design.serialize import design_to_json
from tasks.design.shapes import CharacterDesign, Framing
from tasks.perception.character_sheet import CharacterSheet, FaceClass, SheetColors
from tasks.profile import Profile
from tests.support.heads import SKIN, head_sheet, oval, short_hair
from tests.tasks.profiles import a_profile

BROWN, BLUE = (30.0, 10.0, 14.0), (40.0, 10.0, -30.0)


@pytest.fixture(scope="module")
def sheet() -> CharacterSheet:
    colors = SheetColors(skin=SKIN, hair=BROWN, clothes=((BLUE, 1.0),))
    return head_sheet((FaceClass.HAIR, short_hair(), BROWN), colors=colors, hair_length="short")


def drawn(sheet: CharacterSheet, wanted: Corrections) -> CharacterDesign:
    return design_character(corrected_sheet(sheet, wanted), Framing.PORTRAIT, 3)


def fill_of(design: CharacterDesign, name: str) -> Any:
    return np.array(next(each.lab for each in design.shapes if each.name == name))


def said(**told: tuple[str, str | None]) -> Profile:
    content = a_profile().model_dump(mode="json")
    for name, (value, color) in told.items():
        content["attributes"][name] = {"value": value, "confidence": 1.0, "hex": color}
    return Profile.model_validate(content)


def test_only_what_is_said_otherwise_than_seen_is_a_correction() -> None:
    seen = a_profile()
    assert corrections(seen, seen) == NONE and not NONE
    eyes, hair = (getattr(seen.attributes, name) for name in ("eyes", "hair_colour"))
    sure_of_it = said(eyes=(eyes.value, eyes.hex), hair_colour=(hair.value, hair.hex))
    assert corrections(seen, sure_of_it) == NONE, "who confirms what was seen corrects nothing"
    found = corrections(seen, said(eyes=(eyes.value, "#00ff00"), glasses=("sunglasses", None)))
    assert (found.words, found.color("eyes")) == ((("glasses", "sunglasses"),), lab_of_hex("#00ff00"))


def test_without_a_correction_the_sheet_itself_is_drawn(sheet: CharacterSheet) -> None:
    assert corrected_sheet(sheet, NONE) is sheet


def test_a_corrected_color_is_the_color_of_the_drawing(sheet: CharacterSheet) -> None:
    said = {"hair": ("hair", "#d8b25a"), "skin": ("head", "#6b4226"), "clothes": ("torso", "#1f8a4c")}
    wanted = Corrections(colors=tuple((part, 0, lab_of_hex(color)) for part, (_, color) in said.items()))
    before, after = (drawn(sheet, each) for each in (NONE, wanted))
    for shape, color in said.values():
        was, now = (np.linalg.norm(fill_of(each, shape) - lab_of_hex(color)) for each in (before, after))
        assert now < 6 < was, shape


def test_what_was_measured_is_left_as_it_was(sheet: CharacterSheet) -> None:
    before = design_to_json(design_character(sheet, Framing.PORTRAIT, 3))
    drawn(sheet, Corrections((("hair_length", "bald or shaved"),), (("skin", 0, lab_of_hex("#6b4226")),)))
    assert design_to_json(design_character(sheet, Framing.PORTRAIT, 3)) == before


def test_what_is_said_to_be_worn_or_grown_is_drawn() -> None:
    adult = head_sheet((FaceClass.HAIR, short_hair(), BROWN), age_band="adult", glasses="none")
    words = (("glasses", "glasses"), ("facial_hair", "beard"), ("headwear", "cap"))
    before, after = (
        {each.name for each in drawn(adult, wanted).shapes} for wanted in (NONE, Corrections(words))
    )
    assert {"bridge", "beard", "headwear_brim"} <= after - before


def test_clothes_are_cut_as_they_are_said_to_be(sheet: CharacterSheet) -> None:
    def cut(*words: tuple[str, str]) -> set[str]:
        whole = design_character(corrected_sheet(sheet, Corrections(words)), Framing.FULL_BODY, 3)
        return {each.name for each in whole.shapes}

    plain, shirt = cut(), cut(("garment", "shirt"), ("neckline", "collar"), ("sleeves", "long"))
    dress = cut(("garment", "dress"), ("sleeves", "short"))
    assert len({frozenset(each) for each in (plain, shirt, dress)}) == 3
    assert "placket" in shirt - plain and "arm_left" in plain - shirt
    assert cut(("garment", "dungarees")) == plain, "what the engine can't cut is drawn as measured"


def test_what_is_said_not_to_be_there_is_not_drawn() -> None:
    hat = oval(0, -118, 50, 34)
    worn = head_sheet((FaceClass.HAT, hat, (44.0, 50.0, 30.0)), headwear="hat")
    hatted, bareheaded = (
        {each.name for each in drawn(worn, wanted).shapes}
        for wanted in (NONE, Corrections((("headwear", "none"),)))
    )
    gone = {name for name in hatted if "headwear" in name}
    assert gone and not gone & bareheaded
    haired = head_sheet((FaceClass.HAIR, short_hair(), BROWN))
    bald = drawn(haired, Corrections((("hair_length", "bald or shaved"),)))
    assert not any(each.name == "hair" for each in bald.shapes)


def test_hair_is_drawn_as_long_as_it_is_said_to_be(sheet: CharacterSheet) -> None:
    def lowest(length: str) -> float:
        design = drawn(sheet, Corrections((("hair_length", length),)))
        return max(
            float(loop[:, 1].max()) for each in design.shapes if "hair" in each.name for loop in each.loops
        )

    short, chin, long = map(lowest, ("short", "chin-length", "long"))
    assert short < -20 < chin < 20 < long, "the chin is at 0"


def test_a_face_does_what_it_is_said_to_do(sheet: CharacterSheet) -> None:
    def lift(word: str) -> float:
        mouth = corrected_sheet(sheet, Corrections((("expression", word),))).mesh
        return float(((mouth[13] + mouth[14]) / 2 - (mouth[61] + mouth[291]) / 2)[1])

    assert lift("serious") < lift("neutral") < lift("smiling")
    laughing = drawn(sheet, Corrections((("expression", "laughing"),)))
    assert any(each.name == "teeth" for each in laughing.shapes)
    assert not any(
        each.name == "teeth" for each in drawn(sheet, Corrections((("expression", "serious"),))).shapes
    )
