"""Consents are recorded, shown and withdrawn here, whoever asks: the studio, the command line, a link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.engine import Session
from db.errors import Erased
from db.event_kinds import EventKind
from db.lifecycle import ACTIVE, lock, lock_living, move
from db.models import Character, CharacterStatus, Consent, ConsentMeans, ConsentRole
from db.repositories import characters, consents, events, holds
from tasks.consent.texts import BUILT_IN, CURRENT, FIRST, PURPOSES, text_of, words
from tasks.errors import UsageError
from tasks.providers.specs import all_specs
from tasks.runtime import Runtime

WITHDRAWN = "withdrawn"  # the subject of the retention clock that a withdrawal starts
STOPPED = "The consent to use this photo was withdrawn, so its run was stopped."


@dataclass(frozen=True)
class ConsentShown:
    """A consent as it can be shown: with the words that it was given to."""

    words: str
    version: str
    language: str
    role: ConsentRole
    means: ConsentMeans | None  # None: before there were records
    processors: tuple[str, ...]
    purposes: tuple[str, ...]
    keep_canon: bool
    given_at: datetime | None
    recorded_by: str | None
    withdrawn_at: datetime | None


def record_consent(
    session: Session,
    character_id: str,
    *,
    processors: Sequence[str],
    by: str | None,
    role: ConsentRole = ConsentRole.CUSTOMER,
    means: ConsentMeans = ConsentMeans.OPERATOR_TICK,
    version: str = CURRENT,
    language: str = "en",
    keep_canon: bool = False,
) -> Consent:
    """Record a consent of this character; it counts from now on. UsageError for a text that there is none
    of.
    """
    text_of(session, version, language)
    return consents.give(
        session,
        character_id=character_id,
        text_version=version,
        language=language,
        role=role,
        means=means,
        processors=processors,
        purposes=PURPOSES,
        keep_canon=keep_canon,
        recorded_by=by,
    )


def give_consent(
    runtime: Runtime,
    *,
    character_id: str,
    processors: Sequence[str],
    by: str | None,
    role: ConsentRole,
    means: ConsentMeans = ConsentMeans.OPERATOR_TICK,
    version: str = CURRENT,
    language: str = "en",
    keep_canon: bool = False,
    actor: str = "operator",
) -> ConsentShown:
    """Record a consent of a character that is there, on its timeline too. Raises Erased, UsageError."""
    unknown = [each for each in processors if each not in all_specs()]
    if unknown:
        raise UsageError(f"There is no provider {unknown[0]}.", code="no_such_provider")
    with runtime.record.writing() as session:
        character = characters.get(session, character_id)
        lock_living(session, character)
        _keep_first(session, character)
        consent = record_consent(
            session,
            character_id,
            processors=processors,
            by=by,
            role=role,
            means=means,
            version=version,
            language=language,
            keep_canon=keep_canon,
        )
        holds.stop_clocks(session, character_id, {WITHDRAWN})
        _tell(session, character_id, EventKind.CONSENT_GIVEN, actor)
        return _shown(session, consent)


def withdraw_consent(
    runtime: Runtime, *, character_id: str, by: str | None, actor: str = "operator"
) -> ConsentShown:
    """End the consent: nothing is sent or drawn any more, a run under way is stopped, and the time until the
    erasure begins to run. Doing it again changes nothing. Raises Erased, NotFound.
    """
    with runtime.record.writing() as session:
        character = characters.get(session, character_id)
        lock(session, character)
        if character.status is CharacterStatus.ERASED:
            raise Erased("This character has been erased already.")
        _keep_first(session, character)
        if consents.withdraw(session, character_id, by=by):
            holds.start_clock(session, character_id, WITHDRAWN)
            _tell(session, character_id, EventKind.CONSENT_WITHDRAWN, actor)
            if character.status in ACTIVE:
                code = "consent_withdrawn"
                move(session, character, CharacterStatus.NEEDS_ATTENTION, reason=code, sentence=STOPPED)
        session.expire_all()
        return _shown(session, consents.of_character(session, character_id)[0])


def consents_shown(runtime: Runtime, *, character_id: str) -> tuple[ConsentShown, ...]:
    """Every consent of a character, the newest first; one from before there were records as it was meant."""
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        found = [_shown(session, each) for each in consents.of_character(session, character_id)]
        return tuple(found) or ((_first(character),) if character.consent_at else ())


def _keep_first(session: Session, character: Character) -> None:
    """A consent from before there were records becomes one, so that it can be withdrawn, or followed."""
    if character.consent_version is None or consents.of_character(session, character.id):
        return
    consents.give(
        session,
        character_id=character.id,
        text_version=_first_version(session, character),
        language="en",
        role=ConsentRole.CUSTOMER,
        means=ConsentMeans.OPERATOR_TICK,
        processors=(),
        purposes=PURPOSES,
        keep_canon=False,
        recorded_by=character.consent_by,
        given_at=character.consent_at,
    )


def _first_version(session: Session, character: Character) -> str:
    """The text that it was given to; the first there was, where that one is not on record."""
    version = character.consent_version or FIRST
    is_known = (version, "en") in BUILT_IN or consents.find_text(session, version, "en") is not None
    return version if is_known else FIRST


def _first(character: Character) -> ConsentShown:
    return ConsentShown(
        words=BUILT_IN[FIRST, "en"],
        version=character.consent_version or FIRST,
        language="en",
        role=ConsentRole.CUSTOMER,
        means=None,
        processors=(),
        purposes=PURPOSES,
        keep_canon=False,
        given_at=character.consent_at,
        recorded_by=character.consent_by,
        withdrawn_at=None,
    )


def _shown(session: Session, row: Consent) -> ConsentShown:
    text = text_of(session, row.text_version, row.language)
    return ConsentShown(
        words=words(text, row.processors, row.language),
        version=row.text_version,
        language=row.language,
        role=row.role,
        means=row.means,
        processors=tuple(row.processors),
        purposes=tuple(row.purposes),
        keep_canon=row.keep_canon,
        given_at=row.given_at,
        recorded_by=row.recorded_by,
        withdrawn_at=row.withdrawn_at,
    )


def _tell(session: Session, character_id: str, kind: EventKind, actor: str) -> None:
    events.add(session, kind=kind, actor=actor, message=kind.sentence, character_id=character_id)
