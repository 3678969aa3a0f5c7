"""What was asked of a provider, whole."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import lifecycle
from db.errors import NotFound
from db.models import PromptArtifact, PromptKind
from db.repositories import characters
from db.repositories.insert_once import insert_once
from db.repositories.read_ahead import read_ahead


def get(session: Session, prompt_id: str) -> PromptArtifact:
    """The prompt; NotFound if there is none."""
    prompt = session.get(PromptArtifact, prompt_id)
    if prompt is None:
        raise NotFound("There is no such prompt.")
    return prompt


def is_there(session: Session, prompt_id: str) -> bool:
    """Whether there is such a prompt."""
    return session.get(PromptArtifact, prompt_id) is not None


def by_work_key(session: Session, *, character_id: str, work_key: str) -> PromptArtifact | None:
    """The prompt of this piece of work of this character, or None."""
    query = select(PromptArtifact).where(
        PromptArtifact.character_id == character_id, PromptArtifact.work_key == work_key
    )
    return session.scalars(query).one_or_none()


def styles_of(session: Session, character_id: str) -> dict[str, str]:
    """The style of each prompt of a character, by the prompt's id."""
    query = select(PromptArtifact.id, PromptArtifact.style).where(PromptArtifact.character_id == character_id)
    return {row[0]: row[1] for row in session.execute(query) if row[1]}


def work_keys_of(session: Session, character_id: str) -> list[str]:
    """The work keys of all that was ever to be drawn for a character, whoever bought it."""
    query = select(PromptArtifact.work_key).where(PromptArtifact.character_id == character_id)
    return list(session.scalars(query))


def asked_with(session: Session, character_id: str, style: str) -> list[tuple[str, dict[str, Any]]]:
    """Template version and parameters of every prompt of a picture of this character in `style`."""
    if (ahead := read_ahead(session)) is not None:
        return list(ahead.asked_with.get((character_id, style), ()))
    query = select(PromptArtifact.template_version, PromptArtifact.parameters).where(
        PromptArtifact.character_id == character_id,
        PromptArtifact.style == style,
        PromptArtifact.kind == PromptKind.IMAGE,
    )
    return [
        (version, parameters) for version, parameters in session.execute(query.order_by(PromptArtifact.id))
    ]


def ensure(
    session: Session,
    *,
    character_id: str,
    profile_id: str | None,
    kind: PromptKind,
    style: str | None,
    style_version: str | None,
    template_version: str,
    text: str,
    parameters: Mapping[str, Any],
    work_key: str,
) -> PromptArtifact:
    """The prompt of this piece of work, written now or before. Race-safe: there is one row a work key.

    Raises Erased.
    """
    lifecycle.lock_living(session, characters.get(session, character_id))
    found = by_work_key(session, character_id=character_id, work_key=work_key)
    if found is None:
        values = {
            "character_id": character_id,
            "profile_id": profile_id,
            "kind": kind,
            "style": style,
            "style_version": style_version,
            "template_version": template_version,
            "text": text,
            "parameters": dict(parameters),
            "work_key": work_key,
        }
        insert_once(session, PromptArtifact, values)
        found = by_work_key(session, character_id=character_id, work_key=work_key)
        assert found is not None  # just inserted, by us or by another
    return found
