"""Structured output: the schemas that strict mode takes, and documents made after them."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tasks.profile import Profile
from tasks.providers.vision_question import profile_format
from ui.rehearsal.engine import sample_profile
from ui.rehearsal.openai.strict_schema import strict_schema_problem
from ui.rehearsal.schema_filler import fill_schema


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def test_our_own_question_is_strict_enough() -> None:
    assert strict_schema_problem(profile_format()["schema"]) is None


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "array", "items": {"type": "string"}}, 'type: "object"'),
        ({"type": "object", "properties": {}}, "additionalProperties"),
        (closed(a={"type": "string"}) | {"required": []}, "Missing 'a'"),
        (
            closed(a={"type": "number", "default": 0}),
            "context=('properties', 'a'), 'default' is not permitted",
        ),
        (closed(a={"type": "string", "minLength": 2}), "'minLength' is not permitted"),
        (closed(a={"$ref": "#/$defs/b", "description": "no"}), "$ref cannot have keywords"),
        (closed(a={"type": "array"}), "missing items"),
        (closed(a={}), "must have a 'type'"),
        (closed(a={"anyOf": [{"type": "object", "properties": {}}]}), "additionalProperties"),
    ],
)
def test_what_strict_mode_does_not_take_is_said(schema: dict[str, Any], said: str) -> None:
    problem = strict_schema_problem(schema)
    assert problem is not None and said in problem


def test_a_profile_fills_the_schema_it_came_from() -> None:
    known = sample_profile()
    schema = profile_format()["schema"]
    document = fill_schema(schema, known)
    assert Profile.model_validate(document) == Profile.model_validate(known)


def test_an_unknown_schema_is_filled_with_something_that_fits_it() -> None:
    schema = closed(
        eyes={"$ref": "#/$defs/Eyes"},
        mood={"enum": ["merry", "sad"]},
        age={"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]},
        tags={"type": "array", "items": {"type": "string"}, "minItems": 2},
        do_not_change={"type": "array", "items": {"type": "string"}},
    )
    schema["$defs"] = {
        "Eyes": closed(value={"type": "string"}, hex={"type": "string", "pattern": "^#......$"})
    }
    document = fill_schema(schema, sample_profile())
    Draft202012Validator(schema).validate(document)
    assert document["eyes"]["value"] == "brown"
    assert document["do_not_change"] == sample_profile()["do_not_change"]
