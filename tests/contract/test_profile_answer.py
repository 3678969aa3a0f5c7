"""A description by a model that keeps to the schema, or nearly: nothing that was paid for is thrown away."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import ValidationError

from tasks.profile import Profile
from tasks.providers.openai.profile_answer import UNREADABLE_COLOR, profile_of_answer
from tasks.providers.vision_question import profile_format
from tasks.styles.prompt import build_character_prompt
from tests.contract.openai_answers import seen_profile

SCHEMA: dict[str, Any] = profile_format()["schema"]
# What strict structured output takes (published guide); anything else is a 400 from the real service.
SUPPORTED = {
    "$defs",
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "description",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maximum",
    "minItems",
    "minimum",
    "multipleOf",
    "pattern",
    "properties",
    "required",
    "type",
}


def answers(node: dict[str, Any], *, patterns: bool = True) -> some.SearchStrategy[Any]:
    """Everything that the schema `node` allows; without `patterns`, what a lax stand-in thinks it allows."""
    if "$ref" in node:
        node = SCHEMA["$defs"][node["$ref"].rpartition("/")[2]]
    if "anyOf" in node:
        return some.one_of(*(answers(each, patterns=patterns) for each in node["anyOf"]))
    if "enum" in node:
        return some.sampled_from(node["enum"])
    kinds: dict[str, Callable[[], some.SearchStrategy[Any]]] = {
        "string": lambda: (
            some.from_regex(node["pattern"].replace("$", r"\Z"))
            if patterns and "pattern" in node
            else some.text(some.characters(), max_size=40)
        ),
        "object": lambda: some.fixed_dictionaries(
            {name: answers(each, patterns=patterns) for name, each in node["properties"].items()}
        ),
        "array": lambda: some.lists(answers(node["items"], patterns=patterns), max_size=5),
        "number": lambda: some.floats(node["minimum"], node["maximum"]) | some.sampled_from([0, 1]),
        "boolean": some.booleans,
        "null": some.none,
    }
    return kinds[node["type"]]()


@settings(max_examples=60, deadline=None)
@given(answers(SCHEMA))
def test_whatever_the_schema_allows_is_a_profile_and_makes_a_prompt(content: dict[str, Any]) -> None:
    Draft202012Validator(SCHEMA).validate(content)
    profile = profile_of_answer(json.loads(json.dumps(content)))
    given_colors = [each["hex"] for each in content["palette"]]
    assert [each.hex for each in profile.palette] == given_colors
    assert UNREADABLE_COLOR not in profile.notes
    build_character_prompt(profile, "storybook").text.encode()


@settings(max_examples=60, deadline=None)
@given(answers(SCHEMA, patterns=False))
def test_a_stand_in_that_knows_no_patterns_gives_a_profile_too(content: dict[str, Any]) -> None:
    kept = profile_of_answer(content).model_dump_json()
    assert "\\u0000" not in kept  # some databases keep no such text
    kept.encode()


def test_the_schema_holds_to_what_strict_output_supports() -> None:
    used: set[str] = set()

    def walk(node: Any, *, names: bool = False) -> None:
        if isinstance(node, list):
            for each in node:
                walk(each)
        elif isinstance(node, dict):
            used.update(() if names else node)
            for key, each in node.items():
                walk(each, names=not names and key in ("properties", "$defs"))

    walk(SCHEMA)
    assert used <= SUPPORTED
    assert SCHEMA["type"] == "object"
    assert "anyOf" not in SCHEMA


def seen(**changes: Any) -> dict[str, Any]:
    content: dict[str, Any] = seen_profile().model_dump()
    return content | changes


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("#E0B090", "#e0b090"),
        ("e0b090", "#e0b090"),
        (" #e0b090 ", "#e0b090"),
        ("#EB9", "#eebb99"),
        ("brown", None),
        ("", None),
        ("#e0b09", None),
    ],
)
def test_a_colour_is_taken_in_every_common_spelling(told: str, kept: str | None) -> None:
    content = seen(palette=[{"part": "hair", "name": "brown", "hex": told, "share": 1.0}])
    profile = profile_of_answer(content)
    assert [each.hex for each in profile.palette] == ([kept] if kept else [])
    assert profile.notes == ([] if kept else [UNREADABLE_COLOR])


def test_an_attribute_without_a_readable_colour_keeps_its_word() -> None:
    content = seen()
    content["attributes"]["hair_colour"] = {"value": "dark brown", "confidence": 0.8, "hex": "dark"}
    trait = profile_of_answer(content).attributes.hair_colour
    assert (trait.value, trait.hex) == ("dark brown", None)


def test_how_sure_it_is_stays_between_none_and_all() -> None:
    content = seen()
    content["attributes"]["skin"] = {"value": "light", "confidence": 95, "hex": None}
    content["attributes"]["eyes"] = {"value": "blue", "confidence": float("nan"), "hex": None}
    attributes = profile_of_answer(content).attributes
    assert (attributes.skin.confidence, attributes.eyes.confidence) == (1.0, 0.0)


def test_what_can_be_read_as_it_is_stays_as_it_is() -> None:
    assert profile_of_answer(seen()) == seen_profile()


@pytest.mark.parametrize(
    "content", [None, [], "text", 7, {}, {"attributes": {}}, seen(palette="red")], ids=repr
)
def test_what_is_no_profile_stays_none(content: Any) -> None:
    with pytest.raises(ValidationError):
        profile_of_answer(content)


def test_the_profiles_own_schema_is_the_one_that_is_asked_for() -> None:
    assert set(SCHEMA["properties"]) == set(Profile.model_fields)
