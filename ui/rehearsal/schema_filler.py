"""A document after a JSON schema, as like as can be to one that is known."""

from collections.abc import Mapping
from typing import Any

_PLAIN = {"string": "unknown", "integer": 0, "number": 0.0, "boolean": False, "null": None}


def filled(schema: Mapping[str, Any], known: Any) -> Any:
    """What `schema` asks for: taken from `known` where the names and types agree, plain where they don't."""
    return _fill(schema, known, schema, known)


def _fill(schema: Mapping[str, Any], known: Any, root: Mapping[str, Any], everything: Any) -> Any:
    schema = _chosen(schema, known, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return known if known in schema["enum"] else schema["enum"][0]
    kind = _kind(schema, known)
    if kind == "object":
        return {
            name: _fill(inner, _named(name, known, everything), root, everything)
            for name, inner in schema.get("properties", {}).items()
        }
    if kind == "array":
        return _array(schema, known, root, everything)
    return known if _is(kind, known) else _plain(schema, kind)


def _chosen(schema: Mapping[str, Any], known: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself: references followed; of alternatives the first that agrees with what is known."""
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            schema = _resolved(schema["$ref"], root)
        else:
            options: list[Mapping[str, Any]] = schema["anyOf"]
            schema = next((each for each in options if _agrees(each, known, root)), options[0])
    return schema


def _array(schema: Mapping[str, Any], known: Any, root: Mapping[str, Any], everything: Any) -> list[Any]:
    items = schema.get("items", {})
    source = list(known) if isinstance(known, list) else []
    source = source[: schema.get("maxItems", len(source))]
    source += [None] * (schema.get("minItems", 0) - len(source))
    return [_fill(items, each, root, everything) for each in source]


def _named(name: str, known: Any, everything: Any) -> Any:
    """What is known under `name`: here, else anywhere."""
    if isinstance(known, Mapping) and name in known:
        return known[name]
    return _anywhere(name, everything)


def _anywhere(name: str, document: Any) -> Any:
    if isinstance(document, Mapping):
        if name in document:
            return document[name]
        for inner in document.values():
            found = _anywhere(name, inner)
            if found is not None:
                return found
    return None


def _kind(schema: Mapping[str, Any], known: Any) -> str:
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kinds, list):
        return next((each for each in kinds if _is(each, known)), str(kinds[0]))
    return str(kinds)


def _plain(schema: Mapping[str, Any], kind: str) -> Any:
    if kind in ("integer", "number") and "minimum" in schema:
        return schema["minimum"]
    if kind == "string" and "pattern" in schema:
        return "#808080"  # the one pattern that a profile has is a colour's
    return _PLAIN[kind]


def _agrees(schema: Mapping[str, Any], known: Any, root: Mapping[str, Any]) -> bool:
    if "$ref" in schema:
        schema = _resolved(schema["$ref"], root)
    if "enum" in schema:
        return known in schema["enum"]
    return _is(_kind(schema, known), known)


_PYTHON: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "array": (list,),
    "object": (Mapping,),
}


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _PYTHON[kind])


def _resolved(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return dict(node)
