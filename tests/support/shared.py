"""The providers' published specs and recorded answers: read in place, never copied into the repository.

They are looked for in STORYKIN_SHARED, or in a folder `shared` beside the checkout. A test that needs them
skips, and says so, where they are absent.
"""

import gzip
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from db.settings import PROJECT

SPECS = {
    "openai": "specs/openai/openapi.patched-anyOf.json",
    "replicate": "specs/replicate/replicate-openapi.patched-v1.json",
}


def shared(part: str) -> Path:
    """The file or folder `part`; skips the test when there is none."""
    folder = Path(os.environ.get("STORYKIN_SHARED") or PROJECT.parent / "shared")
    if not (folder / part).exists():
        pytest.skip(f"the published {part} is not here; STORYKIN_SHARED names its folder")
    return folder / part


def errors_by_spec(provider: str, schema: str, body: Any) -> list[str]:
    """What the provider's published schema `schema` (a component) has against `body`."""
    path = shared(SPECS[provider])
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in _validator(path, schema).iter_errors(body)
    ]


@lru_cache
def _validator(path: Path, schema: str) -> Draft202012Validator:
    contents = Resource.from_contents(_document(path), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:spec", contents)
    return Draft202012Validator({"$ref": f"urn:spec#/components/schemas/{schema}"}, registry=registry)


@lru_cache
def _document(path: Path) -> Any:
    # Replicate's spec says oneOf of `version`, where the word it uses itself matches both.
    return json.loads(path.read_text("utf-8").replace('"oneOf"', '"anyOf"'))


def recorded_answers(name: str) -> list[tuple[int, Any]]:
    """Status and JSON body of each answer in one of the recorded OpenAI conversations."""
    recording = yaml.safe_load(shared(f"recordings/openai/{name}").read_text("utf-8"))
    return [_answer(each["response"]) for each in recording["interactions"]]


def recorded_body(name: str) -> tuple[int, Any]:
    """Status and JSON body of a recorded Replicate answer."""
    recording = json.loads(shared(f"recordings/replicate/bodies/{name}").read_text("utf-8"))
    return recording["status"], recording["body"]


def _answer(response: dict[str, Any]) -> tuple[int, Any]:
    body = response.get("parsed_body")
    if body is None:
        raw = response["body"]["string"]
        raw = raw.encode() if isinstance(raw, str) else raw
        body = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    return response["status"]["code"], body
