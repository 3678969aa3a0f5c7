"""The documents about a model: GET /v1/models/{owner}/{name}, with the schema of its input."""

import hashlib
from typing import Any

from ui.rehearsal.image_models import ImageModel

_CREATED = "2026-06-01T10:00:00.000000Z"


def model_document(model: ImageModel) -> dict[str, Any]:
    """The whole answer."""
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
            "components": {"schemas": {"Input": model.input_schema, "Output": model.output_schema}},
        },
    }
