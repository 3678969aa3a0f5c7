"""A character as one JSON document: what `generate` and `show` print."""

from typing import Any

from db.engine import Record
from db.event_kinds import EventKind
from db.models import CharacterProfile, OrderedPicture, ProviderCall, Review
from db.repositories import calls, characters, events, images, orders, profiles
from db.repositories.images import Variant
from tasks.picture_options import framing_of
from tasks.providers.protocols import Store
from tasks.write_prompt import drawn_instead_of
from ui.cli.files import file_of


def character_document(
    record: Record, store: Store, character_id: str, run_token: str | None = None
) -> dict[str, Any]:
    """The character, its newest profile, its variants (oldest first), and the run's failures.

    Ids are strings, times ISO 8601 in UTC, sizes bytes, durations seconds. A variant's `made` is false
    when it was there before the run `run_token`.
    """
    with record.reading() as session:
        character = characters.get(session, character_id)
        profile = profiles.latest(session, character_id)
        variants = images.of_character(session, character_id)
        ordered = orders.of_character(session, character_id)
        happened = events.of_run(session, run_token) if run_token else []
        drew = {each.image.id: calls.by_work_key(session, each.image.work_key) for each in variants}
    return {
        "character": {
            "id": character.id,
            "name": character.name,
            "gender": character.gender.value,
            "status": character.status.value,
            "reason": character.status_reason,
            "sentence": character.status_sentence,
            "created_at": character.created_at.isoformat(timespec="seconds"),
        },
        "ordered": _ordered(ordered, variants),
        "profile": _profile(profile),
        "variants": [_variant(store, each, drew[each.image.id], run_token) for each in variants],
        "failures": [
            {
                "step": event.data.get("step"),
                "style": event.data.get("style"),
                "code": event.data.get("code"),
                "sentence": event.message,
            }
            for event in happened
            if event.kind == EventKind.STEP_FAILED
        ],
    }


def _ordered(rows: list[OrderedPicture], variants: list[Variant]) -> list[dict[str, Any]]:
    """Every picture that was ordered, and whether it is there."""
    there = {(each.image.style, each.image.framing, each.image.ordinal) for each in variants}
    return [
        {
            "style": row.style,
            "framing": framing_of(row.framing).value,
            "ordinal": row.ordinal,
            "drawn": (row.style, row.framing, row.ordinal) in there,
        }
        for row in rows
    ]


def _profile(row: CharacterProfile | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "version": row.version,
        "source": row.source,
        "model": row.model,
        "attributes": row.attributes,
        "palette": row.palette,
        "do_not_change": row.do_not_change,
        "notes": row.notes,
    }


def _variant(
    store: Store, variant: Variant, call: ProviderCall | None, run_token: str | None
) -> dict[str, Any]:
    image, asset = variant.image, variant.asset
    return {
        "id": image.id,
        "style": image.style,
        "framing": framing_of(image.framing).value,
        "ordinal": image.ordinal,
        "file": file_of(store, asset.storage_key),
        "key": asset.storage_key,
        "sha256": asset.sha256,
        "size": asset.size_bytes,
        "width": asset.width,
        "height": asset.height,
        "seconds": image.seconds,
        "provider": call.provider if call else None,
        "model": call.model if call else None,
        "instead_of": drawn_instead_of(variant.prompt, call),
        "likeness": image.likeness,
        "favourite": image.is_selected,
        "held_back": image.review_reason if image.review is Review.REJECTED else None,
        "made": run_token is None or image.run_token == run_token,
    }
