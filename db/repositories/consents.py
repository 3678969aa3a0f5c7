"""Consents: recorded, found, withdrawn; and the texts that they are given to."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db.errors import Conflict
from db.ids import new_id
from db.models import Character, CharacterStatus, Consent, ConsentMeans, ConsentRole, ConsentText
from db.repositories import clock
from db.repositories.insert_once import insert_once
from db.repositories.read_ahead import read_ahead


def give(
    session: Session,
    *,
    character_id: str,
    text_version: str,
    language: str,
    role: ConsentRole,
    means: ConsentMeans,
    processors: Sequence[str],
    purposes: Sequence[str],
    keep_canon: bool,
    recorded_by: str | None,
    given_at: datetime | None = None,
) -> Consent:
    """Record a consent; from now on it is the one that counts. Given now, unless `given_at` says when."""
    consent = Consent(
        character_id=character_id,
        text_version=text_version,
        language=language,
        role=role,
        means=means,
        processors=sorted(set(processors)),
        purposes=list(purposes),
        keep_canon=keep_canon,
        given_at=given_at or clock.now(session),
        recorded_by=recorded_by,
    )
    session.add(consent)
    session.flush()
    return consent


def of_character(session: Session, character_id: str) -> list[Consent]:
    """Every consent, the newest first, withdrawn ones too."""
    query = select(Consent).where(Consent.character_id == character_id)
    return list(session.scalars(query.order_by(Consent.id.desc())))


def of_characters(session: Session, character_ids: Collection[str]) -> dict[str, list[Consent]]:
    """Every consent by character, the newest first, in one statement; who has none is not there."""
    if (ahead := read_ahead(session)) is not None:
        return {each: list(ahead.consents[each]) for each in character_ids if each in ahead.consents}
    found: dict[str, list[Consent]] = {}
    query = select(Consent).where(Consent.character_id.in_(character_ids)).order_by(Consent.id.desc())
    for consent in session.scalars(query):
        found.setdefault(consent.character_id, []).append(consent)
    return found


def count_standing(session: Session) -> int:
    """How many consents have not been withdrawn."""
    return session.scalar(select(func.count()).where(Consent.withdrawn_at.is_(None))) or 0


def withdrawn(session: Session) -> list[Consent]:
    """Every consent that was withdrawn, of characters that are not erased."""
    query = select(Consent).join(Character, Character.id == Consent.character_id)
    living = Character.status != CharacterStatus.ERASED
    return list(session.scalars(query.where(Consent.withdrawn_at.is_not(None), living)))


def withdraw(
    session: Session, character_id: str, *, by: str | None, only: Collection[str] | None = None
) -> int:
    """End every consent that stands, or `only` these; returns how many those were."""
    mine = [Consent.character_id == character_id, Consent.withdrawn_at.is_(None)]
    if only is not None:
        mine.append(Consent.id.in_(only))
    statement = update(Consent).where(*mine).values(withdrawn_at=clock.now(session), withdrawn_by=by)
    return session.connection().execute(statement).rowcount


def find_text(session: Session, version: str, language: str) -> ConsentText | None:
    """The text of that version in that language, or None where none is on record."""
    query = select(ConsentText).where(ConsentText.version == version, ConsentText.language == language)
    return session.scalars(query).one_or_none()


def texts(session: Session) -> list[ConsentText]:
    """Every text on record, the newest first."""
    return list(session.scalars(select(ConsentText).order_by(ConsentText.id.desc())))


def add_text(session: Session, *, version: str, language: str, text: str, by: str | None) -> ConsentText:
    """Put a text on record. The same again changes nothing; Conflict when the version says something else."""
    values = {"id": new_id(), "version": version, "language": language, "text": text, "written_by": by}
    insert_once(session, ConsentText, values)
    kept = find_text(session, version, language)
    assert kept is not None  # just inserted, by us or by another
    if kept.text != text:
        raise Conflict("This version of the consent text says something else already. Give a new version.")
    return kept
