"""A design is data: it can be kept, read back, and edited elsewhere."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tasks.design.serialize import BadDesign, design_from_json, design_to_json
from tasks.design.shapes import CharacterDesign, Framing, Material, Shape
from tasks.design.svg import design_to_svg
from tests.support.designs import a_design, oval, with_shapes

SVG = "{http://www.w3.org/2000/svg}"


def same(one: CharacterDesign, other: CharacterDesign) -> bool:
    def plain(design: CharacterDesign) -> list[object]:
        rest = replace(design, shapes=())
        return [rest, *(replace(shape, loops=(), seam=None) for shape in design.shapes)]

    loops = [
        np.array_equal(a, b)
        for first, second in zip(one.shapes, other.shapes, strict=True)
        for a, b in zip(first.loops, second.loops, strict=True)
    ]
    return plain(one) == plain(other) and all(loops)


@pytest.mark.parametrize("framing", Framing)
def test_a_design_is_read_back_as_it_was_written(framing: Framing) -> None:
    seam = (np.array([3.1, 0.1], np.float32), 7.25)
    odd = Shape(
        "veil", (oval(1 / 3, 2 / 3, 1e-3, 1e4),), (1 / 3, -90, 7), Material.HEADWEAR, opacity=1 / 7, seam=seam
    )
    design = with_shapes(a_design(framing=framing), odd)
    text = design_to_json(design)
    read = design_from_json(text)
    assert same(read, design)
    assert design_to_json(read) == text
    again = read.shapes[-1].seam
    assert again is not None
    assert np.array_equal(again[0], seam[0])
    assert again[1] == seam[1]


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"version":1}', '{"version":99,"shapes":[]}'])
def test_what_is_no_design_is_refused(text: str) -> None:
    with pytest.raises(BadDesign):
        design_from_json(text)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document | {"shapes": [[1]]},
        lambda document: document | {"skin": [10**400, 0, 0]},
        lambda document: document | {"skin": [float("nan"), 0, 0]},
        lambda document: document | {"shapes": document["shapes"][:1] * 30_000},
    ],
    ids=["a list for a shape", "a huge number", "no number", "a bomb"],
)
def test_a_strangers_document_is_refused_in_words(change: Callable[[Any], Any]) -> None:
    document = json.loads(design_to_json(a_design()))
    with pytest.raises(BadDesign):
        design_from_json(json.dumps(change(document)))


def test_a_document_says_what_it_holds_in_plain_words() -> None:
    document = json.loads(design_to_json(a_design()))
    assert document["framing"] == "portrait"
    assert {"head", "hair_front", "iris_left"} <= {shape["name"] for shape in document["shapes"]}


def test_the_svg_has_a_group_for_every_shape_in_its_colors_and_clips() -> None:
    design = a_design()
    root = ElementTree.fromstring(design_to_svg(design))
    groups = {group.get("id", "").rsplit("-", 1)[0]: group for group in root.iter(f"{SVG}g")}
    assert list(groups) == [shape.name for shape in design.shapes]
    clips = {clip.get("id") for clip in root.iter(f"{SVG}clipPath")}
    held = groups["iris_left"].get("clip-path", "")
    assert held.removeprefix("url(#").removesuffix(")") in clips
    fill = groups["body_stripe"][0].get("fill", "")
    assert fill == "#d4d4d4"  # Lab 85, 0, 0
    left, top, width, height = (float(number) for number in root.get("viewBox", "").split())
    assert left < -100 and top < -122 and left + width > 100 and top + height > 200


def test_outlines_of_the_svg_can_be_left_out() -> None:
    assert "stroke=" in design_to_svg(a_design())
    assert "stroke=" not in design_to_svg(a_design(), outlines=False)
