"""The model's claims beside what the pixels say."""

from typing import Any, cast

import numpy as np
import pytest

from tasks.errors import ModelsMissing
from tasks.perception.analysis import Colors, Lab, PersonAnalysis, Reading, Traits
from tasks.perception.color_words import CLOTHES, HAIR, SKIN
from tasks.perception.lab import hex_of_lab
from tasks.profile import Attributes, Profile, Swatch, Trait
from tasks.providers.openai import color_check
from tasks.providers.openai.color_check import UNMEASURED, check_colors, compare_with_pixels
from tasks.providers.protocols import Photo


def measured(
    *, skin: str = "light", hair: str = "dark brown", clothes: str = "navy", **changes: Any
) -> PersonAnalysis:
    """An analysis of which only colours and words matter here."""
    nothing = np.zeros((1, 1), np.float32)
    values: dict[str, Any] = dict.fromkeys(PersonAnalysis.__dataclass_fields__, nothing)
    values |= {
        "colors": Colors(SKIN[skin], HAIR[hair], None, ((CLOTHES[clothes], 0.7), (CLOTHES["white"], 0.3))),
        "traits": Traits(
            skin=Reading(skin, 0.9), hair_colour=Reading(hair, 0.9), clothes=Reading(clothes, 0.9)
        ),
        "monochrome": False,
    }
    return PersonAnalysis(**values | changes)


def shade(lab: Lab, lighter: float) -> str:
    return hex_of_lab((lab[0] + lighter, lab[1], lab[2]))


def claimed(*, skin: str = "fair", hair: str = "brown", hair_hex: str | None = None) -> Profile:
    words = {name: Trait(value="some", confidence=0.9) for name in Attributes.model_fields}
    words["skin"] = Trait(value=skin, confidence=0.9, hex=shade(SKIN["light"], 3))
    words["hair_colour"] = Trait(value=hair, confidence=0.9, hex=hair_hex or shade(HAIR["dark brown"], 4))
    words["clothes"] = Trait(value="navy jumper", confidence=0.8, hex=shade(CLOTHES["navy"], 5))
    return Profile(
        attributes=Attributes.model_validate(words),
        palette=[
            Swatch(part="skin", name="peach", hex=shade(SKIN["light"], 3)),
            Swatch(part="eyes", name="brown", hex="#5a3a22"),
            Swatch(part="hair", name="chestnut", hex=hair_hex or shade(HAIR["dark brown"], 4)),
        ],
        do_not_change=["round face"],
        notes=["The photo is soft."],
    )


def hexes(profile: Profile, part: str) -> list[str]:
    return [each.hex for each in profile.palette if each.part == part]


def test_where_both_agree_nothing_is_said_and_the_measured_hex_is_used() -> None:
    profile = compare_with_pixels(claimed(), measured())
    assert profile.notes == ["The photo is soft."]
    assert hexes(profile, "skin") == [hex_of_lab(SKIN["light"])]
    assert profile.attributes.hair_colour.hex == hex_of_lab(HAIR["dark brown"])
    assert profile.attributes.hair_colour.value == "brown"
    assert [each.name for each in profile.palette if each.part == "hair"] == ["chestnut"]


def test_a_disagreement_is_said_and_kept_in_the_notes() -> None:
    profile = compare_with_pixels(claimed(hair="blonde", hair_hex=hex_of_lab(HAIR["blonde"])), measured())
    soft, said = profile.notes
    assert soft == "The photo is soft."
    assert "hair: blonde" in said
    assert "dark brown" in said
    assert hexes(profile, "hair") == [hex_of_lab(HAIR["dark brown"])]
    assert profile.attributes.hair_colour.value == "blonde", "the model's word stays, with the note"


def test_the_eyes_are_the_models_alone() -> None:
    assert hexes(compare_with_pixels(claimed(), measured()), "eyes") == ["#5a3a22"]


def test_measured_clothes_bring_their_shares() -> None:
    profile = compare_with_pixels(claimed(), measured())
    assert [each.share for each in profile.palette if each.part == "clothes"] == [0.7, 0.3]


def test_what_was_measured_badly_says_nothing() -> None:
    unsure = Traits(skin=Reading("tan", 0.1), hair_colour=Reading("black", 0.1), clothes=Reading(None, 0.0))
    before = claimed()
    profile = compare_with_pixels(before, measured(skin="very deep brown", hair="white", traits=unsure))
    assert profile == before


def test_a_claim_without_hex_is_told_by_its_word() -> None:
    profile = claimed()
    seen = profile.attributes.model_copy(update={"hair_colour": Trait(value="Blonde", confidence=0.9)})
    palette = [each for each in profile.palette if each.part != "hair"]
    checked = compare_with_pixels(
        profile.model_copy(update={"attributes": seen, "palette": palette}), measured()
    )
    assert len(checked.notes) == 2


def test_colours_of_a_black_and_white_photo_are_not_used() -> None:
    profile = compare_with_pixels(claimed(), measured(monochrome=True))
    assert profile.monochrome
    assert profile.palette == []
    assert len(profile.notes) == 2


@pytest.mark.parametrize(
    "error", [ModelsMissing("No weights."), MemoryError(), RuntimeError("of a net"), ValueError("of a mask")]
)
def test_a_photo_that_can_not_be_measured_costs_no_answer(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(_photo: Photo) -> PersonAnalysis:
        raise error

    monkeypatch.setattr(color_check, "analyze_photo", broken)
    profile = claimed()
    looked = check_colors(profile, cast("Photo", None))
    assert looked.notes == [*profile.notes, UNMEASURED]
    assert looked.palette == profile.palette
