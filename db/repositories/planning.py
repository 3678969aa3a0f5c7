"""Planning for many characters in a constant number of statements: what is asked of each is read ahead."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import (
    Character,
    CharacterImage,
    CharacterProfile,
    GeneratedAsset,
    PromptArtifact,
    PromptKind,
    ProviderCall,
)
from db.repositories import consents, read_ahead
from db.repositories.read_ahead import ReadAhead

MOST_KEYS = 5_000  # in one statement
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


def for_characters(session: Session, character_ids: Collection[str], ask: Callable[[], T]) -> T:
    """What `ask` returns, which only reads, and of these characters; at most some hundred of them at once.

    `ask` is called again after the calls were read that it asked for: each time it sees what is there, or
    nothing yet, and the last time all of it.
    """
    ahead = _read(session, list(character_ids))
    read_ahead.begin(session, ahead)
    try:
        while True:
            outcome = ask()
            if not ahead.wanted:
                return outcome
            _read_calls(session, ahead)
    finally:
        read_ahead.end(session)


def _read(session: Session, ids: list[str]) -> ReadAhead:
    characters = list(session.scalars(select(Character).where(Character.id.in_(ids))))
    photo_ids = [each.photo_asset_id for each in characters if each.photo_asset_id]
    photos = list(session.scalars(select(GeneratedAsset).where(GeneratedAsset.id.in_(photo_ids))))
    profiles = select(CharacterProfile).where(CharacterProfile.character_id.in_(ids))
    pictures = (
        select(CharacterImage, GeneratedAsset, PromptArtifact)
        .join(GeneratedAsset, GeneratedAsset.id == CharacterImage.asset_id)
        .join(PromptArtifact, PromptArtifact.id == CharacterImage.prompt_artifact_id)
        .where(CharacterImage.character_id.in_(ids))
        .order_by(CharacterImage.id)
    )
    prompts = (
        select(
            PromptArtifact.character_id,
            PromptArtifact.style,
            PromptArtifact.template_version,
            PromptArtifact.parameters,
        )
        .where(PromptArtifact.character_id.in_(ids), PromptArtifact.kind == PromptKind.IMAGE)
        .order_by(PromptArtifact.id)
    )
    versions = session.scalars(profiles.order_by(CharacterProfile.version.desc()))
    return ReadAhead(
        profiles=_grouped((each.character_id, each) for each in versions),
        pictures=_grouped((row[0].character_id, tuple(row)) for row in session.execute(pictures)),
        asked_with=_grouped(((row[0], row[1]), (row[2], row[3])) for row in session.execute(prompts)),
        consents=consents.of_characters(session, ids),
        kept=[*characters, *photos],
    )


def _read_calls(session: Session, ahead: ReadAhead) -> None:
    keys = sorted(ahead.wanted)
    ahead.wanted.clear()
    for start in range(0, len(keys), MOST_KEYS):
        some = keys[start : start + MOST_KEYS]
        found = session.scalars(select(ProviderCall).where(ProviderCall.work_key.in_(some)))
        by_key = {each.work_key: each for each in found}
        ahead.calls |= {key: by_key.get(key) for key in some}


def _grouped(pairs: Iterable[tuple[K, Any]]) -> dict[K, list[Any]]:
    found: dict[K, list[Any]] = defaultdict(list)
    for key, each in pairs:
        found[key].append(each)
    return found
