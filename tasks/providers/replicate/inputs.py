"""From our request to a model's own input, by the field names of the registry; and the day-one check."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.providers.model_registry import ImageModel, larger_of
from tasks.providers.protocols import ImageRequest

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
_SEED_SAMPLE = 1


def input_for(model: ImageModel, request: ImageRequest, urls: Sequence[str]) -> dict[str, Any]:
    """The model's `input` object; `urls` (https or data:) lead to the photo and what goes along with it."""
    body: dict[str, Any] = {model.prompt_field: request.prompt}
    body[model.photo_field] = list(urls) if model.photo_is_list else urls[0]
    if model.aspect_field:
        body[model.aspect_field] = nearest_aspect(model, str(request.parameters.get("aspect_ratio", "4:5")))
    if model.format_field:
        body[model.format_field] = output_format(model, request)
    if model.seed_field and "seed" in request.parameters:
        body[model.seed_field] = int(request.parameters["seed"])
    larger = larger_of(model, request.parameters)
    return body | model.fixed | (larger.fixed if larger else {})


def output_format(model: ImageModel, request: ImageRequest) -> str:
    """`png` or `jpg`: what the style asks for if the model can, else the model's first."""
    wanted = str(request.parameters.get("output_format", "png"))
    return wanted if wanted in model.formats else model.formats[0]


def nearest_aspect(model: ImageModel, wanted: str) -> str:
    """`wanted` (as "4:5"), or what comes nearest to it among the shapes that the model draws."""
    if wanted in model.aspects:
        return wanted
    return min(model.aspects, key=lambda each: abs(_ratio(each) / _ratio(wanted) - 1))


def check_schema(model: ImageModel, published: Mapping[str, Any]) -> list[str]:
    """What in a model's published schema our adapter would break; empty when they fit.

    `published` is an Input schema, or the whole OpenAPI document that `GET /v1/models/…` carries.
    """
    schemas = published.get("components", {}).get("schemas", {})
    wanted = schemas.get("Input", published)
    fields: Mapping[str, Any] = wanted.get("properties", {})
    sent = _sample(model)
    unmet = [name for name in wanted.get("required", []) if name not in sent]
    problems = [f"The model wants a field we don't send: {name}." for name in unmet]
    for name, values in sent.items():
        if name not in fields:
            problems.append(f"The model no longer has the field {name}.")
        else:
            problems += _misfits(name, values, _resolved(fields[name], schemas))
    return problems


def _sample(model: ImageModel) -> dict[str, list[Any]]:
    """Every field that we may send, each with every value that we may send in it."""
    sent: dict[str, list[Any]] = {
        model.prompt_field: ["a prompt"],
        model.photo_field: [["https://photo.invalid"] if model.photo_is_list else "https://photo.invalid"],
    }
    if model.aspect_field:
        sent[model.aspect_field] = list(model.aspects)
    if model.format_field:
        sent[model.format_field] = list(model.formats)
    if model.seed_field:
        sent[model.seed_field] = [_SEED_SAMPLE]
    for fixed in (model.fixed, model.print.fixed if model.print else {}):
        for name, value in fixed.items():
            sent.setdefault(name, []).append(value)
    return sent


def _resolved(field: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """A field's schema with what it refers to put in: Replicate keeps choices apart, under allOf."""
    merged = {key: value for key, value in field.items() if key not in ("allOf", "$ref")}
    references = [*field.get("allOf", []), *([field] if "$ref" in field else [])]
    for each in references:
        merged |= schemas.get(str(each.get("$ref", "")).rpartition("/")[2], {})
    return merged


def _misfits(name: str, values: list[Any], field: Mapping[str, Any]) -> list[str]:
    problems = []
    expected = field.get("type")
    if isinstance(expected, str) and not all(_is(value, expected) for value in values):
        problems.append(f"The field {name} is now of type {expected}.")
    if "enum" in field:
        gone = [str(value) for value in values if value not in field["enum"]]
        if gone:
            problems.append(f"The field {name} no longer takes {', '.join(gone)}.")
    least, most = field.get("minimum", -math.inf), field.get("maximum", math.inf)
    if any(isinstance(value, int | float) and not least <= value <= most for value in values):
        problems.append(f"The field {name} now only takes numbers from {least} to {most}.")
    return problems


def _is(value: Any, expected: str) -> bool:
    kind = _TYPES.get(type(value), "object")
    return kind == expected or (kind == "integer" and expected == "number")


def _ratio(aspect: str) -> float:
    width, _, height = aspect.partition(":")
    return float(width) / float(height)
