"""Rows that tests need and are not about: a character with a photo, a picture of it."""

import itertools
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from db.ids import utc_now
from db.lifecycle import EXPLAINED, NOBODY, move
from db.models import (
    AssetKind,
    CallState,
    Character,
    CharacterImage,
    CharacterProfile,
    CharacterStatus,
    Gender,
    GeneratedAsset,
    PromptArtifact,
    PromptKind,
)
from db.repositories import assets, characters, images, profiles, prompts, users

_numbers = itertools.count(1)

CONTENT = {
    "attributes": {"eyes": {"value": "brown", "confidence": 0.9, "hex": "#5a3a22"}},
    "palette": [{"part": "skin", "name": "tan", "hex": "#c68642", "share": 1.0}],
    "do_not_change": ["round glasses"],
    "monochrome": False,
    "notes": ["the photo is dark"],
}


def an_asset(session: Session, key: str | None = None, kind: AssetKind = AssetKind.VARIANT) -> GeneratedAsset:
    number = next(_numbers)
    return assets.ensure(
        session,
        kind=kind,
        storage_key=key or f"pictures/{number}.png",
        sha256=f"{number:064x}",
        content_type="image/png",
        size_bytes=1000 + number,
        width=820,
        height=1024,
    )


def a_character(session: Session, name: str = "Ada", *, consent: bool = True) -> Character:
    """A draft with a photo."""
    operator = users.ensure_operator(session)
    photo = an_asset(session, f"photos/{next(_numbers)}.jpg", AssetKind.PHOTO)
    return characters.create(
        session,
        name=name,
        gender=Gender.GIRL,
        created_by=operator.id,
        photo_asset_id=photo.id,
        consent_version="2026-11" if consent else None,
        consent_by=operator.id if consent else None,
    )


def a_ready_character(session: Session, name: str = "Ada", run_token: str = "run-1") -> Character:
    character = characters.begin_run(session, a_character(session, name).id, run_token)
    move(session, character, CharacterStatus.PROFILING)
    move(session, character, CharacterStatus.ILLUSTRATING)
    move(session, character, CharacterStatus.READY)
    return character


def a_character_at(session: Session, status: CharacterStatus) -> Character:
    """A character that stands at `status` from its first moment, with all that this needs."""
    operator = users.ensure_operator(session)
    erased = status is CharacterStatus.ERASED
    character = Character(
        name=NOBODY if erased else "Ada",
        status=status,
        status_reason="no_face" if status in EXPLAINED else None,
        photo_asset_id=None
        if erased
        else an_asset(session, f"photos/{next(_numbers)}.jpg", AssetKind.PHOTO).id,
        consent_version="2026-11",
        consent_by=operator.id,
        consent_at=utc_now(),
        erased_at=utc_now() if erased else None,
    )
    session.add(character)
    session.flush()
    return character


_PATH = ("sending", "accepted", "delivered", "stored", "recorded")
_STAMPS = ("sent_at", "accepted_at", "delivered_at", "stored_at", "recorded_at")


def call_at(state: CallState, **told: Any) -> dict[str, Any]:
    """`told`, and what else the row of a call in `state` must hold."""
    now = utc_now()
    reached = _PATH.index(state) + 1 if state in _PATH else 1
    needed: dict[str, Any] = {"state": state}
    if state is not CallState.CLAIMED:
        needed |= dict.fromkeys(_STAMPS[:reached], now)
    if state in (CallState.CLAIMED, *_PATH[:4]):
        needed |= {"lease_owner": "somebody", "lease_expires_at": now + timedelta(minutes=1)}
    else:
        needed["ended_at"] = now
    if state in (CallState.STORED, CallState.RECORDED, CallState.FAILED):
        needed["actual_microusd"] = 0
    return needed | {name: value for name, value in told.items() if value is not None}


def a_profile(session: Session, character_id: str) -> CharacterProfile:
    return profiles.add(
        session,
        character_id=character_id,
        source="local",
        content=CONTENT,
        photo_sha256="p" * 64,
        model="local-1",
    )


def a_prompt(session: Session, character_id: str, work_key: str, style: str = "anime") -> PromptArtifact:
    return prompts.ensure(
        session,
        character_id=character_id,
        profile_id=a_profile(session, character_id).id,
        kind=PromptKind.IMAGE,
        style=style,
        style_version="1",
        template_version="1",
        text=f"A child in {style}",
        parameters={"seed": 7},
        work_key=work_key,
    )


def a_picture(session: Session, character_id: str, style: str = "anime") -> CharacterImage:
    """A variant with its own work key and run."""
    work_key = f"{next(_numbers):064x}"
    image, _ = images.record(
        session,
        character_id=character_id,
        style=style,
        ordinal=images.next_ordinal(session, character_id, style),
        run_token=f"run-of-{work_key[-8:]}",
        work_key=work_key,
        asset_id=an_asset(session).id,
        prompt_artifact_id=a_prompt(session, character_id, work_key, style).id,
    )
    return image
