"""Work keys: the name of a piece of work, the same for the same work, so that nothing is paid twice."""

from collections.abc import Mapping
from typing import Any

from db.digests import digest_of


def vision_work_key(*, photo_sha256: str, provider: str, model: str, template_version: str) -> str:
    """The work key of the vision call for a photo: the same for every character that has the photo."""
    return digest_of(
        {
            "kind": "vision",
            "photo": photo_sha256,
            "provider": provider,
            "model": model,
            "template": template_version,
        }
    )


def image_work_key(
    *,
    photo_sha256: str,
    profile_digest: str,
    style: str,
    style_version: str,
    provider: str,
    model: str,
    parameters: Mapping[str, Any],
    ordinal: int,
) -> str:
    """The work key of one picture. A new picture on purpose raises `ordinal`, from 1."""
    return digest_of(
        {
            "kind": "image",
            "photo": photo_sha256,
            "profile": profile_digest,
            "style": style,
            "style_version": style_version,
            "provider": provider,
            "model": model,
            "parameters": dict(parameters),
            "ordinal": ordinal,
        }
    )
