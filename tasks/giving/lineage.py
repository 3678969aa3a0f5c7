"""Where given-out pictures came from, as JSON and as lines of a table."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from db.engine import Session
from db.models import Character, ProviderCall
from db.repositories import calls, characters, images
from db.repositories.images import Variant
from tasks.giving.file_names import picture_name
from tasks.picture_options import framing_of
from tasks.styles.titles import picture_title

COLUMNS = (
    "character_id",
    "name",
    "gender",
    "picture_id",
    "style",
    "framing",
    "ordinal",
    "favourite",
    "review",
    "provider",
    "model",
    "seed",
    "style_version",
    "template_version",
    "work_key",
    "kept_sha256",
    "width",
    "height",
    "size_bytes",
    "seconds",
    "known_microusd",
    "drawn_at",
)


@dataclass(frozen=True)
class Gathered:
    """A character with its pictures, oldest first, and the calls that drew them, by work key."""

    character: Character
    variants: tuple[Variant, ...]
    calls: Mapping[str, ProviderCall]


def gather(session: Session, character_id: str) -> Gathered:
    """What is known of a character's pictures. NotFound."""
    character = characters.get(session, character_id)
    drew = {each.work_key: each for each in calls.of_character(session, character_id)}
    return Gathered(character, tuple(images.of_character(session, character_id)), drew)


def title_of(variant: Variant) -> str:
    """What people call the picture."""
    image = variant.image
    return picture_title(image.style, framing_of(image.framing), image.ordinal)


def name_of_file(character: Character, variant: Variant, extension: str, *, with_names: bool) -> str:
    """What the file of a picture is called; without the character's name where that is not wanted."""
    return picture_name(character.name if with_names else None, character.id, title_of(variant), extension)


def lineage_row(known: Gathered, variant: Variant, *, with_names: bool) -> dict[str, Any]:
    """One picture's lineage by COLUMNS. `kept_sha256` is of the bytes in the store, before any mark."""
    character, image, asset, prompt = known.character, variant.image, variant.asset, variant.prompt
    call = known.calls.get(image.work_key)
    return {
        "character_id": character.id,
        "name": character.called if with_names else None,
        "gender": character.gender.value,
        "picture_id": image.id,
        "style": image.style,
        "framing": framing_of(image.framing).value,
        "ordinal": image.ordinal,
        "favourite": image.is_selected,
        "review": image.review.value,
        "provider": call.provider if call else None,
        "model": call.model if call else None,
        "seed": prompt.parameters.get("seed"),
        "style_version": prompt.style_version,
        "template_version": prompt.template_version,
        "work_key": image.work_key,
        "kept_sha256": asset.sha256,
        "width": asset.width,
        "height": asset.height,
        "size_bytes": asset.size_bytes,
        "seconds": image.seconds,
        "known_microusd": call.actual_microusd if call else None,
        "drawn_at": image.created_at.isoformat(timespec="seconds"),
    }


def lineage_document(
    known: Gathered, variants: Iterable[Variant], files: Mapping[str, str], *, with_names: bool
) -> bytes:
    """The lineage of these pictures as JSON, each with its prompt; `files` are their digests as given out."""
    pictures = [
        lineage_row(known, each, with_names=with_names)
        | {
            "prompt": each.prompt.text,  # never has a name in it
            "parameters": each.prompt.parameters,
            "likeness": each.image.likeness,
            "file_sha256": files.get(each.image.id),
        }
        for each in variants
    ]
    text = json.dumps({"pictures": pictures}, ensure_ascii=False, indent=2, sort_keys=True)
    return f"{text}\n".encode()
