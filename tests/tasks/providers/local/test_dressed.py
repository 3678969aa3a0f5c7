"""A design that would undress somebody is not drawn."""

import dataclasses
from pathlib import Path

import pytest

from tasks.design.compose import design_character
from tasks.design.shapes import CharacterDesign, Framing, Material
from tasks.errors import CallFailed
from tasks.providers.local import illustrator
from tasks.providers.local.dressed import check_dressed
from tasks.providers.protocols import ImageRequest, Photo
from tasks.styles.characters import design_of_photo
from tests.support.heads import head_sheet
from tests.support.providers import a_profile
from tests.tasks.conftest import PHOTOS


def bare(design: CharacterDesign) -> CharacterDesign:
    """The same person with skin in the place of every cloth."""
    shapes = [
        dataclasses.replace(each, material=Material.SKIN) if each.material is Material.CLOTH else each
        for each in design.shapes
    ]
    return dataclasses.replace(design, shapes=tuple(shapes))


@pytest.mark.parametrize("framing", list(Framing))
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_whoever_is_designed_is_dressed(framing: Framing, seed: int) -> None:
    sheet = head_sheet()
    check_dressed(design_character(sheet, framing, seed), sheet)


@pytest.mark.parametrize("framing", list(Framing))
def test_a_body_without_clothes_is_not_drawn(framing: Framing) -> None:
    sheet = head_sheet()
    with pytest.raises(CallFailed, match="more bare skin") as refused:
        check_dressed(bare(design_character(sheet, framing, 0)), sheet)
    assert refused.value.code == "undressed"


def test_the_local_engine_draws_no_such_picture(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = (PHOTOS / "obama.jpg").read_bytes()
    asked = ImageRequest("call-1", Photo(data, "0" * 64, 800, 1000), a_profile(), "flat", "a portrait", {})
    dressed = design_of_photo(asked.photo, "flat", 0, {})
    monkeypatch.setattr(illustrator, "design_of_photo", lambda *_: bare(dressed))
    with pytest.raises(CallFailed) as refused:
        illustrator.LocalIllustrator().collect("local-call-1", asked)
    assert refused.value.code == "undressed"
