"""The documents about a model: GET /v1/models/{owner}/{name}, with the schema of its input."""

import hashlib
from typing import Any

from ui.rehearsal.replicate.image_models import ImageModel

_CREATED = "2026-06-01T10:00:00.000000Z"


def model_document(model: ImageModel) -> dict[str, Any]:
    """The document of one model."""
    owner, name = model.slug.split("/")
    return {
        "url": f"https://replicate.com/{model.slug}",
        "owner": owner,
        "name": name,
        "description": "A stand-in for the model of this name.",
        "visibility": "public",
        "is_official": True,
        "github_url": None,
        "paper_url": None,
        "license_url": None,
        "run_count": 0,
        "cover_image_url": None,
        "default_example": None,
        "latest_version": _version(model),
    }


def _version(model: ImageModel) -> dict[str, Any]:
    return {
        "id": hashlib.sha256(model.slug.encode()).hexdigest(),
        "created_at": _CREATED,
        "cog_version": "0.16.8",
        "openapi_schema": {
            "openapi": "3.0.2",
            "info": {"title": "Cog", "version": "0.1.0"},
            "paths": {},
            "components": {"schemas": _schemas(model)},
        },
    }


def _schemas(model: ImageModel) -> dict[str, Any]:
    """The schemas as Cog writes them: the choices of a field stand apart, and the field refers to them."""
    schema = model.input_schema
    apart = {name: field for name, field in schema["properties"].items() if "enum" in field}
    fields = {
        name: {
            "allOf": [{"$ref": f"#/components/schemas/{name}"}],
            "default": field["default"],
            "x-order": field["x-order"],
        }
        for name, field in apart.items()
    }
    choices = {
        name: {"enum": field["enum"], "type": "string", "title": name, "description": "An enumeration."}
        for name, field in apart.items()
    }
    whole = {**schema, "properties": schema["properties"] | fields}
    return {"Input": whole, "Output": model.output_schema, **choices}
