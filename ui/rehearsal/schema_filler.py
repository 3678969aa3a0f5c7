"""Fill a JSON schema with the values of a known document."""

from collections.abc import Mapping
from typing import Any

_PLAIN = {"string": "unknown", "integer": 0, "number": 0.0, "boolean": False, "null": None}


def fill_schema(schema: Mapping[str, Any], known: Any) -> Any:
    """A document that fits `schema`: values of `known` where name and type agree, else placeholders."""
    return _fill(schema, known, schema, known)


def _fill(schema: Mapping[str, Any], known: Any, root: Mapping[str, Any], everything: Any) -> Any:
    schema = _resolve_schema(schema, known, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return known if known in schema["enum"] else schema["enum"][0]
    kind = _kind(schema, known)
    if kind == "object":
        return {
            name: _fill(inner, _known_value(name, known, everything), root, everything)
            for name, inner in schema.get("properties", {}).items()
        }
    if kind == "array":
        return _array(schema, known, root, everything)
    return known if _is(kind, known) else _plain(schema, kind)


def _resolve_schema(schema: Mapping[str, Any], known: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """`schema` with $ref followed and, of anyOf, the first alternative that fits `known`."""
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            schema = _follow_reference(schema["$ref"], root)
        else:
            options: list[Mapping[str, Any]] = schema["anyOf"]
            schema = next((each for each in options if _matches(each, known, root)), options[0])
    return schema


def _array(schema: Mapping[str, Any], known: Any, root: Mapping[str, Any], everything: Any) -> list[Any]:
    items = schema.get("items", {})
    source = list(known) if isinstance(known, list) else []
    source = source[: schema.get("maxItems", len(source))]
    source += [None] * (schema.get("minItems", 0) - len(source))
    return [_fill(items, each, root, everything) for each in source]


def _known_value(name: str, known: Any, everything: Any) -> Any:
    """The value called `name` in `known`, else anywhere in the document."""
    if isinstance(known, Mapping) and name in known:
        return known[name]
    return _find_anywhere(name, everything)


def _find_anywhere(name: str, document: Any) -> Any:
    if isinstance(document, Mapping):
        if name in document:
            return document[name]
        for inner in document.values():
            found = _find_anywhere(name, inner)
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


def _matches(schema: Mapping[str, Any], known: Any, root: Mapping[str, Any]) -> bool:
    if "$ref" in schema:
        schema = _follow_reference(schema["$ref"], root)
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


def _follow_reference(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return dict(node)
