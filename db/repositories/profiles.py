"""What is known of a character, version by version."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import lifecycle
from db.digests import digest_of
from db.errors import NotFound
from db.models import HUMAN, CharacterProfile
from db.repositories import characters
from db.repositories.read_ahead import read_ahead

# What makes two profiles the same for the pictures drawn from them; notes are for people only.
DIGESTED = ("attributes", "palette", "do_not_change", "monochrome")


# Attributes that profiles did not have from the beginning. One that says nothing is no part of the digest, so
# that an older profile, and what was drawn from it, keeps its own.
CAME_LATER = frozenset(
    {"headwear", "hair_texture", "glasses_shape", "clothes_pattern", "garment", "neckline", "sleeves"}
)


def digest_of_profile(content: Mapping[str, Any]) -> str:
    """The digest of what pictures are drawn from."""
    said = {key: content.get(key) for key in DIGESTED}
    attributes: Mapping[str, Any] = content.get("attributes") or {}
    said["attributes"] = {
        name: trait for name, trait in attributes.items() if name not in CAME_LATER or any(trait.values())
    }
    return digest_of(said)


def content_of(profile: CharacterProfile) -> dict[str, Any]:
    """The document that `add` was given, as `tasks.profile.Profile` reads it."""
    return {
        "attributes": profile.attributes,
        "palette": profile.palette,
        "do_not_change": profile.do_not_change,
        "monochrome": profile.monochrome,
        "notes": profile.notes,
    }


def get(session: Session, profile_id: str) -> CharacterProfile:
    """The profile; NotFound if there is none."""
    profile = session.get(CharacterProfile, profile_id)
    if profile is None:
        raise NotFound("There is no such profile.")
    return profile


def latest(session: Session, character_id: str) -> CharacterProfile | None:
    """The newest version, or None."""
    if (ahead := read_ahead(session)) is not None:
        return next(iter(ahead.profiles.get(character_id, ())), None)
    query = select(CharacterProfile).where(CharacterProfile.character_id == character_id)
    return session.scalars(query.order_by(CharacterProfile.version.desc()).limit(1)).one_or_none()


def history(session: Session, character_id: str) -> list[CharacterProfile]:
    """Every version, newest first."""
    if (ahead := read_ahead(session)) is not None:
        return list(ahead.profiles.get(character_id, ()))
    query = select(CharacterProfile).where(CharacterProfile.character_id == character_id)
    return list(session.scalars(query.order_by(CharacterProfile.version.desc())))


def seen_before(session: Session, profile: CharacterProfile) -> CharacterProfile | None:
    """The version by a machine that people have corrected to `profile`; None where nobody has."""
    if profile.source != HUMAN:
        return None
    earlier = CharacterProfile.version < profile.version
    query = select(CharacterProfile).where(
        CharacterProfile.character_id == profile.character_id, earlier, CharacterProfile.source != HUMAN
    )
    return session.scalars(query.order_by(CharacterProfile.version.desc()).limit(1)).one_or_none()


def add(
    session: Session,
    *,
    character_id: str,
    source: str,
    content: Mapping[str, Any],
    photo_sha256: str | None,
    model: str | None,
    corrected_by: str | None = None,
) -> CharacterProfile:
    """The next version; or the newest one as it is, when this says nothing new about the same photo.

    `content` is `Profile.model_dump()`, `source` a provider's id or HUMAN. Two at the same moment get two
    versions. NotFound without a character, Erased.
    """
    lifecycle.lock_living(session, characters.get(session, character_id))
    before = latest(session, character_id)
    digest = digest_of_profile(content)
    if before is not None and _says_the_same(before, digest, source, photo_sha256, model):
        return before
    profile = CharacterProfile(
        character_id=character_id,
        version=before.version + 1 if before else 1,
        source=source,
        attributes=dict(content["attributes"]),
        palette=list(content["palette"]),
        confidence=_confidence(content["attributes"]),
        do_not_change=list(content["do_not_change"]),
        monochrome=bool(content.get("monochrome", False)),
        notes=list(content.get("notes") or []),
        photo_sha256=photo_sha256,
        model=model,
        digest=digest,
        corrected_by=corrected_by,
    )
    session.add(profile)
    session.flush()
    return profile


def _says_the_same(
    before: CharacterProfile, digest: str, source: str, photo_sha256: str | None, model: str | None
) -> bool:
    """A person who changes nothing adds nothing; a machine does when it is another or saw another photo."""
    if before.digest != digest or before.photo_sha256 != photo_sha256:
        return False
    return source == HUMAN or before.model == model


def _confidence(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """How sure each attribute is: trait → 0 to 1."""
    return {name: trait["confidence"] for name, trait in attributes.items() if "confidence" in trait}
