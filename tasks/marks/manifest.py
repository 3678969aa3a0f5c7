"""The content of a manifest: what was done, by what, out of what; no name, no photo.

Its ids follow from the file, so that the same file gets the same manifest.
"""

import base64
import hashlib
import uuid
from collections.abc import Mapping
from enum import StrEnum
from importlib.metadata import version
from typing import Any

from tasks.marks.facts import DigitalSource, Edit, MarkFacts

PICTURE = "org.storykin.picture"
WATERMARK = "org.storykin.watermark.1"
_PARENT = "provider"  # the label by which the action names the ingredient
_EDITS = {
    Edit.CUT_OUT: "The person was cut out of the picture.",
    Edit.PRINT: "The same design was drawn larger, for print.",
    Edit.SCALED: "The picture was made smaller, for a screen.",
}


class ParentState(StrEnum):
    """What became of the manifest that a provider gave with a picture."""

    NONE = "none"  # it gave none
    KEPT = "kept"  # it was right, and is in the file as the parent's
    BROKEN = "broken"  # it did not fit its picture, so it is not passed on
    WITHHELD = "withheld"  # it holds a small copy of what it was made from, which may be the photo


def manifest(facts: MarkFacts, data: bytes, parent: ParentState) -> dict[str, Any]:
    """The manifest of the unsigned file `data`, as c2pa takes it."""
    ids = hashlib.sha256(b"manifest" + hashlib.sha256(data).digest()).digest()
    told = {
        "mark": facts.mark_hex,
        "picture": facts.picture,
        "provider": facts.provider,
        "model": facts.model,
        "style": facts.style,
        "style_version": facts.style_version,
        "providers_manifest": parent.value,
    }
    return {
        "claim_generator_info": [{"name": "Storykin", "version": version("storykin")}],
        "label": f"urn:c2pa:{_uuid(ids[:16])}",
        "instance_id": f"xmp:iid:{_uuid(ids[16:])}",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": _actions(facts, parent)}},
            {"label": PICTURE, "data": {name: value for name, value in told.items() if value}},
            *_soft_binding(facts),
        ],
        "ingredients": [*_photo(facts), *_parts(facts)],
    }


def parent_ingredient(facts: MarkFacts, digest: bytes) -> Mapping[str, Any]:
    """How the provider's file is named; `digest` is of its bytes."""
    return {
        "title": f"as {facts.provider} made it",
        "relationship": "parentOf",
        "label": _PARENT,
        "instance_id": f"xmp:iid:{_uuid(digest[:16])}",
    }


def _actions(facts: MarkFacts, parent: ParentState) -> list[dict[str, Any]]:
    agent = {"name": facts.provider, "version": facts.model}
    actions: list[dict[str, Any]] = []
    if parent is ParentState.KEPT:
        actions.append({"action": "c2pa.opened", "parameters": {"ingredientIds": [_PARENT]}})
        actions.append({"action": "c2pa.edited", "digitalSourceType": facts.source.value})
    else:
        created = {"action": "c2pa.created", "digitalSourceType": facts.source.value, "softwareAgent": agent}
        actions.append(created)
    if facts.edit is not None:
        edited = {"action": "c2pa.edited", "description": _EDITS[facts.edit]}
        if facts.source is DigitalSource.TRAINED:
            edited["digitalSourceType"] = facts.source.value
        actions.append(edited)
    if facts.parts:
        placed = {"ingredientIds": [_part(number) for number in range(len(facts.parts))]}
        actions.append({"action": "c2pa.placed", "parameters": placed})
    if facts.mark_id is not None:
        actions.append({"action": "c2pa.watermarked.bound"})
    return actions


def _soft_binding(facts: MarkFacts) -> list[dict[str, Any]]:
    """The number in the pixels, by which a stripped copy leads back here."""
    if facts.mark_id is None:
        return []
    value = base64.b64encode(facts.mark_id.to_bytes(8, "big")).decode()
    bound = {"alg": WATERMARK, "blocks": [{"scope": {}, "value": value}]}
    return [{"label": "c2pa.soft-binding", "data": bound}]


def _part(number: int) -> str:
    return f"picture-{number + 1}"


def _parts(facts: MarkFacts) -> list[dict[str, Any]]:
    """The pictures that were put together, by keyed digests."""
    return [
        {
            "title": "a picture on this sheet",
            "format": "image/png",
            "relationship": "componentOf",
            "label": _part(number),
            "instance_id": digest,
        }
        for number, digest in enumerate(facts.parts)
    ]


def _photo(facts: MarkFacts) -> list[dict[str, Any]]:
    """The photo, by a keyed digest alone."""
    if facts.photo is None:
        return []
    return [
        {
            "title": "the reference photo, which is not in this file",
            "format": "image/jpeg",
            "relationship": "inputTo",
            "instance_id": facts.photo,
        }
    ]


def _uuid(content: bytes) -> uuid.UUID:
    return uuid.UUID(bytes=content, version=4)
