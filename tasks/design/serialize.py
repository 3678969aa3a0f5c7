"""A character design as a document: it is kept with a picture, and read back to the last bit.

Canonical JSON of one object. Points are decimal numbers in head units, x and y in turn: float32 survives that
exactly. `version` grows when a reader of today could not read it.
"""

import json
from typing import Any

import numpy as np

from tasks.arrays import Points
from tasks.design.shapes import CharacterDesign, Framing, Material, Role, Shape
from tasks.perception.analysis import Lab

VERSION = 1
# A stranger's document may ask for anything: ours have up to 250 shapes, 30 clips and 600 units.
MOST_SHAPES, MOST_CLIPS, FARTHEST = 5_000, 200, 100_000.0
_USUAL = {"clip": None, "opacity": 1.0, "outline": 0.0, "shade": 0.0, "cast": 0.0, "seam": None}


class BadDesign(ValueError):
    """A document that is no character design."""


def design_to_json(design: CharacterDesign) -> str:
    """The design as JSON. What is as usual in a shape is left out."""
    document = {
        "version": VERSION,
        "framing": design.framing.value,
        "pose": design.pose,
        "skin": [float(value) for value in design.skin],
        "accent": [float(value) for value in design.accent],
        "feet": None if design.feet is None else float(design.feet),
        "shapes": [_shape_document(shape) for shape in design.shapes],
    }
    return json.dumps(document, separators=(",", ":"), sort_keys=True, allow_nan=False)


def design_from_json(text: str) -> CharacterDesign:
    """The design of a document that `design_to_json` wrote. Raises BadDesign for any other text."""
    try:
        document = json.loads(text, parse_constant=_no_number)
        if document["version"] != VERSION:
            raise BadDesign(f"A design of version {document['version']!r} can't be read.")
        shapes = document["shapes"]
        if len(shapes) > MOST_SHAPES or len({str(each.get("clip")) for each in shapes}) > MOST_CLIPS:
            raise BadDesign("This design has more shapes than any character of ours.")
        return CharacterDesign(
            shapes=tuple(_shape(each) for each in shapes),
            framing=Framing(document["framing"]),
            pose=str(document["pose"]),
            skin=_lab(document["skin"]),
            accent=_lab(document["accent"]),
            feet=None if document["feet"] is None else float(document["feet"]),
        )
    except BadDesign:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise BadDesign(f"This is no character design ({type(error).__name__}).") from error


def _no_number(name: str) -> float:
    raise BadDesign(f"A design has no {name} in it.")


def _finite(value: float) -> float:
    number = float(value)
    if not abs(number) <= FARTHEST:
        raise BadDesign("A number in this design is out of bounds.")
    return number


def _shape_document(shape: Shape) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": shape.name,
        "loops": [_numbers(loop) for loop in shape.loops],
        "lab": [float(value) for value in shape.lab],
        "material": shape.material.value,
        "role": shape.role.value,
    }
    for field, usual in _USUAL.items():
        value = getattr(shape, field)
        if field == "seam" and value is not None:
            value = [_numbers(value[0]), float(value[1])]
        if value != usual:
            document[field] = value if value is None or isinstance(value, str | list) else float(value)
    return document


def _shape(document: dict[str, Any]) -> Shape:
    seam = document.get("seam")
    return Shape(
        name=str(document["name"]),
        loops=tuple(_points(each) for each in document["loops"]),
        lab=_lab(document["lab"]),
        material=Material(document["material"]),
        role=Role(document["role"]),
        clip=None if document.get("clip") is None else str(document["clip"]),
        opacity=_finite(document.get("opacity", 1.0)),
        outline=_finite(document.get("outline", 0.0)),
        shade=_finite(document.get("shade", 0.0)),
        cast=_finite(document.get("cast", 0.0)),
        seam=None if seam is None else (_points(seam[0])[0], _finite(seam[1])),
    )


def _numbers(points: Points) -> list[float]:
    return [
        float(str(value)) for value in np.asarray(points, np.float32).ravel()
    ]  # shortest that round-trips


def _points(numbers: list[float]) -> Points:
    points = np.asarray(numbers, np.float32).reshape(-1, 2)
    if not (np.abs(points) <= FARTHEST).all():
        raise BadDesign("A point of this design is out of bounds.")
    return points


def _lab(values: list[float]) -> Lab:
    lightness, red, yellow = (_finite(value) for value in values)
    return lightness, red, yellow
