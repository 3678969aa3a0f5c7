"""The subset of JSON Schema that strict structured output takes, and OpenAI's messages for the rest."""

from collections.abc import Iterator
from typing import Any

_PERMITTED = {
    "type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "const",
    "description", "title", "$ref", "$defs", "definitions", "pattern", "format", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems",
}  # fmt: skip
_MOST_PROPERTIES = 5000

Context = tuple[str, ...]


def strict_schema_problem(schema: dict[str, Any]) -> str | None:
    """OpenAI's message about the first thing that strict mode would refuse, or None."""
    if schema.get("type") != "object":
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'."
    nodes = list(_nodes(schema, ()))
    if sum(len(node.get("properties", {})) for _, node in nodes) > _MOST_PROPERTIES:
        return "too many object properties."
    for context, node in nodes:
        problem = _problem(node)
        if problem:
            return f"In context={context!r}, {problem}"
    return None


def _problem(node: dict[str, Any]) -> str | None:
    foreign = sorted(node.keys() - _PERMITTED)
    if foreign:
        return f"'{foreign[0]}' is not permitted."
    if "$ref" in node and len(node) > 1:
        return f"$ref cannot have keywords {sorted(node.keys() - {'$ref'})}."
    if node.get("type") == "object" or "properties" in node:
        return _object_problem(node)
    if node.get("type") == "array" and "items" not in node:
        return "array schema missing items."
    if not node.keys() & {"type", "anyOf", "$ref", "enum", "const"}:
        return "schema must have a 'type' key."
    return None


def _object_problem(node: dict[str, Any]) -> str | None:
    if node.get("additionalProperties") is not False:
        return "'additionalProperties' is required to be supplied and to be false."
    missing = [name for name in node.get("properties", {}) if name not in node.get("required", [])]
    if missing:
        return (
            "'required' is required to be supplied and to be an array including every key in properties. "
            f"Missing '{missing[0]}'."
        )
    return None


def _nodes(node: Any, context: Context) -> Iterator[tuple[Context, dict[str, Any]]]:
    """Every schema within a schema, with its path."""
    if not isinstance(node, dict):
        return
    yield context, node
    for group in ("properties", "$defs", "definitions"):
        for name, inner in node.get(group, {}).items():
            yield from _nodes(inner, (*context, group, name))
    if "items" in node:
        yield from _nodes(node["items"], (*context, "items"))
    for number, inner in enumerate(node.get("anyOf", [])):
        yield from _nodes(inner, (*context, "anyOf", str(number)))
