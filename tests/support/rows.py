"""Rows that tests need and are not about: a character with a photo, a picture of it."""

import itertools

from sqlalchemy.orm import Session

from db.lifecycle import move
from db.models import (
    AssetKind,
    Character,
    CharacterImage,
    CharacterProfile,
    CharacterStatus,
    Gender,
    GeneratedAsset,
    ProfileSource,
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


def a_profile(session: Session, character_id: str) -> CharacterProfile:
    return profiles.add(
        session,
        character_id=character_id,
        source=ProfileSource.LOCAL,
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
