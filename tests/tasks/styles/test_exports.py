"""Other forms of a finished picture: those that carry their design, and those of a provider."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tasks.design.serialize import design_to_json
from tasks.errors import UsageError
from tasks.media.design_chunk import with_design
from tasks.styles.exports import Export, export_picture
from tests.support.designs import a_design
from tests.support.providers import a_picture
from tests.tasks.conftest import PHOTOS


def test_a_drawn_picture_gives_its_layers_and_its_design() -> None:
    picture = with_design(a_picture(), a_design())
    assert export_picture(picture, Export.DESIGN, "flat", 1, {}).decode() == design_to_json(a_design())
    assert b'<g id="hair_front-' in export_picture(picture, Export.SVG, "flat", 1, {})


def test_a_picture_of_a_provider_is_cut_out_by_its_matte(weights: Path) -> None:
    with Image.open(PHOTOS / "astronaut.jpg") as photo:
        png = io.BytesIO()
        photo.convert("RGB").save(png, "PNG")
    with Image.open(io.BytesIO(export_picture(png.getvalue(), Export.CUT_OUT, "flat", 1, {}))) as person:
        alpha = np.asarray(person.getchannel("A"))
        assert person.mode == "RGBA"
        assert alpha[:10, :10].max() < 40
        assert alpha[person.height * 25 // 100, person.width * 44 // 100] > 240  # the face


def test_a_picture_that_only_few_can_open_is_cut_out_too(weights: Path) -> None:
    with Image.open(PHOTOS / "obama.jpg") as photo:
        avif = io.BytesIO()
        photo.convert("RGB").save(avif, "AVIF", quality=80, speed=8)
    with Image.open(io.BytesIO(export_picture(avif.getvalue(), Export.CUT_OUT, "flat", 1, {}))) as person:
        assert person.mode == "RGBA"


@pytest.mark.parametrize("what", [Export.PRINT, Export.SVG, Export.DESIGN])
def test_it_has_no_other_form_and_says_why(what: Export) -> None:
    with pytest.raises(UsageError, match="carries no design") as caught:
        export_picture(a_picture(), what, "flat", 1, {})
    assert caught.value.code == "no_design"


def test_where_nobody_is_seen_nobody_is_cut_out(weights: Path) -> None:
    with pytest.raises(UsageError, match="No face is found"):
        export_picture(a_picture(), Export.CUT_OUT, "flat", 1, {})
